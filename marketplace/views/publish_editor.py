"""The editor of a listing's next version: saved as a draft, or submitted; what the scan says of it as one types."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.errors import ServiceProblem
from core.pages import show_problem
from marketplace.forms.publishing import ListingForm
from marketplace.models import Listing
from marketplace.packages import package_json
from marketplace.scanning.findings import Finding
from marketplace.selectors.publishing import access_of, draft_package
from marketplace.services.listings import edit_listing, refresh_package, source_package
from marketplace.services.versions import SecretProblem, preview_findings, submit_version
from marketplace.states import L
from marketplace.views.publish import link
from marketplace.views.publish_listing import find_listing, page


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
    more = {"form": form, "outdated": _is_outdated(listing), **_preview(listing)}
    return page(request, "publish_edit.html", listing, status=status, **more)


def _save(request: WorkspaceRequest, listing: Listing, form: ListingForm) -> HttpResponse | None:
    try:
        listing = edit_listing(actor=request.principal, listing=listing, **form.values())
        if request.POST.get("do") == "submit":
            version = submit_version(actor=request.principal, listing=listing)
            messages.success(request, _("Version %(version)s is being scanned.") % {"version": version.version})
            return redirect(link(request, "publish-listing", listing.slug))
        if request.POST.get("do") == "refresh":
            refresh_package(actor=request.principal, listing=listing)
            messages.success(request, _("Saved, with what is in your workspace now."))
            return redirect(link(request, "publish-edit", listing.slug))
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


def _is_outdated(listing: Listing) -> bool:
    """The assistant or server is another by now than the draft has it."""
    try:
        now = package_json(source_package(listing))
    except ServiceProblem:  # it is gone, or cannot travel: whoever takes it is told
        return False
    return bool(now != listing.draft.get("package"))


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
