"""subscriptions/listen (2026-07-28): one long answer that tells of changes, its acknowledgement first."""

from __future__ import annotations

import asyncio

import msgspec

from proxy.engine import messages, routing, sse
from proxy.engine.errors import RpcError
from proxy.engine.http_rules import HeaderList, Receive, Send
from proxy.engine.own_stream import changed_lists
from proxy.engine.ports import HubSnapshot
from proxy.engine.resource_watch import ResourceWatches
from proxy.engine.standing import all_stand
from proxy.engine.streams import OpenStream

_MAX_URIS = 1000


class Filter(msgspec.Struct, omit_defaults=True):
    """What a client wants to hear of, and what it is granted."""

    toolsListChanged: bool | None = None
    promptsListChanged: bool | None = None
    resourcesListChanged: bool | None = None
    resourceSubscriptions: list[str] | None = None


class Wanted(msgspec.Struct):
    notifications: Filter


class ListenStream(OpenStream):
    """Tells what the filter lets through; every event carries the id of the request that began it."""

    message_id: bytes
    wants: Filter

    def updated(self, uri: str) -> None:
        self._event("notifications/resources/updated", b'"uri":%b,' % messages.encode(uri))

    def offers(self, before: HubSnapshot, now: HubSnapshot) -> None:
        for name in changed_lists(before, now):
            if getattr(self.wants, f"{name}ListChanged"):
                self._event(f"notifications/{name}/list_changed", b"")

    def _event(self, method: str, fields: bytes) -> None:
        self.push(sse.encode(messages.notification(method, b"{%b%b}" % (fields, self.meta()))))

    def meta(self) -> bytes:
        return b'"_meta":{"%b":%b}' % (messages.SUBSCRIPTION_ID.encode(), self.message_id)


async def serve_listen(
    stream: ListenStream, message_id: bytes, wanted: Filter, receive: Receive, send: Send, headers: HeaderList
) -> None:
    """Serve a listen request to its end. A client that hung up gets no last word; all others get the result."""
    stream.message_id = message_id
    granted, uris = _granted(stream, wanted)
    stream.wants = granted
    gateway = stream.gateway
    watches = ResourceWatches(gateway, stream.principal, stream.updated)
    acknowledged = messages.notification(
        "notifications/subscriptions/acknowledged",
        b'{"notifications":%b,%b}' % (messages.encode(granted), stream.meta()),
    )
    try:
        with stream:
            standing: list[asyncio.Event | None] = []
            if granted.toolsListChanged or granted.promptsListChanged or granted.resourcesListChanged:
                standing = [gateway.watches.add(one, "stateless", stream) for one in stream.hub.servers.values()]
            await watches.follow(stream.hub.servers, uris)
            await all_stand([*filter(None, standing), *watches.standing.values()])
            await stream.run(receive, send, headers, first=sse.encode(acknowledged))
    finally:
        watches.close()
        gateway.watches.remove(stream)
    last = messages.result(message_id, b'{"resultType":"complete",%b}' % stream.meta())
    await send({"type": "http.response.body", "body": sse.encode(last), "more_body": False})


def _granted(stream: ListenStream, wanted: Filter) -> tuple[Filter, dict[str, frozenset[str]]]:
    """What can be told, and for each server the URIs to hear of. A URI that leads nowhere is left out."""
    found: dict[str, set[str]] = {}
    kept: list[str] = []
    for uri in (wanted.resourceSubscriptions or [])[:_MAX_URIS]:
        try:
            way = routing.resource(stream.hub, uri, "stateless")
        except RpcError:
            continue
        found.setdefault(way.server.server_id, set()).add(way.real)
        kept.append(uri)
    granted = Filter(
        toolsListChanged=wanted.toolsListChanged or None,
        promptsListChanged=wanted.promptsListChanged or None,
        resourcesListChanged=wanted.resourcesListChanged or None,
        resourceSubscriptions=kept or None,
    )
    return granted, {server_id: frozenset(uris) for server_id, uris in found.items()}
