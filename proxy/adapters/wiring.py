"""The engine with its adapters: everything of one process, made in one place."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from urllib.parse import urlsplit

from core.crypto import Keyring
from core.net.policy import NetPolicy
from proxy.adapters.changes import ChangeFeed
from proxy.adapters.database import Database
from proxy.adapters.hubs import PostgresHubs
from proxy.adapters.journal import FileJournal
from proxy.adapters.keys import PostgresKeys
from proxy.adapters.policy import DecisionPolicy
from proxy.adapters.records import PayloadSealer, RecordWriter
from proxy.adapters.settings import GatewaySettings
from proxy.adapters.store import RedisStore
from proxy.engine.app import Gateway
from proxy.engine.config import GatewayConfig
from proxy.engine.upstreams import HttpUpstreams, RoutedUpstreams
from proxy.owner.client import OwnerUpstreams

log = logging.getLogger(__name__)
FLUSH_S = 5.0


class Engine:
    """The gateway and what it stands on. Belongs to one event loop; `start` and `stop` bracket its life."""

    def __init__(self, settings: GatewaySettings) -> None:
        keyring = Keyring.from_env(settings.master_key)
        self.database = Database(settings.database_url)
        self.feed = ChangeFeed(settings.database_url, cut_off_s=settings.cut_off_s)
        self.store = RedisStore(settings.redis_url, prefix=settings.redis_prefix)
        self.keys = PostgresKeys(self.database, keyring, self.feed)
        self.hubs = PostgresHubs(self.database, keyring, self.feed, stdio_policy=settings.stdio_policy)
        self.journal = FileJournal(
            settings.data_dir / "journal",
            RecordWriter(self.database, self.store).insert,
            PayloadSealer(self.hubs.data_keys),
        )
        self.owner = OwnerUpstreams(settings.owner_socket, settings.owner_token, name=settings.process)
        self.upstreams = RoutedUpstreams(
            http=HttpUpstreams(NetPolicy(settings.allow_networks), store=self.store), owner=self.owner
        )
        self.gateway = Gateway(
            gateway_config(settings),
            keys=self.keys,
            hubs=self.hubs,
            policy=DecisionPolicy(),
            journal=self.journal,
            store=self.store,
            upstreams=self.upstreams,
            internal={name: make(settings) for name, make in settings.internal.items()},
        )
        self.feed.compare_with(lambda: self.hubs.versions([*self.keys.workspaces(), *self.hubs.workspaces()]))
        self._flusher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start what can start. Stores that are away are waited for a few seconds, and tried again ever after."""
        await self.database.open()
        await asyncio.gather(self.feed.start(), self.store.start(), self.journal.start())
        await self.gateway.start()
        self._flusher = asyncio.create_task(self._flush_often(), name="flusher")

    async def stop(self) -> None:
        """End streams and sessions, then write what is still to be written."""
        if self._flusher is not None:
            self._flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._flusher
        await self.gateway.stop()
        await self.journal.stop()
        await self._flush()
        await self.feed.stop()
        await self.store.stop()
        await self.database.close()

    async def _flush_often(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self._flush()

    async def _flush(self) -> None:
        try:
            await self.keys.flush()
            await self.hubs.flush()
        except Exception:
            log.exception("last uses could not be written; they are tried again")


def gateway_config(settings: GatewaySettings) -> GatewayConfig:
    """Who may be asked for: the public address and the hosts that the operator named."""
    public = urlsplit(settings.public_url)
    return GatewayConfig(
        allowed_hosts=settings.allowed_hosts,
        allowed_origins=(f"{public.scheme}://{public.netloc}",),
        max_body_bytes=settings.max_body_bytes,
        open_listener=settings.open_listener,
    )


def build_engine(settings: GatewaySettings) -> Engine:
    """An engine that is not started yet. Call it inside the event loop that it is to live on."""
    return Engine(settings)
