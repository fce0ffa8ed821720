"""A cache by workspace version: one load for all waiters, and never older than the newest change heard of."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
Loaded = tuple[V, str, int]
"""A value, the workspace it belongs to ("" for none) and the version it was read at."""


class VersionedCache(Generic[V]):
    """At most `size` entries, the least used go first. Values without a workspace are not kept."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._entries: OrderedDict[Hashable, tuple[V, str]] = OrderedDict()
        self._of: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._versions: dict[str, int] = {}
        self._loading: dict[Hashable, asyncio.Future[V]] = {}

    def get(self, key: Hashable) -> V | None:
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def workspaces(self) -> list[str]:
        return [workspace for workspace, keys in self._of.items() if keys]

    async def load(self, key: Hashable, loader: Callable[[], Awaitable[Loaded[V]]]) -> V:
        """The cached value, or the loader's. Waiters share one load; its exception reaches them all."""
        entry = self._entries.get(key)
        if entry is not None:
            return entry[0]
        pending = self._loading.get(key)
        if pending is None:
            pending = asyncio.ensure_future(self._load(key, loader))
            self._loading[key] = pending
            pending.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(pending)

    def _done(self, key: Hashable, done: asyncio.Future[V]) -> None:
        self._loading.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen by the waiters; without any, nobody is to be warned

    async def _load(self, key: Hashable, loader: Callable[[], Awaitable[Loaded[V]]]) -> V:
        for _ in range(3):
            value, workspace, version = await loader()
            if not workspace:
                return value
            if version >= self._versions.get(workspace, 0):
                self._keep(key, value, workspace)
                return value
        # Changes come faster than loads: the value is right as of its reading, but is not kept.
        return value

    def _keep(self, key: Hashable, value: V, workspace: str) -> None:
        self._entries[key] = (value, workspace)
        self._of[workspace].add(key)
        while len(self._entries) > self._size:
            oldest, (_, owner) = self._entries.popitem(last=False)
            self._of[owner].discard(oldest)

    def changed(self, workspace: str, version: int) -> None:
        """Forget what belongs to a workspace whose version rose."""
        if version <= self._versions.get(workspace, 0):
            return
        self._versions[workspace] = version
        for key in self._of.pop(workspace, ()):
            self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()
        self._of.clear()
