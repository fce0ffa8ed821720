"""The operator's decisions about collections."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from core.http import SiteRequest
from core.pages import operator_page
from marketplace.forms.collections import HideForm
from marketplace.models import Collection, Report
from marketplace.selectors.collections import maker_of
from marketplace.services import collection_reports as services
from marketplace.views.deciding import is_decided


@operator_page("operator.manage")
def moderate(request: SiteRequest, id: str) -> HttpResponse:
    """One collection with its open reports: hidden, shown again, put on the home page, reports dismissed."""
    found = Collection.objects.select_related("user").filter(pk=id).first()
    if found is None:
        raise Http404
    form = HideForm(request.POST or None)
    if is_decided(request, form, lambda what, note: _change(request, found, what, note)):
        return redirect("marketplace:moderation-collection", id)
    context = {
        "collection": found,
        "maker": maker_of(found),
        "form": form,
        "reports": list(found.reports.filter(state=Report.State.OPEN).select_related("user").order_by("id")[:50]),
    }
    return render(request, "marketplace/moderation_collection.html", context, status=400 if form.errors else 200)


def _change(request: SiteRequest, collection: Collection, what: str, note: str) -> None:
    actor = request.principal
    match what:
        case "hide":
            services.hide_collection(actor=actor, collection=collection, note=note)
        case "show":
            services.show_collection(actor=actor, collection=collection)
        case "dismiss":
            services.dismiss_collection_reports(actor=actor, collection=collection)
        case "feature" | "unfeature":
            services.feature_collection(actor=actor, collection=collection, featured=what == "feature")
        case _other:
            raise Http404
