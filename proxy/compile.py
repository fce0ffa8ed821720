"""From rows to a hub's snapshot: what is offered, under which names. Pure, and free of Django.

The gateway's adapters feed it from psycopg, pages and API from the ORM, so both always agree. A feature that is not
offered says why: `Offer.state` is `offered` or the first of these that holds:

    gone        discovery no longer finds it
    disabled    its owner switched it off for the whole workspace
    invalid     the protocol has clients leave it out (`FeatureRow.fault`)
    not_chosen  this hub does not offer it
    writes      the hub offers only tools that read, and this one does not say that it does
    clash       another feature has its name (`clash_with`)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from proxy.engine.naming import offered_name
from proxy.engine.ports import Era, HubServer, HubSnapshot, Kind, ToolRoute, Transport
from proxy.headers import input_headers

Naming = Literal["prefixed", "bare"]
Scope = Literal["client", "person", "workspace"]
State = Literal["offered", "gone", "disabled", "invalid", "not_chosen", "writes", "clash"]

KINDS: tuple[Kind, ...] = ("tool", "resource", "template", "prompt")
_NAMED_BY: Mapping[Kind, str] = {"tool": "name", "prompt": "name", "resource": "uri", "template": "uriTemplate"}
_RENAMED = frozenset({"tool", "prompt"})
"""Kinds that a hub may give another name. Resources keep their URIs, so that `ui://…` links still lead there."""


class HubRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hub. `id` is empty for the implicit hub of one server."""

    id: str
    workspace_id: str
    workspace_slug: str
    slug: str
    title: str
    instructions: str = ""
    naming: Naming = "prefixed"
    read_only: bool = False
    record_payloads: bool = False
    open: bool = False
    paused: bool = False
    """A paused hub is compiled with all of its servers paused, so that a call is told so."""


class ServerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A server on the hub, with how the hub uses it (`position`, `offers_all`)."""

    id: str
    slug: str
    title: str
    transport: Transport
    eras: tuple[Era, ...] = ()
    capabilities: bytes | Mapping[str, Any] = b"{}"
    instructions: str = ""
    fingerprint: str = ""
    paused: bool = False
    barred: str = ""
    """Why it may not run, though nobody paused it (`proxy.stdio_policy`)."""
    session_scope: Scope = "workspace"
    timeout_ms: int = 60_000
    position: int = 0
    offers_all: bool = True


class FeatureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tool, resource, template or prompt. `definition`: the server's own JSON object, as text or decoded."""

    id: str
    server_id: str
    kind: Kind
    name: str
    definition: bytes | str | Mapping[str, Any] = b"{}"
    title: str = ""
    description: str = ""
    alias: str = ""
    enabled: bool = True
    read_only: bool = False
    gone: bool = False
    fault: str = ""
    position: int = 0


class ChoiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """What this hub decided about one feature."""

    feature_id: str
    offered: bool = True
    clash_with: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One feature as the hub sees it: the name clients would use, and whether they get it."""

    server: ServerRow
    feature: FeatureRow
    name: str
    state: State
    clash_with: str = ""
    """Id of the feature that has the name, when `state` is `clash`."""

    @property
    def offered(self) -> bool:
        return self.state == "offered"


def name_on_hub(hub: HubRow, server: ServerRow, feature: FeatureRow) -> str:
    """The name that clients of the hub use: the alias or its own, prefixed unless the hub says bare."""
    if feature.kind not in _RENAMED:
        return feature.name
    # What the workspace itself offers is named by the workspace: no other server's prefix could tell it better.
    prefixed = hub.naming == "prefixed" and server.transport != "internal"
    return offered_name(server.slug, feature.alias or feature.name, prefixed=prefixed)


def list_offers(
    hub: HubRow, servers: Iterable[ServerRow], features: Iterable[FeatureRow], choices: Iterable[ChoiceRow] = ()
) -> list[Offer]:
    """Every feature of the hub's servers in the hub's order, with its name and whether it is offered.

    A name that two would have goes to the first of them, unless a stored choice says who came later.
    """
    chosen = {choice.feature_id: choice for choice in choices}
    by_server: dict[str, list[FeatureRow]] = {}
    for feature in features:
        by_server.setdefault(feature.server_id, []).append(feature)
    taken: dict[tuple[Kind, str], str] = {}
    return [
        _offer(hub, server, feature, chosen.get(feature.id), taken)
        for server in sorted(servers, key=lambda row: (row.position, row.id))
        for feature in sorted(by_server.get(server.id, ()), key=_order)
    ]


def compile_hub(
    hub: HubRow,
    servers: Sequence[ServerRow],
    features: Iterable[FeatureRow],
    choices: Iterable[ChoiceRow] = (),
    version: int = 0,
) -> HubSnapshot:
    """The immutable snapshot that the gateway serves.

    Features of a paused or barred server stay in it, marked as not to be listed, and so do tools that write on a hub
    that only reads, which the gateway's policy leaves out of lists: whoever calls one is told why.
    """
    routes: dict[Kind, dict[str, ToolRoute]] = {kind: {} for kind in KINDS}
    offers = list_offers(hub, servers, features, choices)
    for offer in [*(o for o in offers if o.offered), *(o for o in offers if o.state == "writes")]:
        if offer.name not in routes[offer.feature.kind]:
            routes[offer.feature.kind][offer.name] = _route(
                offer, listed=not (hub.paused or offer.server.paused or offer.server.barred)
            )
    return HubSnapshot(
        hub_id=hub.id,
        workspace_id=hub.workspace_id,
        workspace_slug=hub.workspace_slug,
        slug=hub.slug,
        title=hub.title,
        version=version,
        instructions=hub.instructions,
        read_only=hub.read_only,
        record_payloads=hub.record_payloads,
        open=hub.open,
        servers={row.id: _server(row, hub) for row in sorted(servers, key=lambda row: (row.position, row.id))},
        tools=routes["tool"],
        resources=routes["resource"],
        templates=routes["template"],
        prompts=routes["prompt"],
    )


def implicit_hub(server: ServerRow, *, workspace_id: str, workspace_slug: str) -> HubRow:
    """The hub of one server under bare names, as the inspector uses it."""
    return HubRow(
        id="",
        workspace_id=workspace_id,
        workspace_slug=workspace_slug,
        slug=server.slug,
        title=server.title,
        naming="bare",
    )


def _order(feature: FeatureRow) -> tuple[int, bool, int, str]:
    return KINDS.index(feature.kind), feature.gone, feature.position, feature.id


def _offer(
    hub: HubRow,
    server: ServerRow,
    feature: FeatureRow,
    choice: ChoiceRow | None,
    taken: dict[tuple[Kind, str], str],
) -> Offer:
    name = name_on_hub(hub, server, feature)
    state = _state(hub, server, feature, choice)
    clash_with = ""
    if state == "offered":
        flagged = choice.clash_with if choice else ""
        holder = flagged or taken.setdefault((feature.kind, name), feature.id)
        if holder != feature.id:
            state, clash_with = "clash", holder
    return Offer(server=server, feature=feature, name=name, state=state, clash_with=clash_with)


def _state(hub: HubRow, server: ServerRow, feature: FeatureRow, choice: ChoiceRow | None) -> State:
    if feature.gone:
        return "gone"
    if not feature.enabled:
        return "disabled"
    if feature.fault:
        return "invalid"
    if not (choice.offered if choice else server.offers_all):
        return "not_chosen"
    if hub.read_only and feature.kind == "tool" and not feature.read_only:
        return "writes"
    return "offered"


def _route(offer: Offer, *, listed: bool) -> ToolRoute:
    feature = offer.feature
    body = _decoded(feature.definition)
    body[_NAMED_BY[feature.kind]] = offer.name
    if feature.description:
        body["description"] = feature.description
    return ToolRoute(
        kind=feature.kind,
        name=offer.name,
        real=feature.name,
        server_id=offer.server.id,
        definition=_encoded(body),
        read_only=feature.read_only,
        listed=listed,
        input_headers=input_headers(body.get("inputSchema")) if feature.kind == "tool" else {},
    )


def _decoded(definition: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(definition, Mapping):
        return dict(definition)
    body = msgspec.json.decode(definition)
    return body if isinstance(body, dict) else {}


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except OverflowError:
        # An integer of more than 64 bits: only the slower writer takes it.
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _server(row: ServerRow, hub: HubRow) -> HubServer:
    capabilities = row.capabilities if isinstance(row.capabilities, bytes) else msgspec.json.encode(row.capabilities)
    return HubServer(
        server_id=row.id,
        slug=row.slug,
        title=row.title,
        transport=row.transport,
        eras=row.eras,
        capabilities=capabilities,
        instructions=row.instructions,
        fingerprint=row.fingerprint,
        enabled=not (row.paused or row.barred or hub.paused),
        barred=row.barred,
        session_scope=row.session_scope,
        timeout_ms=row.timeout_ms,
    )
