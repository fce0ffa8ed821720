"""One listing as its publisher looks after it: its state, its versions, and what is done to it as a whole."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.errors import ServiceProblem
from core.pages import say_problem
from marketplace.models import Listing, ListingVersion
from marketplace.selectors.publishing import SHAPES, access_of_version, version_before
from marketplace.services.listings import deprecate_listing, remove_listing, restore_listing
from marketplace.services.versions import open_version, withdraw_version
from marketplace.states import L
from marketplace.views.publish import link


def find_listing(request: WorkspaceRequest, slug: str) -> Listing:
    rows = Listing.objects.select_related("publisher__workspace", "current")
    return get_object_or_404(rows, publisher__workspace=request.workspace, slug=slug)


def tabs_of(request: WorkspaceRequest, listing: Listing) -> list[tuple[str, str, int | None]]:
    found: list[tuple[str, str, int | None]] = [(_("Overview"), link(request, "publish-listing", listing.slug), None)]
    found.append((_("Statistics"), link(request, "listing-statistics", listing.slug), None))
    if listing.state != L.REMOVED:
        found += [
            (_("Next version"), link(request, "publish-edit", listing.slug), None),
            (_("Pictures"), link(request, "publish-pictures", listing.slug), listing.pictures.count()),
            (_("Trials"), link(request, "publish-trials", listing.slug), None),
        ]
    return found


def page(request: WorkspaceRequest, template: str, listing: Listing, *, status: int = 200, **more: Any) -> HttpResponse:
    values = {
        "workspace": request.workspace,
        "listing": listing,
        "shape": SHAPES[listing.state],
        "tabs": tabs_of(request, listing),
        **more,
    }
    return render(request, f"marketplace/{template}", values, status=status)


@workspace_page("listing.manage")
def show(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    listing = find_listing(request, slug)
    versions = list(listing.versions.order_by("-version_key").defer("package"))
    return page(
        request,
        "publish_listing.html",
        listing,
        rows=[(version, SHAPES[version.state]) for version in versions],
        waiting=open_version(listing),
        newest=versions[0] if versions else None,
        removed=listing.state == L.REMOVED,
    )


@require_POST
@workspace_page("listing.manage")
def change(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """What is done to a listing as a whole: deprecated, restored, removed."""
    listing, actor = find_listing(request, slug), request.principal
    what = request.POST.get("do", "")
    reason = request.POST.get("reason", "")
    try:
        if what == "deprecate":
            deprecate_listing(actor=actor, listing=listing, reason=reason)
        elif what == "restore":
            restore_listing(actor=actor, listing=listing)
        elif what == "remove":
            if request.POST.get("confirm", "") != listing.slug:
                messages.error(request, _("Write %(slug)s to confirm.") % {"slug": listing.slug})
                return redirect(link(request, "publish-listing", slug))
            remove_listing(actor=actor, listing=listing, reason=reason)
        else:
            raise Http404
    except ServiceProblem as problem:
        say_problem(request, problem)
    return redirect(link(request, "publish-listing", slug))


def find_version(listing: Listing, version: str) -> ListingVersion:
    found = get_object_or_404(ListingVersion, listing=listing, version=version)
    found.listing = listing
    return found


@workspace_page("listing.manage")
def version(request: WorkspaceRequest, workspace: str, slug: str, version: str) -> HttpResponse:
    listing = find_listing(request, slug)
    found = find_version(listing, version)
    before = version_before(found)
    return page(
        request, "publish_version.html", listing,
        version=found, version_shape=SHAPES[found.state], before=before, access=access_of_version(found, before),
        may_withdraw=found.state in ("scan", "review", "quarantine") or _others_live(found),
    )  # fmt: skip


def _others_live(version: ListingVersion) -> bool:
    return version.state == "live" and version.listing.versions.filter(state="live").exclude(pk=version.pk).exists()


@require_POST
@workspace_page("listing.manage")
def withdraw(request: WorkspaceRequest, workspace: str, slug: str, version: str) -> HttpResponse:
    found = find_version(find_listing(request, slug), version)
    try:
        withdraw_version(actor=request.principal, version=found)
    except ServiceProblem as problem:
        say_problem(request, problem)
    else:
        messages.success(request, _("Version %(version)s is withdrawn.") % {"version": found.version})
    return redirect(link(request, "publish-listing", slug))
