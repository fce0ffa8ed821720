"""Probing a listing again, and the operator's list of those in trouble."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.components.table import Choice, Column, Filter, Table
from core.errors import NotFoundProblem, ServiceProblem
from core.http import SiteRequest
from core.pages import operator_page, say_problem
from marketplace.models import Listing, ListingDay
from marketplace.selectors.evidence import SHAPES, WORDS, prober_of, troubled
from marketplace.selectors.listed import find_listing
from marketplace.services.probing import request_probe

COLUMNS = (
    Column("name", gettext_lazy("Listing"), sort="name"),
    Column("health", gettext_lazy("Evidence")),
    Column("publisher", gettext_lazy("Publisher"), wide_only=True),
    Column("note", gettext_lazy("What was seen"), wide_only=True),
    Column("probed", gettext_lazy("Probed"), sort="probe_plan__probed_at"),
    Column("do", gettext_lazy("Actions"), hidden_label=True),
)
FILTERS = (
    Filter(
        "health",
        gettext_lazy("Evidence"),
        (
            Choice("bad", gettext_lazy("bad")),
            Choice("poor", gettext_lazy("poor")),
            Choice("unknown", gettext_lazy("not probed")),
        ),
        field="health",
    ),
)


@require_POST
def probe_again(request: SiteRequest, slug: str) -> HttpResponse:
    """Have a listing probed out of turn. For its publisher and the operator; others do not learn that they could."""
    listing = find_listing(slug)
    if listing is None or listing.state not in Listing.SHOWN:
        raise NotFoundProblem(_("There is nothing at this address, or nothing that you may see."))
    try:
        request_probe(actor=prober_of(request, listing), listing=listing)
    except ServiceProblem as problem:
        if problem.status in (401, 403, 404):
            raise
        say_problem(request, problem)
    else:
        messages.success(request, _("%s is probed in a moment. Load the page again to see how it went.") % listing.name)
    if request.POST.get("back") == "queue":
        return redirect("marketplace:evidence")
    return redirect(reverse("marketplace:entry", args=[listing.slug]) + "#evidence")


@require_safe
@operator_page()
def queue(request: SiteRequest) -> HttpResponse:
    """Lowered, deprecated by the evidence, or waiting for a first probe."""
    table = Table(
        request, troubled(), columns=COLUMNS, filters=FILTERS, search=("name", "slug"), order="name", size=50,
        name="evidence",
    )  # fmt: skip
    listings = list(table.rows)
    days = ListingDay.objects.filter(listing__in=listings).exclude(note="").order_by("listing", "-day")
    notes = dict(days.distinct("listing").values_list("listing_id", "note"))
    rows = [_row(listing, notes.get(listing.id, "")) for listing in listings]
    return render(request, "marketplace/evidence_queue.html", {"table": table, "rows": rows})


def _row(listing: Listing, note: str) -> dict[str, object]:
    plan = getattr(listing, "probe_plan", None)
    health = listing.health if listing.health in SHAPES else "unprobed"
    return {
        "listing": listing,
        "shape": SHAPES[health],
        "word": WORDS[health],
        "note": note,
        "probed_at": plan.probed_at if plan else None,
        "can_probe": plan is not None,
    }
