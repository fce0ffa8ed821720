"""Is a server that left a request unanswered still there? Whoever says nothing at all is ended, and started anew.

A server that is only slow must not be taken for one that hangs: it may work on one thing after the other and see a
ping late. So a server hangs when it says nothing, to anybody, for as long as a call to it may take, with a ping
waiting in the last of that time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from proxy.engine.ports import UpstreamProblem
from proxy.owner.channel import Channel
from proxy.owner.opening import ask_for_a_sign

PATIENCE_S = 5.0
"""How long a ping may take at least."""


class Pulse:
    """Looks after one channel; `on_hung` is called once, when nothing comes from its server any more."""

    def __init__(self, channel: Channel, on_hung: Callable[[], None]) -> None:
        self._channel = channel
        self._on_hung = on_hung
        self._probe: asyncio.Task[None] | None = None

    def doubt(self, sent_at: float) -> None:
        """A request, sent at this monotonic time, was given up."""
        channel = self._channel
        if (self._probe is None or self._probe.done()) and channel.version and channel.over is None:
            self._probe = asyncio.get_running_loop().create_task(self._ping(sent_at))
            self._probe.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()

    async def _ping(self, sent_at: float) -> None:
        channel = self._channel
        began = time.monotonic()
        silent_since = max(sent_at, channel.heard_at)
        until = max(began + PATIENCE_S, silent_since + channel.spec.timeout_ms / 1000)
        try:
            async with asyncio.timeout(until - began):
                await self._sign()
        except TimeoutError:
            if channel.over is None and channel.heard_at <= began and not channel.asking:
                self._on_hung()

    async def _sign(self) -> None:
        """Wait for an answer, a refusal or the end. A ping that could not even be sent tells nothing."""
        try:
            await ask_for_a_sign(self._channel)
        except UpstreamProblem as problem:
            if problem.kind == "timeout":
                await asyncio.Event().wait()
