"""The one event table: `record_event` writes it, registered sentences say it to people.

    register_event("key.revoked", _("%(actor)s revoked the key %(name)s"))           # in AppConfig.ready
    record_event(type="key.revoked", actor=principal, workspace_id=…, target_kind="key", target=key.id, data={…})

An event is written in the transaction of the change it tells of. It holds ids; the address and the program of whoever
did it stand in a personal row that can be erased, and the event keeps only a salted commitment to it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise

from core.decision import Principal
from core.models import Event, EventPersonal
from core.permissions import SYSTEM
from core.requests import RequestInfo, current_request

SALT_BYTES = 16


@dataclass(frozen=True)
class EventType:
    """`sentence` takes %(actor)s, %(target)s and the event's data. `webhook`: workspaces may subscribe to it."""

    name: str
    sentence: str | Promise
    webhook: bool = True


_types: dict[str, EventType] = {}
_subscribers: list[Callable[[Event], None]] = []


def register_event(type: str, sentence: str | Promise, *, webhook: bool = True) -> None:
    """Make a type known. Recording one that is not is an error."""
    _types[type] = EventType(type, sentence, webhook)


def event_types() -> Mapping[str, EventType]:
    return dict(sorted(_types.items()))


def subscribe(subscriber: Callable[[Event], None]) -> None:
    """Call `subscriber(event)` in the transaction of every event. It must be quick and must not raise."""
    if subscriber not in _subscribers:
        _subscribers.append(subscriber)


def event_sentence(event: Event, *, actor: str = "", target: str = "") -> str:
    """The event in plain words; names that are not given fall back to ids."""
    names = _Names(event.data) | {"actor": actor or event.actor or "Crossroads", "target": target or event.target}
    known = _types.get(event.type)
    return str(known.sentence) % _Names(names) if known else event.type


class _Names(dict[str, Any]):
    """An old event may lack what a newer sentence names."""

    def __missing__(self, key: str) -> str:
        return "…"


def record_event(
    *,
    type: str,
    actor: Principal | Any | None,
    workspace_id: str = "",
    target_kind: str = "",
    target: str = "",
    changes: Mapping[str, list[Any]] | None = None,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
) -> Event:
    """Write one event. `actor`: a Principal, a user row, or None for the installation itself.

    `changes`: {field: [before, after]}, secrets masked by the caller. `personal`: values about a person (an e-mail
    address), kept in the erasable row together with the request's address and program.
    """
    if type not in _types:
        raise ValueError(f"the event type {type!r} is not registered")
    info = current_request()
    with transaction.atomic():
        values = _personal_values(info, personal)
        salt = os.urandom(SALT_BYTES)
        event = Event.objects.create(
            type=type,
            workspace=workspace_id,
            target_kind=target_kind,
            target=target,
            changes=dict(changes or {}),
            data=dict(data or {}),
            request_id=info.id if info else "",
            commitment=commitment(salt, values) if values else None,
            **_actor(actor),
        )
        if values:
            EventPersonal.objects.create(event=event, salt=salt, values=values)
        for subscriber in _subscribers:
            subscriber(event)
    return event


def commitment(salt: bytes, values: Mapping[str, str]) -> bytes:
    """32 bytes that bind an event to its personal row without telling anything of it."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(salt + canonical.encode()).digest()


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs, as `changes` of an event."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def _actor(actor: Principal | Any | None) -> dict[str, str]:
    if actor is None or actor is SYSTEM:
        return {"actor_kind": "system"}
    if isinstance(actor, Principal):
        return {"actor_kind": actor.kind, "actor": actor.user_id or actor.id, "key": actor.key_id}
    return {"actor_kind": "person", "actor": str(actor.pk)}


def _personal_values(info: RequestInfo | None, personal: Mapping[str, str] | None) -> dict[str, str]:
    seen = {"address": info.address, "user_agent": info.user_agent} if info else {}
    return {name: value for name, value in (seen | dict(personal or {})).items() if value}
