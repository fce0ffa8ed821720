"""Making a workspace, its settings, its members."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import MemberForm, RoleForm, WorkspaceForm, WorkspaceSettingsForm
from accounts.http import PersonRequest, WorkspaceRequest
from accounts.models import Membership, Workspace
from accounts.pages import person_page, workspace_page
from accounts.selectors import members_of
from accounts.services import add_member, change_role, create_workspace, remove_member, rename_workspace
from core.errors import PermissionProblem, ServiceProblem
from core.pages import say_problem, show_problem


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def workspace_new(request: PersonRequest) -> HttpResponse:
    form = WorkspaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            workspace = create_workspace(actor=request.principal, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("The workspace %s is ready.") % workspace.name)
            return redirect(f"/w/{workspace.slug}/")
    return render(request, "accounts/workspace_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("workspace.manage")
def workspace_settings(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Name and address; below them the members."""
    here = request.workspace
    form = WorkspaceSettingsForm(request.POST or None, initial={"name": here.name, "slug": here.slug})
    if request.method == "POST" and form.is_valid():
        try:
            renamed = rename_workspace(actor=request.principal, workspace=here, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:settings", workspace=renamed.slug)
    return _settings(request, form, MemberForm())


@require_POST
@workspace_page("member.manage")
def member_add(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            member = add_member(actor=request.principal, workspace=request.workspace, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("%s is a member now.") % member.user)
            return redirect("accounts:settings", workspace=workspace)
    here = request.workspace
    return _settings(request, WorkspaceSettingsForm(initial={"name": here.name, "slug": here.slug}), form)


@require_POST
@workspace_page("member.manage")
def member_role(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role."))
        return redirect("accounts:settings", workspace=workspace)
    try:
        member = change_role(actor=request.principal, member=_member(request, id), role=form.cleaned_data["role"])
    except PermissionProblem:
        raise
    except ServiceProblem as problem:
        say_problem(request, problem)
    else:
        said = {"person": member.user, "role": member.get_role_display()}
        messages.success(request, _("%(person)s: %(role)s.") % said)
    return redirect("accounts:settings", workspace=workspace)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("member.manage")
def member_remove(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    return _leave(request, _member(request, id), back="accounts:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("workspace.view")
def leave(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Everyone may take themselves out of a team workspace."""
    if request.workspace.kind == Workspace.Kind.PERSONAL:
        raise Http404
    return _leave(request, request.membership, back="accounts:me")


def _leave(request: WorkspaceRequest, member: Membership, *, back: str) -> HttpResponse:
    where = reverse(back) if back == "accounts:me" else reverse(back, args=[request.workspace.slug])
    if request.method == "POST":
        try:
            remove_member(actor=request.principal, member=member)
        except PermissionProblem:
            raise
        except ServiceProblem as problem:
            say_problem(request, problem)
            return redirect(where)
        own = member.user_id == request.user.pk
        messages.success(request, _("You left the workspace.") if own else _("%s was removed.") % member.user)
        return redirect("accounts:me" if own else where)
    keys = member.user.keys.filter(workspace=request.workspace, revoked_at=None).count()
    context = {"member": member, "keys": keys, "own": member.user_id == request.user.pk}
    return render(request, "accounts/member_remove.html", context)


def _member(request: WorkspaceRequest, id: str) -> Membership:
    found = members_of(request.workspace).filter(pk=id).first()
    if found is None:
        raise Http404
    return found


def _settings(request: WorkspaceRequest, form: WorkspaceSettingsForm, member_form: MemberForm) -> HttpResponse:
    owner = request.membership.role == Membership.Role.OWNER
    roles = [choice for choice in Membership.Role.choices if owner or choice[0] != Membership.Role.OWNER]
    context = {
        "form": form,
        "member_form": member_form,
        "members": members_of(request.workspace),
        "team": request.workspace.kind == Workspace.Kind.TEAM,
        "roles": roles,
        "owner": owner,
    }
    return render(request, "accounts/settings.html", context)
