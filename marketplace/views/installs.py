"""Installing into a workspace, and what is installed: plan, test, install, update, uninstall."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.views.common import chat_url
from core.components.table import Choice, Column, Filter, Table
from core.errors import ServiceProblem
from marketplace.forms.installing import InstallForm, UpdateForm, update_variables
from marketplace.manifest_words import sentences_of
from marketplace.models import Install, Listing, ListingVersion
from marketplace.packages import AssistantPackage, ServerPackage, read_manifest, read_package
from marketplace.selectors.listed import find_listing
from marketplace.selectors.plans import Plan
from marketplace.selectors.ways import template_of, way_names
from marketplace.services.install_servers import draft_for
from marketplace.services.installing import InstalledAlready, install_listing, plan_install, servers_along, uninstall
from marketplace.services.updating import accept_update, difference_of, dismiss_update, is_dismissed, update_of
from proxy.services.testing import ConnectionTest, test_connection
from proxy.views.common import context, may, say_problem

STATES = {"ready": "running", "needs_setup": "warn", "removed": "off"}
COLUMNS = (
    Column("name", gettext_lazy("Name"), sort="listing__name"),
    Column("state", gettext_lazy("State")),
    Column("version", gettext_lazy("Version")),
    Column("made", gettext_lazy("Installed"), sort="created_at", wide_only=True),
)
KINDS = (Choice("server", gettext_lazy("servers")), Choice("assistant", gettext_lazy("assistants")))
FILTERS = (
    Filter("kind", gettext_lazy("Kind"), KINDS, field="listing__kind"),
    Filter(
        "state",
        gettext_lazy("State"),
        (Choice("ready", gettext_lazy("ready")), Choice("needs_setup", gettext_lazy("needs set-up"))),
        field="state",
    ),
)


@workspace_page("install.manage")
def install_page(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """What it will do, what it needs, and the button. `?way=` picks how a server is reached."""
    listing = _listed(slug)
    if listing.slug != slug:
        return redirect("marketplace:install", request.workspace.slug, listing.slug)
    there = Install.objects.filter(workspace=request.workspace, listing=listing, removed_at=None).first()
    if there is not None:
        return redirect("marketplace:installed", request.workspace.slug, there.id)
    plan = _plan(request, listing)
    form = InstallForm(plan, request.POST or None)
    tested: ConnectionTest | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "test" and isinstance(plan.package, ServerPackage):
                tested = _tested(request, plan, form)
            else:
                return _installed(request, plan, form)
        except InstalledAlready as problem:
            return redirect("marketplace:installed", request.workspace.slug, problem.install.id)
        except ServiceProblem as problem:
            form.put_problem(problem)
    return render(
        request,
        "marketplace/install.html",
        context(request, plan=plan, form=form, tested=tested, tabs=_tabs(plan), listing=listing),
        status=400 if form.errors else 200,
    )


@workspace_page("install.manage")
def connect_page(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """The former address of the install page."""
    way = request.GET.get("way", "")
    url = reverse("marketplace:install", args=[request.workspace.slug, slug])
    return redirect(f"{url}?way={way}" if way.isdecimal() else url)


@workspace_page("workspace.view")
def list_installs(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Everything from the marketplace in this workspace."""
    table = Table(
        request,
        _rows(request),
        columns=COLUMNS,
        filters=FILTERS,
        search=_search,
        order="-created_at",
        size=50,
        name="installs",
    )
    rows = [
        {"install": one, "update": update_of(one), "dismissed": is_dismissed(one), "shape": STATES[one.state]}
        for one in table.rows
    ]
    return render(
        request,
        "marketplace/installs.html",
        context(request, table=table, rows=rows, may_manage=may(request, "install.manage")),
    )


@workspace_page("workspace.view")
def show_install(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    """How it is, what is still to be done, and what an update would change."""
    return _detail(request, _find(request, id))


@workspace_page("install.manage")
def update_page(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    """Take the update that was seen, or say that it is not wanted."""
    install = _find(request, id)
    if request.method != "POST":
        return redirect("marketplace:installed", request.workspace.slug, install.id)
    try:
        if request.POST.get("do") == "dismiss":
            dismiss_update(actor=request.principal, install=install)
            messages.info(request, _("This version is not offered any more. The next one is."))
            return redirect("marketplace:installed", request.workspace.slug, install.id)
        form = _update_form(install, request.POST)
        form.is_valid()
        seen = ListingVersion.objects.filter(pk=request.POST.get("version", ""), listing=install.listing_id).first()
        if seen is None:
            raise Http404
        install = accept_update(actor=request.principal, install=install, version=seen, values=form.values())
    except ServiceProblem as problem:
        form = _update_form(install, request.POST)
        form.is_valid()
        form.put_problem(problem)
        return _detail(request, install, form=form, status=problem.status)
    messages.success(
        request,
        _("%(name)s is on version %(version)s now.")
        % {"name": install.listing.name, "version": install.version.version},
    )
    return redirect("marketplace:installed", request.workspace.slug, install.id)


@workspace_page("install.manage")
def uninstall_page(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    """Asks first, and says what goes with it."""
    install = _find(request, id)
    along = servers_along(install)
    if request.method == "POST":
        try:
            uninstall(actor=request.principal, install=install, with_servers=bool(request.POST.get("along")))
        except ServiceProblem as problem:
            say_problem(request, problem)
            return redirect("marketplace:installed", request.workspace.slug, install.id)
        messages.success(request, _("%(name)s is uninstalled.") % {"name": install.listing.name})
        return redirect("marketplace:installs", request.workspace.slug)
    users = _users(install)
    return render(request, "marketplace/uninstall.html", context(request, install=install, along=along, users=users))


def _listed(slug: str) -> Listing:
    listing = find_listing(slug)
    if listing is None or listing.current is None:
        raise Http404
    return listing


def _plan(request: WorkspaceRequest, listing: Listing) -> Plan:
    asked = request.POST.get("way") or request.GET.get("way") or ""
    way = int(asked) if asked.isdecimal() and len(asked) < 4 else None
    number = request.GET.get("version", "")
    version = listing.versions.filter(version=number).first() if number else None
    return plan_install(actor=request.principal, workspace=request.workspace, listing=listing, version=version, way=way)


def _tested(request: WorkspaceRequest, plan: Plan, form: InstallForm) -> ConnectionTest:
    assert isinstance(plan.package, ServerPackage)
    draft = draft_for(plan.listing, plan.package.transports[plan.way], form.values())
    return test_connection(actor=request.principal, workspace=request.workspace, draft=draft)


def _installed(request: WorkspaceRequest, plan: Plan, form: InstallForm) -> HttpResponse:
    install = install_listing(
        actor=request.principal,
        workspace=request.workspace,
        version=plan.version,
        way=plan.way,
        values=form.values(),
        mapping=form.mapping(),
    )
    messages.success(request, _("%(name)s is installed.") % {"name": plan.listing.name})
    return redirect("marketplace:installed", request.workspace.slug, install.id)


def _tabs(plan: Plan) -> list[tuple[str, str, int | None]]:
    if not isinstance(plan.package, ServerPackage) or len(plan.package.transports) < 2:
        return []
    return [(name, f"?way={at}", None) for at, name in enumerate(way_names(plan.package.transports))]


def _rows(request: WorkspaceRequest) -> QuerySet[Install]:
    rows = Install.objects.filter(workspace=request.workspace, removed_at=None)
    return rows.select_related("listing__current", "listing__publisher", "version", "server", "assistant")


def _search(rows: QuerySet[Install], text: str) -> QuerySet[Install]:
    for word in text.split():
        rows = rows.filter(Q(listing__name__icontains=word) | Q(listing__slug__icontains=word))
    return rows


def _find(request: WorkspaceRequest, id: str) -> Install:
    rows = _rows(request).select_related("workspace", "listing__current", "listing__publisher", "version")
    return get_object_or_404(rows.select_related("server", "assistant__deployed", "assistant__workspace"), pk=id)


def _update_form(install: Install, data: Any = None) -> UpdateForm:
    difference = difference_of(install)
    if difference is None:
        return UpdateForm([], data)
    if difference.transport is not None:
        return UpdateForm(template_of(install.listing, difference.transport).variables, data)
    package = read_package(difference.after.package)
    return UpdateForm(update_variables(install, package) if isinstance(package, AssistantPackage) else [], data)


def _detail(
    request: WorkspaceRequest, install: Install, *, form: UpdateForm | None = None, status: int = 200
) -> HttpResponse:
    assistant = install.assistant
    package = read_package(install.version.package)
    tools = install.mapping.get("tools", {})
    return render(
        request,
        "marketplace/installed.html",
        context(
            request,
            install=install,
            shape=STATES[install.state],
            difference=difference_of(install),
            dismissed=is_dismissed(install),
            form=form or _update_form(install),
            may_manage=may(request, "install.manage"),
            chat_url=chat_url(request, assistant) if assistant and not assistant.steps else "",
            said=sentences_of(read_manifest(install.version.manifest), _names(package)),
            mapped=[(key.partition("/"), one) for key, one in tools.items()],
            waits=any(step.get("code") == "asking" for step in install.steps),
        ),
        status=status,
    )


def _names(package: object) -> dict[str, str]:
    slugs = {need.listing for need in package.tools} if isinstance(package, AssistantPackage) else set()
    return dict(Listing.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}


def _users(install: Install) -> list[Install]:
    """Installed assistants whose tools come from this server."""
    server = install.server_id
    if server is None:
        return []
    others = _rows_of(install).exclude(assistant=None)
    return [one for one in others if server in one.mapping.get("servers", {}).values() or _uses(one, install)]


def _uses(other: Install, install: Install) -> bool:
    package = read_package(other.version.package)
    return isinstance(package, AssistantPackage) and any(need.listing == install.listing.slug for need in package.tools)


def _rows_of(install: Install) -> QuerySet[Install]:
    rows = Install.objects.filter(workspace=install.workspace_id, removed_at=None)
    return rows.select_related("listing", "version", "assistant")


__all__ = ["connect_page", "install_page", "list_installs", "show_install", "uninstall_page", "update_page"]
