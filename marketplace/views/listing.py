"""The public page of a listing: what it is, what it may do, what was measured, and where to install it."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assistants.models import Assistant
from assistants.selectors.opening import opening
from assistants.views.panel import Panel
from assistants.views.paying import paid_words
from assistants.views.trial import trial_panel, visitor_of
from core.errors import NotFoundProblem, ServiceProblem
from core.http import SiteRequest
from marketplace.catalogue.labels import CATEGORIES
from marketplace.listing_parts import parts_of
from marketplace.manifest_words import sentences_of
from marketplace.models import Listing, Publisher
from marketplace.networks import network_of
from marketplace.packages import AssistantPackage, ServerPackage, read_manifest, read_package
from marketplace.search_terms import term_of
from marketplace.selectors.listed import (
    find_listing,
    hosts_of,
    language_names,
    lines_of,
    model_line,
    needed_names,
    targets_of,
    versions_of,
    ways_of,
)
from marketplace.selectors.plans import refusal_to_install
from marketplace.selectors.rows import by_line
from marketplace.selectors.sponsoring import lent_tools, paying
from marketplace.services.showroom import prepare_trial, shown_assistant, trial_package, trial_tools
from marketplace.services.stats import count_stat
from marketplace.services.terms import count_term


class Gone(ServiceProblem):
    """It was here once."""

    code, status = "gone", 410


@require_safe
def entry_page(request: SiteRequest, slug: str) -> HttpResponse:
    """A shown listing. One that was removed or is held back says so; one that never was shown is not there."""
    listing = find_listing(slug)
    if listing is None or listing.current is None:
        raise NotFoundProblem(_("There is nothing at this address, or nothing that you may see."))
    if listing.state not in Listing.SHOWN:
        raise _away(listing)
    if listing.slug != slug:
        return redirect("marketplace:entry", listing.slug, permanent=True)
    version = listing.current
    package = read_package(version.package)
    names = needed_names(package)
    targets = targets_of(request.user, listing)
    first = targets[0].workspace if targets else None
    manifest = read_manifest(version.manifest)
    said = sentences_of(manifest, names)
    tried = trial_package(listing, package)
    payer = paying(listing) if tried else None
    count_stat(listing.id, "views")
    _count_term(request, listing)
    return render(
        request,
        "marketplace/listing.html",
        {
            "listing": listing,
            "version": version,
            "package": package,
            "is_server": isinstance(package, ServerPackage),
            "assistant": package if isinstance(package, AssistantPackage) else None,
            "by": by_line(listing),
            "verified": listing.publisher.proof != Publisher.Proof.NONE,
            "category_label": CATEGORIES.get(listing.category, listing.category),
            "said": said,
            "needed": list(dict.fromkeys(said.needs)),
            "hosts": hosts_of(manifest),
            "languages": language_names(listing.languages),
            "targets": targets,
            "refusal": refusal_to_install(listing, version),
            "lines": lines_of(package, names, first),
            "model": model_line(package, first),
            "ways": ways_of(package) if isinstance(package, ServerPackage) else [],
            "versions": versions_of(listing, names),
            "pictures": list(listing.pictures.filter(state="shown").defer("body").order_by("position", "id")),
            "panel": _panel(request, listing),
            "tried": tried,
            "opening": opening(tried) if tried else None,
            "tools_away": trial_tools(tried, lent_tools(payer))[1] if tried else [],
            "pays": paid_words(payer, visitor=visitor_of(request), address=request.info.address),
            **parts_of(request, listing),
        },
    )


@require_POST
def try_page(request: SiteRequest, slug: str) -> HttpResponseBase:
    """The first message of a trial: the assistant is put into the showroom, and the trial takes it from there."""
    listing = find_listing(slug)
    if listing is None or listing.state not in Listing.SHOWN:
        raise NotFoundProblem(_("There is nothing at this address, or nothing that you may see."))
    assistant = prepare_trial(listing=listing)
    count_stat(listing.id, "trials")
    panel = _panel_of(request, listing, assistant)
    match = resolve(panel.links.say)
    answer: HttpResponseBase = match.func(request, **match.kwargs)
    return answer


def _count_term(request: SiteRequest, listing: Listing) -> None:
    """Who opens it is a person, or a network where nobody is signed in."""
    term = term_of(request.headers.get("Referer", ""), request.get_host(), reverse("marketplace:catalogue"))
    visitor = str(request.user.pk or "") or network_of(request.info.address).hex()
    count_term(listing_id=listing.id, term=term, visitor=visitor)


def _panel(request: SiteRequest, listing: Listing) -> Panel | None:
    """The trial as it stands, once the assistant is in the showroom."""
    assistant = shown_assistant(listing.current) if listing.current else None
    return _panel_of(request, listing, assistant) if assistant else None


def _panel_of(request: SiteRequest, listing: Listing, assistant: Assistant) -> Panel:
    payer = paying(listing)
    return trial_panel(request, assistant=assistant, sponsor=payer.id if payer else "", back=_back(listing))


def _back(listing: Listing) -> str:
    return reverse("marketplace:entry", args=[listing.slug])


def _away(listing: Listing) -> ServiceProblem:
    if listing.state == Listing.State.REMOVED and listing.published_at is not None:
        return Gone(_("%s was removed from the marketplace. What is installed goes on working.") % listing.name)
    if listing.state == Listing.State.QUARANTINE and listing.published_at is not None:
        return NotFoundProblem(
            _("%s is held back while the operator looks at it. What is installed goes on working.") % listing.name
        )
    return NotFoundProblem(_("There is nothing at this address, or nothing that you may see."))
