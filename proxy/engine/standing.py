"""Knowing when a subscription stands at the server, so that nobody is promised news that may still be missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from proxy.engine.ports import Peer, Reply

STAND_S = 0.5
"""How long a client's acknowledgement waits for servers that take their time."""


class OpeningPeer(Peer):
    """Passes everything on. The first word of a listen stream is the server's acknowledgement: now it stands."""

    def __init__(self, peer: Peer, stands: asyncio.Event) -> None:
        self._peer = peer
        self._stands = stands

    async def notification(self, method: str, params: bytes) -> None:
        self._stands.set()
        await self._peer.notification(method, params)

    async def request(self, method: str, params: bytes) -> Reply:
        return await self._peer.request(method, params)


async def all_stand(events: Iterable[asyncio.Event]) -> None:
    """Wait until everything stands, or turned out not to, or took too long."""
    waits = [asyncio.ensure_future(event.wait()) for event in events if not event.is_set()]
    if waits:
        await asyncio.wait(waits, timeout=STAND_S)
        for wait in waits:
            wait.cancel()
