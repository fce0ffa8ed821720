"""Members and their roles; a workspace keeps an owner."""

from __future__ import annotations

import pytest

from accounts.models import ApiKey, Membership, Workspace
from accounts.services import add_member, change_role, remove_member
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.models import Event
from tests.cast import Cast


def test_a_manager_adds_somebody_by_their_address(cast: Cast) -> None:
    version = cast.reload().version
    member = add_member(
        actor=cast.principal("admin"), workspace=cast.workspace, email=" Outsider@Example.com ", role="viewer"
    )
    assert member.user == cast.users["outsider"]
    assert cast.reload().version == version + 1
    event = Event.objects.get(type="member.added")
    assert (event.target, event.actor, event.data) == (
        cast.users["outsider"].id,
        cast.users["admin"].id,
        {"role": "viewer"},
    )


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [
        ("nobody@example.com", "member", "email"),
        ("member@example.com", "admin", "email"),
        ("outsider@example.com", "king", "role"),
    ],
)
def test_what_cannot_be_added_names_its_field(cast: Cast, email: str, role: str, field: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        add_member(actor=cast.principal("owner"), workspace=cast.workspace, email=email, role=role)
    assert refused.value.field == field


@pytest.mark.parametrize("who", ["member", "viewer", "outsider", "operator"])
def test_only_managers_touch_members(cast: Cast, who: str) -> None:
    actor = cast.principal(who)
    with pytest.raises(PermissionProblem):
        add_member(actor=actor, workspace=cast.workspace, email="outsider@example.com", role="member")
    with pytest.raises(PermissionProblem):
        change_role(actor=actor, member=cast.member("viewer"), role="admin")
    with pytest.raises(PermissionProblem):
        remove_member(actor=actor, member=cast.member("admin"))
    assert not Event.objects.filter(type__startswith="member.").exists()


def test_nobody_joins_a_personal_workspace(cast: Cast) -> None:
    own = Workspace.objects.get(kind="personal", memberships__user=cast.users["owner"])
    from accounts.permissions import principal_for

    with pytest.raises(ServiceProblem) as refused:
        add_member(
            actor=principal_for(cast.users["owner"], own), workspace=own, email="member@example.com", role="member"
        )
    assert refused.value.code == "personal"


def test_a_role_is_changed(cast: Cast) -> None:
    change_role(actor=cast.principal("admin"), member=cast.member("viewer"), role="member")
    assert cast.member("viewer").role == "member"
    assert Event.objects.get(type="member.role_changed").changes == {"role": ["viewer", "member"]}


def test_the_same_role_again_is_no_event(cast: Cast) -> None:
    change_role(actor=cast.principal("admin"), member=cast.member("viewer"), role="viewer")
    assert not Event.objects.filter(type="member.role_changed").exists()


def test_only_an_owner_makes_or_unmakes_owners(cast: Cast) -> None:
    admin = cast.principal("admin")
    with pytest.raises(PermissionProblem):
        change_role(actor=admin, member=cast.member("viewer"), role="owner")
    with pytest.raises(PermissionProblem):
        change_role(actor=admin, member=cast.member("owner"), role="member")
    with pytest.raises(PermissionProblem):
        add_member(actor=admin, workspace=cast.workspace, email="outsider@example.com", role="owner")
    with pytest.raises(PermissionProblem):
        remove_member(actor=admin, member=cast.member("owner"))
    change_role(actor=cast.principal("owner"), member=cast.member("admin"), role="owner")
    assert cast.member("admin").role == "owner"


def test_the_last_owner_stays(cast: Cast) -> None:
    owner = cast.principal("owner")
    for attempt in (
        lambda: change_role(actor=owner, member=cast.member("owner"), role="admin"),
        lambda: remove_member(actor=owner, member=cast.member("owner")),
    ):
        with pytest.raises(ServiceProblem) as refused:
            attempt()
        assert refused.value.code == "last_owner"
    change_role(actor=owner, member=cast.member("admin"), role="owner")
    remove_member(actor=owner, member=cast.member("owner"))
    assert not Membership.objects.filter(workspace=cast.workspace, user=cast.users["owner"]).exists()


def test_removing_somebody_revokes_their_keys_here(cast: Cast) -> None:
    cast.key("member", "mcp")
    cast.key("admin", "mcp")
    remove_member(actor=cast.principal("owner"), member=cast.member("member"))
    revoked = ApiKey.objects.get(user=cast.users["member"])
    assert revoked.revoked_at is not None
    assert ApiKey.objects.get(user=cast.users["admin"]).revoked_at is None
    assert Event.objects.get(type="member.removed").data["keys_revoked"] == [revoked.id]


@pytest.mark.parametrize("who", ["viewer", "member", "admin"])
def test_everybody_may_leave(cast: Cast, who: str) -> None:
    remove_member(actor=cast.principal(who), member=cast.member(who))
    assert not Membership.objects.filter(workspace=cast.workspace, user=cast.users[who]).exists()


def test_a_member_who_is_gone_cannot_be_changed(cast: Cast) -> None:
    member = cast.member("viewer")
    remove_member(actor=cast.principal("owner"), member=member)
    member.pk = "mbr_gone"
    with pytest.raises(ServiceProblem) as refused:
        change_role(actor=cast.principal("owner"), member=member, role="admin")
    assert refused.value.code == "gone"


def test_a_member_of_another_workspace_is_out_of_reach(cast: Cast) -> None:
    other = Workspace.objects.create(slug="other", name="Other")
    stranger = Membership.objects.create(workspace=other, user=cast.users["outsider"], role="viewer")
    with pytest.raises(PermissionProblem):
        change_role(actor=cast.principal("owner"), member=stranger, role="admin")
    with pytest.raises(PermissionProblem):
        remove_member(actor=cast.principal("owner"), member=stranger)
