"""What is installed: how it is, what an update changes, and uninstalling."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.views.common import chat_url
from core.errors import ServiceProblem
from marketplace.forms.installing import UpdateForm, update_variables
from marketplace.manifest_words import sentences_of
from marketplace.models import Install, ListingVersion
from marketplace.packages import AssistantPackage, read_manifest, read_package
from marketplace.selectors.listed import needed_names
from marketplace.selectors.ways import template_of
from marketplace.services.uninstalling import servers_along, uninstall
from marketplace.services.updating import accept_update, difference_of, dismiss_update, is_dismissed
from marketplace.views.installs import STATES, rows_of
from proxy.views.common import context, may, say_problem


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


def _find(request: WorkspaceRequest, id: str) -> Install:
    rows = rows_of(request).select_related("workspace", "listing__current", "listing__publisher", "version")
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
            said=sentences_of(read_manifest(install.version.manifest), needed_names(package)),
            mapped=[(key.partition("/"), one) for key, one in tools.items()],
            waits=any(step.get("code") == "asking" for step in install.steps),
        ),
        status=status,
    )


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
