"""What the middleware adds to a request, for annotations: `def page(request: SiteRequest) -> HttpResponse`."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from core.decision import Principal
from core.requests import RequestInfo


class SiteRequest(HttpRequest):
    """Any request of the site. `principal` is NOBODY for anonymous visitors."""

    info: RequestInfo
    principal: Principal
    htmx: HtmxDetails
