"""Secrets at rest: for one workspace, under keys that rotate."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from core import secrets
from core.crypto import CryptoError, Keyring, new_master_key, open_sealed, wrapped_by
from core.models import DataKey, WebhookEndpoint
from core.secrets import open_bytes_for, open_for, rotate_data_keys, rotate_master_key, seal_bytes_for, seal_for

VALUES = {"env": {"TOKEN": "sësame"}, "headers": {}}


@pytest.fixture(autouse=True)
def _fresh(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_cache", {})


def test_what_is_sealed_opens_for_its_workspace_only() -> None:
    sealed = seal_for("wsp_1", VALUES)
    assert b"TOKEN" not in sealed
    assert open_for("wsp_1", sealed) == VALUES
    assert open_for("wsp_1", memoryview(sealed)) == VALUES
    seal_for("wsp_2", VALUES)
    with pytest.raises(CryptoError):
        open_for("wsp_2", sealed)
    with pytest.raises(CryptoError):
        open_for("wsp_3", sealed)


def test_nothing_sealed_is_nothing() -> None:
    assert open_for("wsp_1", None) == {}
    assert open_for("wsp_1", b"") == {}


def test_changed_bytes_do_not_open() -> None:
    sealed = bytearray(seal_for("wsp_1", VALUES))
    sealed[-1] ^= 1
    with pytest.raises(CryptoError):
        open_for("wsp_1", bytes(sealed))


def test_the_gateway_opens_it_with_the_newest_data_key_alone(settings: LazySettings) -> None:
    sealed = seal_for("wsp_1", VALUES)
    key = Keyring.from_env(settings.ENV.master_key).unwrap(bytes(DataKey.objects.get().wrapped))
    assert b'"TOKEN"' in open_sealed(key, sealed, b"wsp_1")


def test_a_workspace_has_one_data_key_and_opening_asks_no_database_twice(django_assert_num_queries: object) -> None:
    first, second = seal_for("wsp_1", VALUES), seal_for("wsp_1", VALUES)
    assert first != second
    assert DataKey.objects.count() == 1
    open_for("wsp_1", first)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert open_for("wsp_1", second) == VALUES


def test_a_new_data_key_seals_anew_what_is_registered() -> None:
    endpoint = WebhookEndpoint.objects.create(workspace="wsp_1", url="", secret=seal_for("wsp_1", {"secret": "s"}))
    other = WebhookEndpoint.objects.create(workspace="wsp_2", url="", secret=seal_for("wsp_2", {"secret": "t"}))
    payload = seal_bytes_for("wsp_1", b"payload")
    told: list[str] = []
    assert rotate_data_keys(workspace_id="wsp_1", changed=told.append) == 1
    assert told == ["wsp_1"]
    before = bytes(endpoint.secret)
    endpoint.refresh_from_db()
    assert bytes(endpoint.secret) != before
    assert open_for("wsp_1", endpoint.secret) == {"secret": "s"}
    newest = Keyring.from_env(_master()).unwrap(bytes(DataKey.objects.get(workspace="wsp_1", version=2).wrapped))
    assert open_sealed(newest, bytes(endpoint.secret), b"wsp_1")
    assert open_bytes_for("wsp_1", payload) == b"payload"
    assert open_for("wsp_2", other.secret) == {"secret": "t"}


def test_a_workspace_without_secrets_has_nothing_to_rotate() -> None:
    assert rotate_data_keys(workspace_id="wsp_none") == 0
    assert not DataKey.objects.exists()


def test_another_process_rotated_meanwhile() -> None:
    sealed = seal_for("wsp_1", VALUES)
    open_for("wsp_1", sealed)
    stale = dict(secrets._cache)
    rotate_data_keys(workspace_id="wsp_1")
    fresh = seal_for("wsp_1", VALUES)
    secrets._cache.clear()
    secrets._cache.update(stale)
    assert open_for("wsp_1", fresh) == VALUES


def test_a_new_master_key_wraps_every_data_key(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal_for("wsp_1", VALUES)
    new = new_master_key()
    both = Keyring.from_env(f"{new},{_master()}")
    monkeypatch.setattr(secrets, "keyring", lambda: both)
    assert rotate_master_key() == 1
    assert rotate_master_key() == 0
    assert wrapped_by(bytes(DataKey.objects.get().wrapped)) == both.current_id
    secrets._cache.clear()
    monkeypatch.setattr(secrets, "keyring", lambda: Keyring.from_env(new))
    assert open_for("wsp_1", sealed) == VALUES


def _master() -> str:
    from django.conf import settings

    return str(settings.ENV.master_key)
