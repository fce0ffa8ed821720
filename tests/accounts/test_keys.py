"""API keys: made once, kept as a hash, refused when they end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import ApiKey
from accounts.permissions import principal_of_key
from accounts.registry import HubChoice
from accounts.selectors import KeyRefused, key_of_token, keys_for
from accounts.services import create_key, remove_member, revoke_key, touch_key_last_used, touch_keys_last_used
from core.clock import now
from core.errors import InvalidProblem, PermissionProblem
from core.models import Event
from core.permissions import SYSTEM
from tests.cast import Cast


def make(cast: Cast, who: str = "member", **more: Any) -> tuple[ApiKey, str]:
    values = {"name": "Laptop", "scopes": ["mcp"], **more}
    return create_key(actor=cast.principal(who), workspace=cast.workspace, **values)


def test_a_key_is_shown_once_and_kept_as_a_hash(cast: Cast) -> None:
    key, secret = make(cast)
    assert re.fullmatch(r"cr_[a-z0-9]{4}_[A-Za-z0-9]{43}", secret)
    assert key.hint == secret[:12] + "…"
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM accounts_apikey k WHERE id = %s", [key.id])
        assert secret not in cursor.fetchone()[0]
    assert key_of_token(secret).id == key.id


def test_two_keys_of_one_installation_share_its_tag(cast: Cast) -> None:
    first, second = make(cast)[1], make(cast)[1]
    assert first != second
    assert first.split("_")[1] == second.split("_")[1]


@pytest.mark.parametrize("token", ["", "nonsense", "cr_", "cr_aaaa_" + "b" * 43])
def test_an_unknown_token_opens_nothing(cast: Cast, token: str) -> None:
    with pytest.raises(KeyRefused, match="unknown"):
        key_of_token(token)


def test_a_revoked_key_opens_nothing_and_raises_the_version(cast: Cast) -> None:
    key, secret = make(cast)
    before = cast.reload().version
    revoke_key(actor=cast.principal("member"), key=key)
    with pytest.raises(KeyRefused, match="revoked"):
        key_of_token(secret)
    assert cast.reload().version == before + 1
    assert Event.objects.filter(type="key.revoked", target=key.id).count() == 1


def test_revoking_again_changes_nothing(cast: Cast) -> None:
    key, _secret = make(cast)
    first = revoke_key(actor=cast.principal("member"), key=key).revoked_at
    version = cast.reload().version
    assert revoke_key(actor=cast.principal("member"), key=key).revoked_at == first
    assert cast.reload().version == version
    assert Event.objects.filter(type="key.revoked").count() == 1


def test_an_expired_key_opens_nothing(cast: Cast) -> None:
    key, secret = make(cast, expires_at=now() + timedelta(days=1))
    assert key_of_token(secret).id == key.id
    ApiKey.objects.filter(pk=key.pk).update(expires_at=now())
    with pytest.raises(KeyRefused, match="expired"):
        key_of_token(secret)


def test_a_key_of_somebody_who_is_switched_off_opens_nothing(cast: Cast) -> None:
    _key, secret = make(cast)
    cast.users["member"].is_active = False
    cast.users["member"].save()
    with pytest.raises(KeyRefused, match="inactive"):
        key_of_token(secret)


def test_a_key_loses_its_role_with_its_person(cast: Cast) -> None:
    key, secret = make(cast)
    assert principal_of_key(key).role == "member"
    remove_member(actor=cast.principal("admin"), member=cast.member("member"))
    assert principal_of_key(key).role == ""
    with pytest.raises(KeyRefused, match="revoked"):
        key_of_token(secret)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["root"]}, "scopes"),
        ({"hub": "hub_unknown"}, "hub"),
        ({"expires_at": now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_field(cast: Cast, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        make(cast, **values)
    assert list(refused.value.errors) == [field]
    assert not ApiKey.objects.exists()


def test_a_key_may_be_bound_to_a_hub_of_its_workspace(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.registry._hub_choices", [lambda workspace: [HubChoice("hub_1", "main", "Main")]])
    key, _secret = make(cast, hub="hub_1")
    assert principal_of_key(key).hub_id == "hub_1"


@pytest.mark.parametrize("name", ["viewer", "outsider", "operator"])
def test_who_may_not_use_hubs_makes_no_key(cast: Cast, name: str) -> None:
    with pytest.raises(PermissionProblem):
        make(cast, name)
    assert not ApiKey.objects.exists()


def test_a_member_revokes_their_own_key_only(cast: Cast) -> None:
    key, _secret = make(cast, "admin")
    with pytest.raises(PermissionProblem):
        revoke_key(actor=cast.principal("member"), key=key)
    revoke_key(actor=cast.principal("owner"), key=key)


def test_a_key_of_another_workspace_cannot_be_revoked(cast: Cast) -> None:
    key, _secret = make(cast)
    with pytest.raises(PermissionProblem):
        revoke_key(actor=cast.principal("outsider"), key=key)


def test_a_key_cannot_make_one_that_may_more(cast: Cast) -> None:
    key, _secret = make(cast, "admin", scopes=["write"], expires_at=now() + timedelta(days=5))
    actor = principal_of_key(key)
    more: dict[str, Any] = {"workspace": cast.workspace, "name": "Child", "expires_at": now() + timedelta(days=1)}
    create_key(actor=actor, scopes=["read"], **more)
    with pytest.raises(PermissionProblem) as refused:
        create_key(actor=actor, scopes=["admin"], **more)
    assert refused.value.code == "scope"


def test_a_key_cannot_make_one_that_outlives_it(cast: Cast) -> None:
    key, _secret = make(cast, "admin", scopes=["write"], expires_at=now() + timedelta(days=5))
    for expires_at in (None, now() + timedelta(days=6)):
        with pytest.raises(PermissionProblem) as refused:
            create_key(
                actor=principal_of_key(key),
                workspace=cast.workspace,
                name="Child",
                scopes=["read"],
                expires_at=expires_at,
            )
        assert refused.value.code == "expiry"


def test_a_key_without_the_scope_makes_none(cast: Cast) -> None:
    key, _secret = make(cast, "owner", scopes=["mcp", "read"])
    with pytest.raises(PermissionProblem) as refused:
        create_key(actor=principal_of_key(key), workspace=cast.workspace, name="Child", scopes=["mcp"])
    assert refused.value.code == "scope"


def test_last_use_is_kept_to_the_minute_and_never_goes_back(cast: Cast) -> None:
    key, _secret = make(cast)
    touch_key_last_used(key=key, client="curl/8")
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    assert key.last_used_client == "curl/8"
    touch_key_last_used(key=key, client="other")
    touch_keys_last_used(uses={key.id: (first - timedelta(hours=1), "older")})
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_client) == (first, "curl/8")
    touch_keys_last_used(uses={key.id: (first + timedelta(hours=1), "newer")})
    key.refresh_from_db()
    assert key.last_used_client == "newer"


def test_members_see_their_own_keys_and_managers_all(cast: Cast) -> None:
    mine, _secret = make(cast, "member")
    other, _secret = make(cast, "admin")
    assert set(keys_for(cast.principal("member"), cast.workspace)) == {mine}
    assert set(keys_for(cast.principal("owner"), cast.workspace)) == {mine, other}
    assert not keys_for(cast.principal("outsider"), cast.workspace)


def test_the_installation_makes_keys_for_a_named_person(cast: Cast) -> None:
    key, _secret = create_key(
        actor=SYSTEM, workspace=cast.workspace, user=cast.users["viewer"], name="Command line", scopes=["mcp"]
    )
    assert key.user == cast.users["viewer"]
    assert Event.objects.get(type="key.created").actor_kind == "system"
