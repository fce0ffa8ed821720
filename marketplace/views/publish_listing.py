"""One listing as its publisher looks after it: its versions, the editor of the next one, its pictures."""

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
from core.pages import say_problem, show_problem
from marketplace.forms.publishing import ListingForm, PictureForm
from marketplace.models import Listing, ListingVersion
from marketplace.scanning.findings import Finding
from marketplace.selectors.publishing import (
    SHAPES,
    access_of,
    access_of_version,
    draft_package,
    version_before,
)
from marketplace.services.listings import (
    deprecate_listing,
    edit_listing,
    refresh_package,
    remove_listing,
    restore_listing,
)
from marketplace.services.pictures import add_picture, arrange_pictures, remove_picture
from marketplace.services.versions import (
    SecretProblem,
    open_version,
    preview_findings,
    submit_version,
    withdraw_version,
)
from marketplace.states import L
from marketplace.views.publish import link


def find_listing(request: WorkspaceRequest, slug: str) -> Listing:
    rows = Listing.objects.select_related("publisher__workspace", "current")
    return get_object_or_404(rows, publisher__workspace=request.workspace, slug=slug)


def tabs_of(request: WorkspaceRequest, listing: Listing) -> list[tuple[str, str, int | None]]:
    found: list[tuple[str, str, int | None]] = [(_("Overview"), link(request, "publish-listing", listing.slug), None)]
    if listing.state != L.REMOVED:
        found += [
            (_("Next version"), link(request, "publish-edit", listing.slug), None),
            (_("Pictures"), link(request, "publish-pictures", listing.slug), listing.pictures.count()),
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


@workspace_page("listing.manage")
def edit(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """The editor: saved as a draft, or saved and submitted. What the scan finds stands beside its field."""
    listing = find_listing(request, slug)
    if listing.state == L.REMOVED:
        raise Http404
    form = ListingForm(request.POST or None, initial=ListingForm.initial_of(listing))
    status = 200
    if request.method == "POST":
        done = _save(request, listing, form) if form.is_valid() else None
        if done is not None:
            return done
        status = 400
        listing = find_listing(request, slug)
    return page(request, "publish_edit.html", listing, status=status, form=form, **_preview(listing))


def _save(request: WorkspaceRequest, listing: Listing, form: ListingForm) -> HttpResponse | None:
    try:
        listing = edit_listing(actor=request.principal, listing=listing, **form.values())
        if request.POST.get("do") == "submit":
            version = submit_version(actor=request.principal, listing=listing)
            messages.success(request, _("Version %(version)s is being scanned.") % {"version": version.version})
            return redirect(link(request, "publish-listing", listing.slug))
    except ServiceProblem as problem:
        show_problem(form, problem)
        if isinstance(problem, SecretProblem):
            # What it says stands beside the fields; those that are no field are named here.
            for finding in problem.findings:
                if finding.where not in form.fields:
                    form.add_error(None, f"{finding.where}: {finding.sentence}")
        # The draft itself may be saved by now: the next attempt starts from there.
        if problem.code != "stale":
            revision = Listing.objects.get(pk=listing.pk).draft.get("revision", 1)
            form.data = {**form.data.dict(), "revision": str(revision)}  # type: ignore[attr-defined]  # a QueryDict
        return None
    messages.success(request, _("Saved."))
    return redirect(link(request, "publish-edit", listing.slug))


@require_POST
@workspace_page("listing.manage")
def preview(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """The page's side for what is typed now; nothing is saved."""
    listing = find_listing(request, slug)
    form = ListingForm(request.POST)
    form.is_valid()
    values = {name: value for name, value in getattr(form, "cleaned_data", {}).items() if name != "revision"}
    for name in ("tags", "languages"):
        if name in values:
            values[name] = [part.strip() for part in values[name].split(",") if part.strip()]
    listing.draft = listing.draft | values
    return page(request, "publish_preview.html", listing, **_preview(listing))


def _preview(listing: Listing) -> dict[str, Any]:
    package = draft_package(listing)
    before = listing.current
    try:
        findings = preview_findings(listing)
    except ServiceProblem as problem:
        findings = [Finding(code="draft", severity="block", where="", sentence=str(problem))]
    return {
        "draft": listing.draft,
        "findings": findings,
        "by_field": {finding.where.split(".")[0]: finding for finding in reversed(findings)},
        "access": access_of(package, before) if package else None,
        "before": before,
        "package": listing.draft.get("package"),
    }


@require_POST
@workspace_page("listing.manage")
def change(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """What is done to a listing as a whole: taken anew from its source, restored, deprecated, removed."""
    listing, actor = find_listing(request, slug), request.principal
    what = request.POST.get("do", "")
    reason = request.POST.get("reason", "")
    try:
        if what == "refresh":
            refresh_package(actor=actor, listing=listing)
            messages.success(request, _("The draft has what is in your workspace now."))
            return redirect(link(request, "publish-edit", slug))
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


@workspace_page("listing.manage")
def pictures(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """A POST adds one; `do` removes one or moves it."""
    listing = find_listing(request, slug)
    if listing.state == L.REMOVED:
        raise Http404
    form = PictureForm()
    if request.method == "POST" and request.POST.get("do"):
        _change_picture(request, listing)
        return redirect(link(request, "publish-pictures", slug))
    if request.method == "POST":
        form = PictureForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                data = form.cleaned_data["picture"].read()
                add_picture(actor=request.principal, listing=listing, data=data, alt=form.cleaned_data["alt"])
            except ServiceProblem as problem:
                show_problem(form, problem)
            else:
                return redirect(link(request, "publish-pictures", slug))
    rows = list(listing.pictures.order_by("position", "id").defer("body"))
    status = 400 if form.errors else 200
    return page(request, "publish_pictures.html", listing, status=status, form=form, pictures=rows)


def _change_picture(request: WorkspaceRequest, listing: Listing) -> None:
    picture = listing.pictures.filter(pk=request.POST.get("picture", "")).defer("body").first()
    if picture is None:
        raise Http404
    picture.listing = listing
    order = list(listing.pictures.order_by("position", "id").values_list("pk", flat=True))
    at = order.index(picture.pk)
    try:
        match request.POST["do"]:
            case "remove":
                remove_picture(actor=request.principal, picture=picture)
            case "up" if at:
                order[at - 1], order[at] = order[at], order[at - 1]
                arrange_pictures(actor=request.principal, listing=listing, picture_ids=order)
            case _:
                return
    except ServiceProblem as problem:
        say_problem(request, problem)
