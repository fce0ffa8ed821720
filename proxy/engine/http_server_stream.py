"""The stream on which a server says what belongs to no request (GET, in the handshake era)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from core.net import Response
from proxy.engine import messages, problems, sse
from proxy.engine.http_reading import ask
from proxy.engine.ports import Peer, Store, UpstreamProblem

if TYPE_CHECKING:
    from proxy.engine.http_handshake import HandshakeSession

_CALM_S = 30.0
_SILENCE_S = 3600.0
_SETTLE_S = 1.0
"""How long the first request of a session waits for the stream on which the server may ask back."""
_LONGEST_WAIT_S = 60.0
_LEASE_S = 15


class ServerStream:
    """Open while somebody listens. Of several processes that use one session, the holder of a lease keeps it open."""

    def __init__(self, session: HandshakeSession) -> None:
        self.opening: asyncio.Event | None = None
        """Set once it is clear whether there is a stream; None when nobody has to wait for that."""
        self._session = session
        self._peers: list[Peer] = []
        self._task: asyncio.Task[None] | None = None
        self._has_none = False
        self._store: Store | None = None
        self._lease = ""

    def share(self, store: Store, lease: str) -> None:
        """Other processes use the session too."""
        self._store, self._lease = store, lease

    @property
    def wanted(self) -> bool:
        return bool(self._peers)

    def attach(self, peer: Peer) -> None:
        if peer not in self._peers:
            self._peers.append(peer)
        self.open()

    def detach(self, peer: Peer) -> None:
        if peer in self._peers:
            self._peers.remove(peer)
        if not self._peers:
            self.close()

    def open(self) -> None:
        if self._peers and not self._has_none and (self._task is None or self._task.done()):
            self.opening = asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        self._settled()

    async def settle(self) -> None:
        """Many servers ask back on their own stream, and what they say before it is open is lost."""
        opening = self.opening
        if opening is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SETTLE_S):
                    await opening.wait()
            self._settled()

    def _settled(self) -> None:
        if self.opening is not None:
            self.opening.set()
            self.opening = None

    # -- inside

    async def _run(self) -> None:
        store = self._store
        if store is None:
            await self._follow()
            return
        while self._peers:
            if await store.add(self._lease, b"1", ttl_s=_LEASE_S * 2):
                renewal = asyncio.get_running_loop().create_task(self._hold(store))
                try:
                    await self._follow()
                finally:
                    renewal.cancel()
                    await store.delete(self._lease)
                return
            self._settled()  # another process hears the server
            await asyncio.sleep(_LEASE_S)

    async def _hold(self, store: Store) -> None:
        while True:
            await asyncio.sleep(_LEASE_S)
            await store.set(self._lease, b"1", ttl_s=_LEASE_S * 2)

    async def _follow(self) -> None:
        """Keep the stream open while somebody listens; servers without one say so once."""
        last_event_id, wait_s, failures = "", 1.0, 0
        while self._peers:
            try:
                response = await self._session.get(last_event_id, _CALM_S)
                self._settled()
                if response is None:
                    self._has_none = True
                    return
                failures = 0
                last_event_id, wait_s = await self._hear(response, last_event_id)
            except UpstreamProblem:
                failures += 1
                self._settled()
            await asyncio.sleep(min(wait_s * 2**failures, _LONGEST_WAIT_S))

    async def _hear(self, response: Response, last_event_id: str) -> tuple[str, float]:
        """Read one stream to its end. The id to go on after, and how long the server wants us to wait."""
        parser, wait_s = sse.Parser(self._session.max_bytes), 1.0
        try:
            while chunk := await response.read(_SILENCE_S):
                for event in parser.feed(chunk):
                    last_event_id = event.id or last_event_id
                    wait_s = event.retry_ms / 1000 if event.retry_ms >= 0 else wait_s
                    if event.data:
                        await self._told(messages.decode_message(event.data))
        except (*problems.TROUBLE, *messages.BROKEN, sse.TooLarge):
            pass
        finally:
            response.close()
        return last_event_id, min(wait_s, _CALM_S)

    async def _told(self, message: messages.Message) -> None:
        if message.method and message.id:
            self._session.background(ask, self._session, self._peers[0] if len(self._peers) == 1 else None, message)
        elif message.method:
            for peer in list(self._peers):
                await peer.notification(message.method, bytes(message.params) or b"{}")
