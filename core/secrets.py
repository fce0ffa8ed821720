"""Secrets at rest: sealed under a data key for each workspace, which the master key wraps.

    row.secrets = seal_for(workspace_id, {"env": {"TOKEN": "…"}})
    open_for(workspace_id, row.secrets)["env"]["TOKEN"]

The sealed bytes are those of `core.crypto.seal` over JSON, bound to the workspace's id. `register_sealed` names every
column that holds some, so that keys can rotate.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction

from core.crypto import CryptoError, open_sealed, seal
from core.keyring import keyring
from core.models import DataKey

INSTALLATION = ""
"""In place of a workspace's id, for what belongs to none."""


@dataclass(frozen=True)
class SealedColumn:
    """A binary column whose rows are sealed; `workspace` is the lookup of the workspace's id."""

    model: str
    column: str
    workspace: str

    @property
    def rows(self) -> models.QuerySet[Any]:
        model = apps.get_model(self.model)
        manager: models.Manager[Any] = model._default_manager
        return manager.exclude(**{f"{self.column}__isnull": True})


_sealed: list[SealedColumn] = []
_cache: dict[str, list[bytes]] = {}
_lock = threading.Lock()


def register_sealed(model: str, column: str, *, workspace: str = "workspace_id") -> None:
    """Name a sealed column (`"proxy.Server", "secrets"`). Rotation seals its rows anew."""
    column_of = SealedColumn(model, column, workspace)
    if column_of not in _sealed:
        _sealed.append(column_of)


def seal_for(workspace_id: str, values: Mapping[str, Any]) -> bytes:
    """Values as JSON, sealed for one workspace. Its data key is made when it has none."""
    return seal_bytes_for(workspace_id, json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())


def open_for(workspace_id: str, sealed: bytes | memoryview | None) -> dict[str, Any]:
    """What `seal_for` sealed; {} for nothing. Raises CryptoError for other bytes or another workspace."""
    if not sealed:
        return {}
    values: dict[str, Any] = json.loads(open_bytes_for(workspace_id, sealed))
    return values


def seal_bytes_for(workspace_id: str, plain: bytes) -> bytes:
    """The same for bytes that are no JSON object: arguments and results of calls."""
    newest = DataKey.objects.filter(workspace=workspace_id).order_by("-version").first()
    key = keyring().unwrap(bytes(newest.wrapped)) if newest else _first_key(workspace_id)
    return seal(key, plain, workspace_id.encode())


def open_bytes_for(workspace_id: str, sealed: bytes | memoryview) -> bytes:
    """The plain bytes. Older data keys of the workspace open what was sealed before a rotation."""
    for read_keys in (_cached, _load):
        for key in read_keys(workspace_id):
            try:
                return open_sealed(key, bytes(sealed), workspace_id.encode())
            except CryptoError:
                continue
    raise CryptoError("no data key of the workspace opens this value")


def rotate_master_key() -> int:
    """Wrap every data key with the first master key. Returns how many were wrapped by another one."""
    count = 0
    with transaction.atomic():
        for row in DataKey.objects.select_for_update().order_by("pk"):
            wrapped = keyring().rewrap(bytes(row.wrapped))
            if wrapped != bytes(row.wrapped):
                row.wrapped = wrapped
                row.save(update_fields=["wrapped"])
                count += 1
    return count


def rotate_data_keys(*, workspace_id: str, changed: Callable[[str], object] | None = None) -> int:
    """Give a workspace a new data key and seal its registered rows anew, in one transaction. Returns how many rows.

    The old key stays: it opens recorded payloads until their retention ends. `changed(workspace_id)` is called inside
    the transaction, so that the gateway's processes hear of it.
    """
    count = 0
    with transaction.atomic():
        versions = DataKey.objects.select_for_update().filter(workspace=workspace_id)
        newest = versions.order_by("-version").first()
        if newest is None:
            return 0
        _plain, wrapped = keyring().new_data_key()
        DataKey.objects.create(workspace=workspace_id, version=newest.version + 1, wrapped=wrapped)
        for column in _sealed:
            for row in column.rows.filter(**{column.workspace: workspace_id}).select_for_update():
                plain = open_bytes_for(workspace_id, getattr(row, column.column))
                setattr(row, column.column, seal_bytes_for(workspace_id, plain))
                row.save(update_fields=[column.column])
                count += 1
        if changed is not None:
            changed(workspace_id)
    return count


def _first_key(workspace_id: str) -> bytes:
    plain, wrapped = keyring().new_data_key()
    try:
        with transaction.atomic():
            DataKey.objects.create(workspace=workspace_id, version=1, wrapped=wrapped)
    except IntegrityError:
        return _load(workspace_id)[0]
    return plain


def _cached(workspace_id: str) -> list[bytes]:
    return _cache.get(workspace_id, [])


def _load(workspace_id: str) -> list[bytes]:
    """The workspace's data keys, the newest first. Kept, since a version's key never changes."""
    rows = DataKey.objects.filter(workspace=workspace_id).order_by("-version").values_list("wrapped", flat=True)
    keys = [keyring().unwrap(bytes(wrapped)) for wrapped in rows]
    with _lock:
        if len(_cache) > 10_000:
            _cache.clear()
        _cache[workspace_id] = keys
    return keys
