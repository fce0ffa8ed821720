"""A session with a server that belongs to one client (or person) and is used by several processes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping

import msgspec

from proxy.engine.http_handshake import HandshakeSession, Kept
from proxy.engine.ports import Peer, Reply, Store

Key = tuple[str, str, str, str, bytes, str]
"""Server, fingerprint, era, version, capabilities, scope."""

_KEEP_S = 3600


def stored_name(key: Key) -> str:
    """Under which name the store keeps the upstream session of a scope."""
    digest = hashlib.sha256(b"\0".join([*(part.encode() for part in key[:4]), key[4]])).hexdigest()[:32]
    return f"up:{key[5]}:{digest}"


class ScopedSession(HandshakeSession):
    """A session that belongs to a scope and is used by several processes, one of which holds its stream.

    Its id stands in the store; a process that finds the session lost looks there first.
    """

    _store: Store
    _name: str
    _stored_at = 0.0

    def use(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self.stream.share(store, name + ":stream")

    async def request(
        self,
        method: str,
        params: bytes,
        *,
        peer: Peer | None = None,
        timeout_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        if time.monotonic() - self._stored_at > _KEEP_S / 4:
            self._stored_at = time.monotonic()
            self.background(self.renewed)
        return await super().request(method, params, peer=peer, timeout_ms=timeout_ms, headers=headers)

    async def renewed(self) -> None:
        self._stored_at = time.monotonic()
        await self._store.set(self._name, msgspec.json.encode(self.kept()), ttl_s=_KEEP_S)

    async def _open_again(self) -> None:
        found = await self._store.get(self._name)
        kept = msgspec.json.decode(found, type=Kept) if found is not None else None
        if kept is None or kept.session_id == self.session_id:
            await super()._open_again()
            return
        self._heads = {}
        self.adopt(kept)
        self.generation += 1
        self._renewing = None
