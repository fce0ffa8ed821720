"""Installing into a workspace: the plan, a test, the install; and the list of what is there."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.components.table import Choice, Column, Filter, Table
from core.errors import ServiceProblem
from marketplace.forms.installing import InstallForm
from marketplace.models import Install, Listing
from marketplace.packages import ServerPackage
from marketplace.selectors.listed import find_listing
from marketplace.selectors.plans import Plan
from marketplace.selectors.ways import way_names
from marketplace.services.install_servers import draft_for
from marketplace.services.installing import InstalledAlready, install_listing, plan_install
from marketplace.services.updating import is_dismissed, update_of
from proxy.services.testing import ConnectionTest, test_connection
from proxy.views.common import context, may

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
        rows_of(request),
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


def rows_of(request: WorkspaceRequest) -> QuerySet[Install]:
    rows = Install.objects.filter(workspace=request.workspace, removed_at=None)
    return rows.select_related("listing__current", "listing__publisher", "version", "server", "assistant")


def _search(rows: QuerySet[Install], text: str) -> QuerySet[Install]:
    for word in text.split():
        rows = rows.filter(Q(listing__name__icontains=word) | Q(listing__slug__icontains=word))
    return rows
