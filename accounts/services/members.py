"""Members: who belongs to a workspace, and as what. A workspace always keeps an owner."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, Membership, User, Workspace
from accounts.permissions import in_workspace, require
from accounts.services.versions import bump_workspace
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.events import record_event
from core.permissions import SYSTEM

Role = Membership.Role


def add_member(*, actor: Principal, workspace: Workspace, email: str, role: str) -> Membership:
    """Add somebody who has an account here. Raises InvalidProblem."""
    require(actor, "member.manage", in_workspace(workspace, "member"))
    _check_role(actor, role)
    if workspace.kind == Workspace.Kind.PERSONAL:
        raise ServiceProblem(_("A personal workspace is yours alone. Make a team workspace."), code="personal")
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise InvalidProblem(
            _("Nobody with this address has an account here yet. Ask them to sign up first."), field="email"
        )
    with transaction.atomic():
        member, made = Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
        if not made:
            raise InvalidProblem(_("They are a member already."), field="email", code="taken")
        bump_workspace(workspace_id=workspace.id)
        _record("member.added", actor, member, data={"role": role})
    return member


def change_role(*, actor: Principal, member: Membership, role: str) -> Membership:
    """Give a member another role. Only owners make or unmake owners. Raises ServiceProblem for the last owner."""
    require(actor, "member.manage", in_workspace(member.workspace_id, "member", member.id))
    _check_role(actor, role)
    with transaction.atomic():
        member = _locked(member)
        _guard_owner(actor, member, leaves=role != Role.OWNER)
        if member.role == role:
            return member
        before, member.role = member.role, role
        member.save(update_fields=["role", "updated_at"])
        bump_workspace(workspace_id=member.workspace_id)
        _record("member.role_changed", actor, member, changes={"role": [before, role]}, data={"role": role})
    return member


def remove_member(*, actor: Principal, member: Membership) -> None:
    """Take somebody out of a workspace; their keys there are revoked. Everyone may leave by themselves."""
    if actor.kind != "person" or actor.user_id != member.user_id or actor.workspace_id != member.workspace_id:
        require(actor, "member.manage", in_workspace(member.workspace_id, "member", member.id))
    with transaction.atomic():
        member = _locked(member)
        _guard_owner(actor, member, leaves=True)
        keys = ApiKey.objects.filter(workspace_id=member.workspace_id, user_id=member.user_id, revoked_at=None)
        revoked = list(keys.values_list("id", flat=True))
        keys.update(revoked_at=now())
        _record("member.removed", actor, member, data={"role": member.role, "keys_revoked": revoked})
        member.delete()
        bump_workspace(workspace_id=member.workspace_id)


def _locked(member: Membership) -> Membership:
    """The member, with all of the workspace's members locked: two owners who leave at once do so one by one."""
    rows = Membership.objects.select_for_update().select_related(None).filter(workspace_id=member.workspace_id)
    found = next((row for row in rows.order_by("id") if row.pk == member.pk), None)
    if found is None:
        raise ServiceProblem(_("They are no longer a member."), code="gone")
    return found


def _check_role(actor: Principal, role: str) -> None:
    if role not in Role.values:
        raise InvalidProblem(_("There is no such role."), field="role")
    if role == Role.OWNER and actor.role != Role.OWNER and actor is not SYSTEM:
        raise PermissionProblem(_("Only an owner can make somebody an owner."), code="owner_only")


def _guard_owner(actor: Principal, member: Membership, *, leaves: bool) -> None:
    if member.role != Role.OWNER:
        return
    if actor.role != Role.OWNER and actor is not SYSTEM:
        raise PermissionProblem(_("Only an owner can change another owner."), code="owner_only")
    owners = Membership.objects.filter(workspace_id=member.workspace_id, role=Role.OWNER).count()
    if leaves and owners == 1:
        raise ServiceProblem(_("This is the last owner. Make somebody else an owner first."), code="last_owner")


def _record(
    type: str,
    actor: Principal,
    member: Membership,
    *,
    changes: dict[str, list[str]] | None = None,
    data: dict[str, object] | None = None,
) -> None:
    record_event(
        type=type,
        actor=actor,
        workspace_id=member.workspace_id,
        target_kind="person",
        target=member.user_id,
        changes=changes,
        data=data,
    )
