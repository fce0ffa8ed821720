"""The parts of a gateway, put together from a config and ports alone, and their life."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Coroutine, Mapping

from core.decision import Principal
from proxy.engine.calls import Calls
from proxy.engine.config import GatewayConfig
from proxy.engine.hub import Hub
from proxy.engine.links import Links
from proxy.engine.outbox import Outbox
from proxy.engine.ports import Hubs, HubSnapshot, InternalUpstream, Journal, Keys, Policy, Store, Upstreams
from proxy.engine.sessions import Sessions
from proxy.engine.signals import Asks, Signals
from proxy.engine.streams import Guard
from proxy.engine.watches import Watches

log = logging.getLogger(__name__)

_MAX_HUBS = 2000
_RETRY_S = 1.0


class Parts:
    """Everything of a gateway but its doors. `start` and `stop` bracket its life."""

    def __init__(
        self,
        config: GatewayConfig,
        *,
        keys: Keys,
        hubs: Hubs,
        policy: Policy,
        journal: Journal,
        store: Store,
        upstreams: Upstreams,
        internal: Mapping[str, InternalUpstream] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.config = config
        self.keys = keys
        self.hubs = hubs
        self.policy = policy
        self.journal = journal
        self.store = store
        self.upstreams = upstreams
        self.internal = dict(internal or {})
        """Servers that this installation is itself, by name."""
        self.clock = clock
        self.guards: dict[str, set[Guard]] = {}
        """What lasts, by workspace: streams and long calls."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False
        self._known_hubs: dict[tuple[str, str, str], Hub] = {}
        self._tokens = itertools.count(1)
        self.signals = Signals(store)
        self.asks = Asks(self.signals)
        self.outbox = Outbox(store)
        self.sessions = Sessions(store, self.signals, self.asks, ttl_s=config.session_ttl_s)
        self.watches = Watches(self)
        self.links = Links(self)
        self.calls = Calls(self)

    # -- its life

    async def start(self) -> None:
        if not self._started:
            self._started = True
            self.background(self.signals.hear())
            self.background(self._follow_changes())
            self.background(self.links.sweep())

    async def stop(self) -> None:
        """End open streams with their last word, then everything else."""
        for guard in [guard for held in self.guards.values() for guard in held]:
            guard.stop("stopping")
        self.watches.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(self.upstreams.close(), *(one.close() for one in self.internal.values()))

    def background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("a task of the gateway failed", exc_info=failure)

    async def _follow_changes(self) -> None:
        """Keys, rules and hubs change: whatever lasts looks again."""
        while True:
            try:
                async for workspace_id in self.hubs.changes():
                    held = self.guards.values() if not workspace_id else [self.guards.get(workspace_id, set())]
                    await asyncio.gather(
                        *(guard.changed() for guards in held for guard in list(guards)), return_exceptions=True
                    )
            except asyncio.CancelledError:
                raise
            except Exception:
                log.warning("changes are not heard of at the moment", exc_info=True)
            await asyncio.sleep(_RETRY_S)

    # -- what its parts share

    def hub(self, snapshot: HubSnapshot) -> Hub:
        """A snapshot made ready, once for each."""
        key = (snapshot.workspace_id, snapshot.hub_id, snapshot.slug)
        hub = self._known_hubs.get(key)
        if hub is None or hub.snapshot is not snapshot:
            if len(self._known_hubs) >= _MAX_HUBS:
                del self._known_hubs[next(iter(self._known_hubs))]
            hub = self._known_hubs[key] = Hub(snapshot, self.config)
        return hub

    def progress_token(self) -> bytes:
        """A progress token that no other call has (JSON)."""
        return b'"%b.%d"' % (self.signals.process.encode(), next(self._tokens))

    async def principal(self, token: str, snapshot: HubSnapshot) -> Principal:
        """Who a key is; on the open listener, whoever calls. Raises KeyProblem."""
        if not self.config.open_listener:
            return await self.keys.principal(token)
        who = f"anon:{snapshot.hub_id}"
        return Principal(
            kind="anonymous", id=who, label="open", workspace_id=snapshot.workspace_id, hub_id=snapshot.hub_id
        )
