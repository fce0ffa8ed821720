"""All upstream sessions of this node: shared, counted, capped, idled out, and held back when they keep failing."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from core.net import NetPolicy
from proxy.engine.http_client import HttpClient
from proxy.engine.ports import Era, UpstreamProblem, UpstreamSpec
from proxy.owner import jsonrpc, problems
from proxy.owner.backoff import STEADY_AFTER_S, Backoff
from proxy.owner.channel import Channel
from proxy.owner.frames import MAX_MESSAGE
from proxy.owner.opening import greet
from proxy.owner.pulse import Pulse
from proxy.owner.settings import OwnerSettings
from proxy.owner.sse import SseLink
from proxy.owner.stdio import GRACE_S, StdioLink
from proxy.owner.trees import Keeper

logger = logging.getLogger(__name__)

SUPERSEDED_IDLE_S = 15.0
EVICTABLE_AFTER_S = 60.0
SCOPED_EVICTABLE_AFTER_S = 180.0
"""A session that somebody has for himself may remember something, so it keeps its place for longer."""
_SHUTDOWN_GRACE_S = 1.2

Key = tuple[str, str, Era, str, bytes, str]


class Pool:
    """Opens, keeps and ends channels. One child for each (server, fingerprint, era, capabilities, scope)."""

    def __init__(self, settings: OwnerSettings) -> None:
        self.settings = settings
        self.generation = secrets.token_hex(8)
        self.keeper = Keeper()
        self.started = 0
        self.crashed = 0
        self._channels: dict[Key, Channel] = {}
        self._starting: dict[Key, asyncio.Task[Channel]] = {}
        self._ending: dict[Channel, asyncio.Task[None]] = {}
        self._backoff = Backoff()
        self._closed = False
        self._http = HttpClient(NetPolicy(settings.allow_networks), max_bytes=MAX_MESSAGE)

    def channels(self) -> Iterator[tuple[Channel, str]]:
        """Every session and its state: starting, ready or ending."""
        for channel in self._channels.values():
            yield channel, "ready" if channel.version else "starting"
        for channel in self._ending:
            yield channel, "ending"

    async def open(
        self, spec: UpstreamSpec, era: Era, *, version: str = "", scope: str = "", capabilities: bytes = b"{}"
    ) -> Channel:
        """The session for this key, warm or new; one handshake for all who wait. Raises UpstreamProblem."""
        if era == "stateless":
            capabilities = b"{}"  # each request carries its own
        try:
            capabilities = jsonrpc.canonical(capabilities)
        except msgspec.MsgspecError as problem:
            raise UpstreamProblem("protocol", "The client's capabilities are not a JSON object.") from problem
        fingerprint = spec.fingerprint or _fingerprint(spec)
        key = (spec.server_id, fingerprint, era, version, capabilities, scope)
        task = self._starting.get(key)
        if task is None:
            channel = self._channels.get(key)
            if channel is not None and channel.over is None:
                channel.last_used = time.monotonic()
                return channel
            self._admit(spec)
            if spec.fingerprint:
                self._supersede(spec.server_id, fingerprint)
            task = asyncio.get_running_loop().create_task(self._start(key, spec))
            self._starting[key] = task
            task.add_done_callback(lambda done: self._start_done(key, done))
        return await asyncio.shield(task)

    async def end(self, channel: Channel, why: str, grace_s: float = GRACE_S) -> None:
        """End a session and everything below it; returns once nothing is left."""
        self._let_go(channel, problems.ended(why), grace_s)
        task = self._ending.get(channel)
        if task is not None:
            await asyncio.shield(task)

    async def stop(self, server_id: str) -> int:
        """End every session with a server, and forget that it failed. Returns how many there were."""
        self._backoff.forget(server_id)
        channels = [one for one in self._channels.values() if one.spec.server_id == server_id]
        await asyncio.gather(*(self.end(channel, "it was stopped") for channel in channels))
        return len(channels)

    async def end_scope(self, scope: str) -> None:
        """What the scope stood for is gone."""
        channels = [one for one in self._channels.values() if scope and one.scope == scope]
        await asyncio.gather(*(self.end(channel, "its client is gone") for channel in channels))

    def tick(self) -> None:
        """End what has been idle for too long; forget old failures. Called every second or so."""
        now = time.monotonic()
        for channel in list(self._channels.values()):
            limit = min(self.settings.idle_s, SUPERSEDED_IDLE_S) if channel.superseded else self.settings.idle_s
            if channel.version and not channel.busy and now - channel.last_used >= limit:
                self._backoff.steady(channel.spec)
                self._let_go(channel, problems.ended("it was not used for a while"))
        self._backoff.prune()

    async def close(self) -> None:
        """End everything within two seconds."""
        self._closed = True
        for task in list(self._starting.values()):
            task.cancel()
        for channel in list(self._channels.values()):
            self._let_go(channel, problems.ended("the owner stops"), _SHUTDOWN_GRACE_S)
        ending = list(self._ending)
        if ending:
            await asyncio.wait([self._ending[channel] for channel in ending], timeout=_SHUTDOWN_GRACE_S + 0.4)
        for channel in self._ending:
            if channel.link is not None:
                channel.link.kill()
        self._http.close()
        self.keeper.close()

    # --- starting

    def _admit(self, spec: UpstreamSpec) -> None:
        """May this server be started now? Raises UpstreamProblem."""
        if self._closed:
            raise UpstreamProblem("refused", "The server was not started: the owner stops.")
        self._backoff.check(spec)
        if spec.transport == "stdio":
            self._make_room(spec, "", self.settings.max_children)
            self._make_room(spec, spec.workspace_id, self.settings.max_per_workspace)

    def _make_room(self, spec: UpstreamSpec, workspace_id: str, limit: int) -> None:
        """Under the limit (of a workspace, or of the node), if need be by ending the child that rested longest."""
        held = [
            channel
            for channel, _ in self.channels()
            if channel.spec.transport == "stdio" and workspace_id in ("", channel.spec.workspace_id)
        ]
        if len(held) < limit:
            return
        now = time.monotonic()
        resting = [
            channel
            for channel in held
            if channel.version
            and channel not in self._ending
            and not channel.busy
            and now - channel.last_used >= (SCOPED_EVICTABLE_AFTER_S if channel.scope else EVICTABLE_AFTER_S)
        ]
        if not resting:
            raise problems.full(limit, whole_node=not workspace_id)
        longest = min(resting, key=lambda channel: channel.last_used)
        self._let_go(longest, problems.ended("its place was needed"))

    def _supersede(self, server_id: str, fingerprint: str) -> None:
        """What was started under an earlier configuration of this server is soon let go."""
        for key, channel in self._channels.items():
            if key[0] == server_id and key[1] != fingerprint:
                channel.superseded = True

    async def _start(self, key: Key, spec: UpstreamSpec) -> Channel:
        _, _, era, version, capabilities, scope = key
        self.started += 1
        channel = Channel(spec, era, version, scope, capabilities, f"{self.generation}.{self.started}")
        channel.on_given_up = Pulse(channel, lambda: self._hung(channel)).doubt
        self._channels[key] = channel
        try:
            async with asyncio.timeout(self.settings.start_timeout_s):
                await self._connect(channel)
                await greet(channel)
        except TimeoutError:
            stderr = channel.link.stderr() if channel.link is not None else ""
            problem = problems.silent(self.settings.start_timeout_s, stderr)
            self._failed(channel, problem)
            raise problem from None
        except UpstreamProblem as problem:
            # When the link ended first, its reason says more than the request that could not be sent.
            cause = channel.over or problem
            self._failed(channel, cause)
            raise cause from None
        except BaseException:
            self._let_go(channel, problems.ended("its start was given up"))
            raise
        assert channel.link is not None
        channel.link.ready = True
        logger.info("%s is ready: %s, pid %d", spec.server_id, spec.transport, channel.link.pid)
        return channel

    async def _connect(self, channel: Channel) -> None:
        spec = channel.spec

        def on_end(problem: UpstreamProblem) -> None:
            self._ended(channel, problem)

        if spec.transport == "sse":
            stream = SseLink(spec, self._http, on_line=channel.received, on_end=on_end)
            channel.link = stream
            return await stream.start()
        child = StdioLink(spec, on_line=channel.received, on_end=on_end)
        channel.link = child
        return await child.start(self.keeper, cwd=spec.cwd or self._work_dir(spec), env=self._environment(spec))

    def _work_dir(self, spec: UpstreamSpec) -> str:
        name = "".join(letter for letter in spec.server_id if letter.isalnum() or letter in "_-")[:64] or "none"
        folder: Path = self.settings.work_dir / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(folder)

    def _environment(self, spec: UpstreamSpec) -> dict[str, str]:
        """A child gets little of ours, and never a secret: where programs are, where home is, and the language."""
        ours = os.environ
        beside = str(Path(sys.executable).parent)
        env = {
            "PATH": os.pathsep.join((ours.get("PATH", os.defpath), beside)),
            "HOME": ours.get("HOME", "/"),
            "LANG": ours.get("LANG", "C.UTF-8"),
            "TMPDIR": ours.get("TMPDIR", "/tmp"),  # noqa: S108 - where the system keeps it
        }
        env.update({name: ours[name] for name in self.settings.pass_env if name in ours})
        env.update(spec.env)
        return env

    def _start_done(self, key: Key, task: asyncio.Task[Channel]) -> None:
        self._starting.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at here, since all who waited may have left

    # --- ending

    def _failed(self, channel: Channel, problem: UpstreamProblem) -> None:
        if problem.kind != "unsupported":
            self._count_failure(channel.spec, problem)
        self._let_go(channel, problem)

    def _ended(self, channel: Channel, problem: UpstreamProblem) -> None:
        """The link ended by itself. While it starts, whoever starts it takes the problem from the handshake."""
        if channel.version:
            if time.time() - channel.started_at < STEADY_AFTER_S:
                self._count_failure(channel.spec, problem)
            else:
                self.crashed += 1
                self._backoff.steady(channel.spec)
        self._let_go(channel, problem)

    def _hung(self, channel: Channel) -> None:
        """A failure however long it lived: a server that hangs on every call must not be started for each of them."""
        problem = problems.hung(channel.link.stderr() if channel.link is not None else "")
        self._failed(channel, problem)

    def _count_failure(self, spec: UpstreamSpec, problem: UpstreamProblem) -> None:
        self.crashed += 1
        self._backoff.failed(spec, problem)

    def _let_go(self, channel: Channel, problem: UpstreamProblem, grace_s: float = GRACE_S) -> None:
        """Take a channel out of use and end what is below it in the background."""
        if channel.over is None:
            logger.info("%s ends: %s", channel.spec.server_id, problem.kind)
        for key, one in list(self._channels.items()):
            if one is channel:
                del self._channels[key]
        channel.end(problem)
        if channel.link is not None and channel not in self._ending:
            task = asyncio.get_running_loop().create_task(channel.link.close(grace_s))
            self._ending[channel] = task
            task.add_done_callback(lambda _: self._ending.pop(channel, None))


def _fingerprint(spec: UpstreamSpec) -> str:
    """A configuration that has not been given a fingerprint yet still gets its own children."""
    return hashlib.sha256(msgspec.json.encode(spec, order="deterministic")).hexdigest()
