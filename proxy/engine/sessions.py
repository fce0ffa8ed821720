"""Client sessions of the handshake era. They live in the store, so that any process serves any of them."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable

import msgspec

from core.decision import Principal
from proxy.engine import errors, messages
from proxy.engine.errors import RpcError
from proxy.engine.hub import TASKS
from proxy.engine.ports import HubSnapshot, Store
from proxy.engine.signals import Asks, Signal, Signals

log = logging.getLogger(__name__)

ASKS = {"sampling/createMessage": "sampling", "elicitation/create": "elicitation", "roots/list": "roots"}
"""What a server may ask of a client, and the capability that the client must have declared."""
_ASKING = frozenset(ASKS.values())
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")
_FRESH_S = 10.0
_LOCK_S = 5
_MAX_CACHED = 10_000


class ClientSession(msgspec.Struct, kw_only=True):
    """What the gateway keeps of a client between two requests."""

    id: str
    principal_id: str
    hub_id: str
    version: str
    capabilities: dict[str, msgspec.Raw] = {}
    forwarded: msgspec.Raw = msgspec.Raw(b"{}")
    """The capabilities as a server of its own sees them, `plain` those that a shared session may show."""
    plain: msgspec.Raw = msgspec.Raw(b"{}")
    client_name: str = ""
    client_version: str = ""
    client_info: msgspec.Raw = msgspec.Raw(b"{}")
    log_level: str = ""
    private: bool = False
    """Does it need upstream sessions of its own, because something was set in them?"""
    servers: set[str] = set()
    """Servers with which it has upstream sessions of its own."""
    subscriptions: dict[str, set[str]] = {}
    """Server id -> URIs that the client subscribed to."""

    @property
    def asks(self) -> bool:
        """May servers ask this client back?"""
        return not _ASKING.isdisjoint(self.capabilities)


class Sessions:
    """The store's sessions, with a short memory of this process."""

    def __init__(self, store: Store, signals: Signals, asks: Asks, *, ttl_s: int) -> None:
        self._store = store
        self._signals = signals
        self._asks = asks
        self._ttl_s = ttl_s
        self._known: dict[str, tuple[ClientSession, float]] = {}
        self._stored_at: dict[str, float] = {}
        self._decode = msgspec.json.Decoder(ClientSession).decode
        self.ended_here: list[Callable[[str], None]] = []
        """Called with the id of every session that ended, whichever process ended it."""
        signals.on("changed", self._told_changed)
        signals.on("ended", self._told_ended)

    async def create(self, session: ClientSession) -> None:
        """Keep a new session. With the store away it lives in this process alone."""
        self._remember(session)
        try:
            await self._write(session)
        except Exception:
            log.warning("the store is away: a session lives in this process only", exc_info=True)

    async def get(self, session_id: str, principal: Principal, hub: HubSnapshot) -> ClientSession:
        """The session, if it is this principal's and this hub's. Raises RpcError (404) otherwise, saying no more."""
        known = self._known.get(session_id)
        if known is None and not _SHAPE.fullmatch(session_id):
            raise _not_known()
        if known is None or known[1] < time.monotonic():
            session = await self._read(session_id, known[0] if known else None)
        else:
            session = known[0]
        if session is None or session.principal_id != principal.id or session.hub_id != hub.hub_id:
            raise _not_known()
        return session

    async def exists(self, session_id: str) -> bool:
        return await self._store.get(_key(session_id)) is not None

    async def change(self, session_id: str, change: Callable[[ClientSession], None]) -> ClientSession | None:
        """Change a session under a lock, and have other processes read it anew."""
        lock = f"{_key(session_id)}:lock"
        for _ in range(_LOCK_S * 100):
            if await self._store.add(lock, b"1", ttl_s=_LOCK_S):
                break
            await asyncio.sleep(0.01)
        try:
            data = await self._store.get(_key(session_id))
            if data is None:
                return None
            session = self._decode(data)
            change(session)
            self._remember(session)
            await self._write(session)
        finally:
            await self._store.delete(lock)
        await self._signals.tell_all(Signal("changed", session_id))
        return session

    async def end(self, session_id: str) -> None:
        await self._store.delete(_key(session_id))
        self.forget(session_id)
        await self._signals.tell_all(Signal("ended", session_id))

    def forget(self, session_id: str) -> None:
        """The session is gone: end what belonged to it in this process."""
        self._known.pop(session_id, None)
        self._stored_at.pop(session_id, None)
        self._asks.session_ended(session_id)
        for told in self.ended_here:
            told(session_id)

    async def touch(self, session_id: str) -> None:
        """It lives on. Written under the lock, so that nothing is lost."""
        await self.change(session_id, lambda _: None)

    # -- inside

    async def _read(self, session_id: str, known: ClientSession | None) -> ClientSession | None:
        try:
            data = await self._store.get(_key(session_id))
        except Exception:
            if known is not None:
                return known
            raise RpcError(errors.STORE_AWAY, "Sessions cannot be read at the moment.", status=503) from None
        if data is None:
            self._known.pop(session_id, None)
            return None
        session = self._decode(data)
        self._remember(session)
        if self._stored_at.get(session_id, 0.0) < time.monotonic() - self._ttl_s / 10:
            await self.touch(session_id)
        return session

    async def _write(self, session: ClientSession) -> None:
        self._stored_at[session.id] = time.monotonic()
        await self._store.set(_key(session.id), messages.encode(session), ttl_s=self._ttl_s)

    def _remember(self, session: ClientSession) -> None:
        while len(self._known) >= _MAX_CACHED:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._stored_at.pop(oldest, None)
        self._known.pop(session.id, None)
        self._known[session.id] = (session, time.monotonic() + _FRESH_S)

    async def _told_changed(self, signal: Signal) -> None:
        known = self._known.get(signal.session)
        if known is not None:
            self._known[signal.session] = (known[0], 0.0)

    async def _told_ended(self, signal: Signal) -> None:
        self.forget(signal.session)


def _not_known() -> RpcError:
    return RpcError(errors.SESSION_NOT_FOUND, "This session is not known. Initialize a new one.", status=404)


def _key(session_id: str) -> str:
    return f"ses:{session_id}"


def new_session_id() -> str:
    """Visible ASCII, and not to be guessed."""
    return secrets.token_urlsafe(24)


def forwarded_capabilities(capabilities: messages.Raws, *, asks: bool) -> bytes:
    """A client's capabilities as a server may see them: with or without those that let it ask back; no tasks yet.

    The bytes are the same for the same capabilities, since sessions are shared by them.
    """
    kept: dict[str, object] = {}
    for name in sorted(capabilities):
        if name in _ASKING:
            if asks:
                kept[name] = capabilities[name]
        elif name == "extensions":
            extensions = messages.decode_raws(capabilities[name])
            extensions.pop(TASKS, None)
            if extensions:
                kept[name] = dict(sorted(extensions.items()))
        elif name == "experimental":
            kept[name] = capabilities[name]
    return messages.encode(kept)
