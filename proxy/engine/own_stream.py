"""GET in a handshake session: the session's own stream, or one of a POST that broke off, resumed by Last-Event-ID."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time

from proxy.engine import messages, sse
from proxy.engine.http_rules import HeaderList, Receive, Send
from proxy.engine.outbox import OWN, channel, split_event_id
from proxy.engine.ports import HubSnapshot
from proxy.engine.resource_watch import ResourceWatches
from proxy.engine.sessions import ClientSession
from proxy.engine.streams import OpenStream

log = logging.getLogger(__name__)

_POLL_S = 0.3
_MAX_POLL_S = 2.0
_MORE = b"+"
SUBSCRIBED = b"~"
_TAKEN = b"!"


class OwnStream(OpenStream):
    """What the hub and its servers say to one client outside of any request."""

    client: ClientSession
    touched = 0.0

    def pinged(self) -> None:
        """A session whose stream is open is in use."""
        if time.monotonic() - self.touched > self.gateway.config.session_ttl_s / 4:
            self.touched = time.monotonic()
            self.gateway.background(self.gateway.sessions.touch(self.client.id))

    def updated(self, uri: str) -> None:
        params = b'{"uri":%b}' % messages.encode(uri)
        self.push(sse.encode(messages.notification("notifications/resources/updated", params)))

    async def wanted(self) -> dict[str, frozenset[str]]:
        """Subscriptions with servers that only know the stateless era: they last as long as this stream."""
        self.client = await self.gateway.sessions.get(self.client.id, self.principal, self.hub.snapshot)
        servers = self.hub.servers
        return {
            server_id: frozenset(uris)
            for server_id, uris in self.client.subscriptions.items()
            if server_id in servers and servers[server_id].eras == ("stateless",)
        }

    def offers(self, before: HubSnapshot, now: HubSnapshot) -> None:
        for name in changed_lists(before, now):
            self.push(sse.encode(messages.notification(f"notifications/{name}/list_changed", b"{}")))


def changed_lists(before: HubSnapshot, now: HubSnapshot) -> list[str]:
    """Which lists of a hub are not what they were."""
    found = []
    if before.tools != now.tools or before.read_only != now.read_only:
        found.append("tools")
    if before.prompts != now.prompts:
        found.append("prompts")
    if before.resources != now.resources or before.templates != now.templates:
        found.append("resources")
    return found


async def serve_own(
    stream: OwnStream, client: ClientSession, last_event_id: str, receive: Receive, send: Send, headers: HeaderList
) -> None:
    """Serve a GET to its end."""
    stream.client = client
    stream.touched = time.monotonic()
    which, position = split_event_id(last_event_id)
    work = _replay(stream, which, position) if which not in ("", OWN) else _follow(stream, position)
    task = asyncio.get_running_loop().create_task(work)
    try:
        with stream:
            await stream.run(receive, send, headers)
    finally:
        task.cancel()
        stream.gateway.watches.remove(stream)
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _replay(stream: OwnStream, which: str, position: str) -> None:
    """The rest of a POST's stream, up to its answer."""
    outbox, wait_s = stream.gateway.outbox, _POLL_S
    while True:
        events, ended = await outbox.read(stream.client.id, which, position)
        for event_id, message in events:
            stream.push(sse.encode(message, event_id=event_id))
            position = event_id.partition(":")[2]
        if ended:
            stream.stop("answered")
            return
        wait_s = _POLL_S if events else min(wait_s * 1.5, _MAX_POLL_S)
        await asyncio.sleep(wait_s)


async def _follow(stream: OwnStream, position: str) -> None:
    """The session's own stream: what was not read yet, then what comes."""
    gateway, client = stream.gateway, stream.client
    if not (client.asks or client.private):
        for server in stream.hub.servers.values():
            gateway.watches.add(server, "handshake", stream)
    watches = ResourceWatches(gateway, stream.principal, stream.updated)
    taken = _TAKEN + secrets.token_bytes(6)
    try:
        position = position or await gateway.outbox.cursor(client.id)
        async for word in gateway.store.subscribe(channel(client.id)):
            if word == b"":
                await gateway.store.publish(channel(client.id), taken)
            if word[:1] == _TAKEN and word != taken:
                stream.stop("taken over by another stream of this session")
                return
            if word in (b"", _MORE):
                position = await _deliver(stream, position)
            if word in (b"", SUBSCRIBED):
                wanted = await stream.wanted()
                await watches.follow(stream.hub.servers, wanted)
    except asyncio.CancelledError:
        raise
    except Exception:
        log.warning("a client's stream ended: the store is away", exc_info=True)
        stream.stop("store away")
    finally:
        watches.close()


async def _deliver(stream: OwnStream, position: str) -> str:
    outbox = stream.gateway.outbox
    events, _ = await outbox.read(stream.client.id, OWN, position)
    for event_id, message in events:
        stream.push(sse.encode(message, event_id=event_id))
        position = event_id.partition(":")[2]
    if events:
        await outbox.read_up_to(stream.client.id, events[-1][0])
    return position
