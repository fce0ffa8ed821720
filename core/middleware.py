"""The outermost middleware: who is calling, and compression of what may be compressed."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from core.errors import ServiceProblem
from core.ids import new_id
from core.requests import USER_AGENT_LENGTH, RequestInfo, client_address, serving
from core.views import not_found, problem_page

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestMiddleware:
    """Gives every request an id and its client's address, and leaves no time zone behind for the next one.

    It is synchronous on purpose, like the innermost one: Django then runs the whole chain in one thread hop.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        info = RequestInfo(
            id=new_id("req"),
            address=client_address(request.META, settings.ENV.trusted_proxies),
            user_agent=request.headers.get("user-agent", "")[:USER_AGENT_LENGTH],
        )
        request.info = info  # type: ignore[attr-defined]
        timezone.deactivate()
        with serving(info):
            # No row has a NUL in its name, and Postgres would not even take the question.
            response = not_found(request) if "\0" in request.path_info else self.get_response(request)
        response.headers["X-Request-Id"] = info.id
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """A service's no that a page did not put into its form. The API turns its own into problems before this."""
        return problem_page(request, exception) if isinstance(exception, ServiceProblem) else None


class CompressionMiddleware(GZipMiddleware):
    """gzip, but never for event streams: each chunk would become a member of its own, and browsers stop after one."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith("text/event-stream"):
            return response
        return super().process_response(request, response)
