"""What discovery found of a server, kept: definitions, features, state. What people decided about features stays."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.services import bump_workspace
from core.clock import now
from core.events import record_event
from core.jobs import enqueue_job
from core.json_values import too_deep
from proxy.engine.discovery import Discovered
from proxy.engine.ports import UpstreamProblem
from proxy.models import Definition, Feature, Hub, Server
from proxy.services.clashes import reflag_hubs
from proxy.services.definitions import Item, plain, read_items
from proxy.services.pruning import use_again
from proxy.services.reach import fingerprint_of
from proxy.services.secrets import mask, opened_secrets

DISCOVER = "proxy.discover_server"
PARTIAL = "partial"
"""`problem_kind` of a server that runs, but of whose offers something had to be left out."""
_FIRST_RETRY = timedelta(minutes=1)
_BATCH = 500
_SHOWN = 50
_DETAIL = 4000
_SENTENCE = 2000


@dataclass
class Difference:
    """What changed, by name (kind and name). `newcomers` are ids of features that appeared or came back."""

    added: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    newcomers: set[str] = field(default_factory=set)
    touched: bool = False

    def told(self) -> dict[str, object]:
        names = {"added": self.added, "gone": self.gone, "changed": self.changed}
        return {name: sorted(found)[:_SHOWN] for name, found in names.items() if found}


def record_discovery(*, server: Server, found: Discovered, fingerprint: str = "") -> bool:
    """Keep what a server offers. Running it twice changes nothing. Returns whether hubs see a difference.

    `fingerprint` is that of the server as it was asked: should it be reached in another way by now, or be paused,
    the finding is of no use and is dropped.
    """
    items = read_items(
        {"tool": found.tools, "resource": found.resources, "template": found.templates, "prompt": found.prompts},
        # Only over Streamable HTTP do parameters travel as headers, and only in the stateless era.
        mirrored=server.transport == Server.Transport.HTTP and "stateless" in found.eras,
    )
    with transaction.atomic():
        kept = _locked(server, fingerprint)
        if kept is None:
            return False
        first = kept.discovered_at is None
        difference = _store_features(kept, items.items)
        was = kept.state
        said = _write_server(kept, found, [*found.notes, *items.notes])
        kept.save()
        if was == Server.State.BROKEN:
            _record(kept, "server.running")
        if difference.told() and not first:
            _record(kept, "server.offers_changed", **difference.told())
        flagged = reflag_hubs(_hubs(kept), newcomers=difference.newcomers) if difference.touched else False
        changed = said or difference.touched or flagged
        if changed:
            bump_workspace(workspace_id=kept.workspace_id)
    return changed


def record_problem(*, server: Server, problem: UpstreamProblem, fingerprint: str = "") -> None:
    """Keep why a server does not answer; an event tells it once. What it offered stays, with its state beside."""
    with transaction.atomic():
        kept = _locked(server, fingerprint)
        if kept is None:
            return
        moment = now()
        secrets = opened_secrets(kept)
        sentence = _text(mask(problem.sentence, secrets), _SENTENCE)
        if kept.state != Server.State.BROKEN:
            kept.state, kept.state_since = Server.State.BROKEN, moment
            _record(kept, "server.broken", problem=sentence, kind=problem.kind)
        kept.problem_kind = problem.kind[:20]
        kept.problem = sentence
        kept.problem_detail = _text(mask(problem.detail, secrets)[-_DETAIL:], _DETAIL)
        kept.next_discovery_at = moment + _retry_after(moment - (kept.state_since or moment))
        kept.save()


def next_discovery(moment: datetime) -> datetime:
    """When a server that answers is asked again, with a tenth of chance so that many are not asked at once."""
    minutes = settings.ENV.rediscovery_minutes
    return moment + timedelta(minutes=minutes * random.uniform(0.9, 1.1))  # noqa: S311


def enqueue_due(*, limit: int = 500) -> int:
    """Have the servers asked whose time has come. Paused ones and those of suspended workspaces are left alone."""
    moment = now()
    with transaction.atomic():
        rows = Server.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            next_discovery_at__lte=moment, paused_at=None, workspace__suspended_at=None
        )
        due = list(rows.order_by("next_discovery_at")[:limit])
        for server in due:
            # Should the job be lost for good, the row itself comes back.
            server.next_discovery_at = next_discovery(moment)
            enqueue_job(task=DISCOVER, subject=server.id, workspace_id=server.workspace_id, queue="discovery")
        Server.objects.bulk_update(due, ["next_discovery_at"], batch_size=_BATCH)
    return len(due)


def _locked(server: Server, fingerprint: str) -> Server | None:
    with connection.cursor() as cursor:
        # Two findings of one server are stored one after the other, whoever brings them.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"discovery:{server.pk}"])
    # Not the key: whoever puts it on a hub holds the workspace and refers to this row, while we are to hold both.
    kept = Server.objects.select_for_update(of=("self",), no_key=True).filter(pk=server.pk).first()
    if kept is None or (kept.paused_at is not None and kept.transport != Server.Transport.INTERNAL):
        return None
    return kept if not fingerprint or fingerprint == fingerprint_of(kept) else None


def _write_server(server: Server, found: Discovered, notes: Sequence[str]) -> bool:
    """The server's own values. True when the gateway's snapshot would differ."""
    moment = now()
    before = (server.eras, server.capabilities, server.instructions)
    server.eras, server.versions = list(found.eras), list(found.versions)
    server.server_name = _text(found.server_name, 200)
    server.server_version = _text(found.server_version, 100)
    server.instructions = _text(found.instructions, 100_000)
    server.capabilities = _capabilities(found.capabilities)
    if server.state != Server.State.RUNNING and server.paused_at is None:
        server.state, server.state_since = Server.State.RUNNING, moment
    server.problem_kind = PARTIAL if notes else ""
    server.problem = _text(" ".join(notes), _SENTENCE)
    server.problem_detail = ""
    server.discovered_at = moment
    internal = server.transport == Server.Transport.INTERNAL  # is told, and never asked
    server.next_discovery_at = None if internal else next_discovery(moment)
    return before != (server.eras, server.capabilities, server.instructions)


def _store_features(server: Server, items: Sequence[Item]) -> Difference:
    _store_definitions(items)
    difference = Difference()
    stored = {(feature.kind, feature.name): feature for feature in Feature.objects.filter(server=server)}
    fresh, touched = [], []
    for item in items:
        feature = stored.pop((item.kind, item.name), None)
        if feature is None:
            fresh.append(_new_feature(server, item))
        elif _update(feature, item, difference):
            touched.append(feature)
    moment = now()
    for feature in stored.values():
        if feature.gone_at is None:
            feature.gone_at = moment
            touched.append(feature)
            difference.gone.append(f"{feature.kind} {feature.name}")
    Feature.objects.bulk_create(fresh, batch_size=_BATCH)
    fields = ["definition", "title", "read_only", "position", "fault", "gone_at"]
    Feature.objects.bulk_update(touched, fields, batch_size=_BATCH)
    difference.added += [f"{feature.kind} {feature.name}" for feature in fresh]
    difference.newcomers |= {feature.id for feature in fresh}
    difference.touched = bool(fresh or touched)
    return difference


def _store_definitions(items: Sequence[Item]) -> None:
    bodies = {item.digest: item for item in items}
    use_again(bodies)
    known = set(Definition.objects.filter(pk__in=bodies).values_list("pk", flat=True))
    missing = (Definition(id=digest, body=item.body, size=item.size) for digest, item in bodies.items())
    rows = [row for row in missing if row.pk not in known]
    Definition.objects.bulk_create(rows, batch_size=100, ignore_conflicts=True)


def _new_feature(server: Server, item: Item) -> Feature:
    return Feature(
        server=server,
        kind=item.kind,
        name=item.name,
        definition_id=item.digest,
        title=item.title,
        read_only=item.read_only,
        position=item.position,
        fault=item.fault,
    )


def _update(feature: Feature, item: Item, difference: Difference) -> bool:
    """Take over what the server says; `enabled`, `alias` and `description` are not its to say."""
    name = f"{feature.kind} {feature.name}"
    before = _said(feature)
    if feature.gone_at is not None:
        difference.added.append(name)
        difference.newcomers.add(feature.id)
    elif feature.definition_id != item.digest:
        difference.changed.append(name)
    feature.definition_id, feature.title, feature.read_only = item.digest, item.title, item.read_only
    feature.position, feature.fault, feature.gone_at = item.position, item.fault, None
    return before != _said(feature)


def _said(feature: Feature) -> tuple[object, ...]:
    told = (feature.definition_id, feature.title, feature.read_only, feature.position)
    return (*told, feature.fault, feature.gone_at)


def _hubs(server: Server) -> list[Hub]:
    return list(Hub.objects.filter(hub_servers__server=server).select_related("workspace"))


def _retry_after(broken_for: timedelta) -> timedelta:
    """Soon at first, then ever more seldom, but never more seldom than a server that answers."""
    longest = timedelta(minutes=settings.ENV.rediscovery_minutes)
    return min(max(_FIRST_RETRY, broken_for / 2), longest) * random.uniform(0.9, 1.1)  # noqa: S311


def _capabilities(said: Mapping[str, Any]) -> dict[str, Any]:
    """As they can be kept; of those nested without end, their names."""
    return {plain(name): {} if too_deep(value) else plain(value) for name, value in said.items()}


def _text(value: str, longest: int) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def _record(server: Server, type: str, **data: object) -> None:
    record_event(
        type=type,
        actor=None,
        workspace_id=server.workspace_id,
        target_kind="server",
        target=server.id,
        data={"name": server.title} | data,
    )
