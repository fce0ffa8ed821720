"""Publishing: who the publisher is, what it lists, and a new listing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.components.table import Choice, Column, Filter, Table
from core.errors import ServiceProblem
from core.pages import say_problem, show_problem
from marketplace.forms.publishing import ClaimForm, NewListingForm, PublisherForm
from marketplace.gateways.proofs import FILE, proof_address, record_of
from marketplace.models import Claim, Listing, Publisher
from marketplace.selectors.publishing import claims_of, listings_of, own_publisher, publishers_of
from marketplace.services.claims import check_claim, claimable, start_claim
from marketplace.services.listings import create_listing
from marketplace.services.publishers import create_publisher, update_publisher

COLUMNS = (
    Column("name", gettext_lazy("Listing"), sort="name"),
    Column("state", gettext_lazy("State"), sort="state"),
    Column("version", gettext_lazy("Version"), wide_only=True),
    Column("installs", gettext_lazy("Installs"), sort="installs", align="right", descending_first=True, wide_only=True),
    Column("changed", gettext_lazy("Changed"), sort="updated_at", align="right", descending_first=True),
)
FILTERS = (
    Filter("state", gettext_lazy("State"), tuple(Choice(v, w) for v, w in Listing.State.choices), field="state"),
    Filter("kind", gettext_lazy("Kind"), tuple(Choice(v, w) for v, w in Listing.Kind.choices[:2]), field="kind"),
)


def link(request: WorkspaceRequest, name: str, *args: str) -> str:
    return reverse(f"marketplace:{name}", args=[request.workspace.slug, *args])


@workspace_page("listing.manage")
def publish(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """The workspace's listings; before there is a publisher, the form that makes one."""
    publishers = list(publishers_of(request.workspace))
    if not publishers:
        return _new_publisher(request)
    table = Table(
        request,
        listings_of(request.workspace),
        columns=COLUMNS,
        filters=FILTERS,
        search=("name", "slug"),
        order="-updated_at",
        name="listings",
    )
    context = {"workspace": request.workspace, "publishers": publishers, "table": table}
    return render(request, "marketplace/publish.html", context)


def _new_publisher(request: WorkspaceRequest) -> HttpResponse:
    form = PublisherForm(request.POST or None, initial={"name": request.workspace.name})
    if request.method == "POST" and form.is_valid():
        try:
            publisher = create_publisher(actor=request.principal, workspace=request.workspace, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("You are a publisher now. Prove who you are, or list something."))
            return redirect(link(request, "publish-publisher", publisher.slug))
    return _page(request, "marketplace/publish_start.html", form=form)


@workspace_page("listing.manage")
def publisher_page(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """A publisher's profile and its proofs. One that an import made and nobody claimed can be claimed here."""
    publisher = _publisher(request, slug)
    mine = publisher.workspace_id == request.workspace.id
    profile = PublisherForm(
        request.POST if request.POST.get("do") == "profile" else None,
        initial={name: getattr(publisher, name) for name in ("name", "website", "about")},
    )
    claim = ClaimForm(request.POST if request.POST.get("do") == "claim" else None)
    if request.method == "POST":
        done = _save_profile(request, publisher, profile) if profile.is_bound else _begin(request, publisher, claim)
        if done is not None:
            return done
    claims = [
        (found, proof_address(found.method, found.subject), record_of(found.method, found.subject))
        for found in claims_of(request.workspace, publisher)
    ]
    return _page(
        request,
        "marketplace/publish_publisher.html",
        publisher=publisher,
        mine=mine,
        form=profile,
        claim_form=claim,
        claims=claims,
        file=FILE,
        fitting=[] if mine else [*claimable(publisher, "domain"), *claimable(publisher, "repository")],
    )


def _save_profile(request: WorkspaceRequest, publisher: Publisher, form: PublisherForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        update_publisher(actor=request.principal, publisher=publisher, **form.cleaned_data)
    except ServiceProblem as problem:
        show_problem(form, problem)
        return None
    messages.success(request, _("Saved."))
    return redirect(link(request, "publish-publisher", publisher.slug))


def _begin(request: WorkspaceRequest, publisher: Publisher, form: ClaimForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        start_claim(actor=request.principal, workspace=request.workspace, publisher=publisher, **form.cleaned_data)
    except ServiceProblem as problem:
        show_problem(form, problem)
        return None
    return redirect(link(request, "publish-publisher", publisher.slug))


@require_POST
@workspace_page("listing.manage")
def claim_check(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    claim = Claim.objects.filter(pk=id, workspace=request.workspace).select_related("publisher", "workspace").first()
    if claim is None:
        raise Http404
    try:
        claim = check_claim(actor=request.principal, claim=claim)
    except ServiceProblem as problem:
        say_problem(request, problem)
    else:
        if claim.state == Claim.State.PROVED:
            messages.success(request, _("%(subject)s is proved.") % {"subject": claim.subject})
        else:
            messages.warning(request, claim.problem)
    return redirect(link(request, "publish-publisher", claim.publisher.slug))


@workspace_page("listing.manage")
def new_listing(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Choose the assistant or the server that is listed."""
    publisher = own_publisher(request.workspace)
    if publisher is None:
        return redirect(link(request, "publish"))
    initial = {"source": request.GET.get("source", "")}
    form = NewListingForm(request.POST or None, workspace=request.workspace, initial=initial)
    if request.method == "POST" and form.is_valid():
        assistant, server = form.chosen()
        try:
            listing = create_listing(
                actor=request.principal,
                publisher=publisher,
                assistant=assistant,
                server=server,
                works_offline=form.cleaned_data["works_offline"] and assistant is not None,
            )
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            return redirect(link(request, "publish-edit", listing.slug))
    return _page(request, "marketplace/publish_new.html", form=form, publisher=publisher)


def _publisher(request: WorkspaceRequest, slug: str) -> Publisher:
    found = Publisher.objects.filter(slug=slug).first()
    if found is None or (found.workspace_id not in (None, request.workspace.id)):
        raise Http404
    if found.workspace_id is None and (not found.source or found.proof == Publisher.Proof.BUILT_IN):
        raise Http404
    return found


def _page(request: WorkspaceRequest, template: str, **context: object) -> HttpResponse:
    wrong = any(getattr(context.get(name), "errors", None) for name in ("form", "claim_form"))
    values = {"workspace": request.workspace, **context}
    return render(request, template, values, status=400 if wrong else 200)
