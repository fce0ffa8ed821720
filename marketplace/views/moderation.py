"""The operator's pages: what waits for a decision, and which listings stand first."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import ServiceProblem
from core.http import SiteRequest
from core.pages import operator_page, say_problem, show_problem
from marketplace.forms.publishing import DecisionForm
from marketplace.models import Listing, ListingVersion
from marketplace.moderation_queue import sections_for
from marketplace.selectors.publishing import SHAPES, access_of_version, found_listings, picks, version_before
from marketplace.services import moderation
from marketplace.services.publishers import restore_publisher, suspend_publisher
from marketplace.states import held
from marketplace.views.deciding import is_decided


@require_safe
@operator_page()
def queue(request: SiteRequest) -> HttpResponse:
    """Everything that waits, by kind; areas register their sections."""
    return render(request, "marketplace/moderation.html", {"sections": sections_for(request)})


@operator_page("operator.manage")
def decide(request: SiteRequest, id: str) -> HttpResponse:
    """One version: its findings, what it may do, what it changes; a POST decides."""
    version = _version(id)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        steps: dict[str, Callable[..., ListingVersion]] = {
            "approve": moderation.approve_version,
            "reject": moderation.reject_version,
            "quarantine": moderation.quarantine_version,
        }
        step = steps.get(request.POST.get("do", ""))
        if step is None:
            raise Http404
        try:
            step(actor=request.principal, version=version, note=form.cleaned_data["note"])
        except ServiceProblem as problem:
            show_problem(form, problem)
            version = _version(id)
        else:
            messages.success(request, _("Decided. The publisher gets a mail."))
            return redirect("marketplace:moderation")
    before = version_before(version)
    context = {
        "version": version,
        "listing": version.listing,
        "shape": SHAPES[version.state],
        "waits": version.state in ("review", "quarantine"),
        "before": before,
        "access": access_of_version(version, before),
        "form": form,
    }
    return render(request, "marketplace/moderation_version.html", context, status=400 if form.errors else 200)


@operator_page("operator.manage")
def listing(request: SiteRequest, id: str) -> HttpResponse:
    """A listing as a whole: held back, let out, removed; its publisher suspended."""
    found = Listing.objects.select_related("publisher__workspace", "current").filter(pk=id).first()
    if found is None:
        raise Http404
    form = DecisionForm(request.POST or None)
    if is_decided(request, form, lambda what, note: _change(request, found, what, note)):
        return redirect("marketplace:moderation-listing", id)
    context = {
        "listing": found,
        "shape": SHAPES[found.state],
        "held": held(found),
        "rows": [(row, SHAPES[row.state]) for row in found.versions.order_by("-version_key").defer("package")],
        "form": form,
    }
    return render(request, "marketplace/moderation_listing.html", context, status=400 if form.errors else 200)


def _change(request: SiteRequest, listing: Listing, what: str, note: str) -> None:
    actor = request.principal
    match what:
        case "quarantine":
            moderation.quarantine_listing(actor=actor, listing=listing, note=note)
        case "release":
            moderation.release_listing(actor=actor, listing=listing, note=note)
        case "remove":
            moderation.take_down_listing(actor=actor, listing=listing, note=note)
        case "suspend":
            suspend_publisher(actor=actor, publisher=listing.publisher, reason=note)
        case "restore":
            restore_publisher(actor=actor, publisher=listing.publisher)
        case _:
            raise Http404


@require_safe
@operator_page()
def curation(request: SiteRequest) -> HttpResponse:
    """The picks in their order, and a search for more."""
    text = request.GET.get("q", "").strip()[:100]
    rows = list(picks())
    context = {"picks": rows, "q": text, "found": found_listings(text) if text else [], "most": moderation.MAX_PICKS}
    return render(request, "marketplace/curation.html", context)


@require_POST
@operator_page("operator.manage")
def curate(request: SiteRequest) -> HttpResponse:
    """Put one among the picks, take it out, or move it up or down."""
    ids = list(picks().values_list("pk", flat=True))
    id, what = request.POST.get("listing", ""), request.POST.get("do", "")
    at = ids.index(id) if id in ids else -1
    if what == "add" and at < 0:
        ids.append(id)
    elif what == "remove" and at >= 0:
        ids.remove(id)
    elif what in ("up", "down") and at >= 0:
        other = max(0, at - 1) if what == "up" else min(len(ids) - 1, at + 1)
        ids[at], ids[other] = ids[other], ids[at]
    else:
        raise Http404
    live = set(Listing.objects.filter(pk__in=ids, state=Listing.State.LIVE).values_list("pk", flat=True))
    try:
        # A pick that is no longer live falls out with the next change.
        moderation.set_picks(actor=request.principal, listing_ids=[one for one in ids if one in live or one == id])
    except ServiceProblem as problem:
        say_problem(request, problem)
    return redirect("marketplace:curation")


def _version(id: str) -> ListingVersion:
    rows = ListingVersion.objects.select_related("listing__publisher__workspace", "listing__current")
    found = rows.filter(pk=id).first()
    if found is None:
        raise Http404
    return found
