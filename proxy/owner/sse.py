"""The link of the deprecated HTTP+SSE transport (2024-11-05): a stream that is read, and an endpoint to post to.

The stream is the session, so one process must hold it for all: the owner, as it holds stdio children.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from core.net import ReplyTimeout, Response, Target, parse_url
from proxy.engine import problems as http_problems
from proxy.engine.http_client import HttpClient, redirect
from proxy.engine.http_session import base_head, target_of
from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.engine.sse import Event, Parser, TooLarge
from proxy.owner import problems
from proxy.owner.frames import MAX_MESSAGE

logger = logging.getLogger(__name__)

_POST_TIMEOUT_S = 60.0
_SILENCE_S = 3600.0
_MAX_REDIRECTS = 3
_PER_WINDOW = 2000
_WINDOW_S = 0.1
"""As of the lines of a child: whoever floods takes only a share of a core."""


class SseLink:
    """Sends and receives the messages of one server. `on_end` is called once, with what ended it."""

    pid = 0

    def __init__(
        self,
        spec: UpstreamSpec,
        client: HttpClient,
        *,
        on_line: Callable[[bytes], int | None],
        on_end: Callable[[UpstreamProblem], None],
    ) -> None:
        self.spec = spec
        self.ready = False
        self._client = client
        self._on_line = on_line
        self._on_end = on_end
        self._over = False
        self._target = target_of(spec)
        self._endpoint: Target | None = None
        self._known = asyncio.Event()
        self._response: Response | None = None
        self._reader: asyncio.Task[None] | None = None
        self._posts: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    def pids(self) -> list[int]:
        return []

    def stderr(self) -> str:
        return ""

    async def start(self) -> None:
        """Open the stream and wait for the endpoint. Raises UpstreamProblem."""
        self._response = await self._open()
        self._reader = asyncio.get_running_loop().create_task(self._read(self._response))
        await self._known.wait()

    def send(
        self,
        line: bytes,
        headers: Mapping[str, str] | None = None,
        on_fail: Callable[[UpstreamProblem], None] | None = None,
    ) -> None:
        """Post one message in the background; a failure goes to `on_fail`. Raises UpstreamProblem when it is over."""
        if self._over:
            raise problems.ended("its stream is closed")
        # During the handshake one after the other: a server may not know the session before.
        after = None if self.ready else self._last
        task = asyncio.get_running_loop().create_task(self._post(line.rstrip(b"\n"), headers or {}, on_fail, after))
        self._last = task
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    async def close(self, grace_s: float = 0.0) -> None:
        """Close the stream, which ends the session at the server."""
        self._over = True
        self._known.set()
        for task in (*self._posts, *([self._reader] if self._reader is not None else [])):
            task.cancel()
        if self._response is not None:
            self._response.close()

    def kill(self) -> None:
        if self._response is not None:
            self._response.close()

    async def _open(self) -> Response:
        for _ in range(_MAX_REDIRECTS + 1):
            head = base_head("GET", self._target, self.spec, {"accept": "text/event-stream"})
            try:
                response = await self._client.send(self._target, head, None, timeout_s=_POST_TIMEOUT_S, safe=True)
            except http_problems.TROUBLE as error:
                raise http_problems.from_trouble(error, self._target) from error
            if response.streaming and response.status == 200:
                return response
            moved = redirect(self._target, response)
            if moved is None:
                response.close()
                if response.status >= 300:
                    raise http_problems.from_status(response, self._target)
                raise http_problems.not_mcp(response, self._target)
            self._target = moved
        raise UpstreamProblem("protocol", "The server redirects in circles.")

    async def _read(self, response: Response) -> None:
        parser = Parser(MAX_MESSAGE)
        began, spent = 0.0, 0
        problem = UpstreamProblem("closed", "The server closed its stream.")
        try:
            while True:
                try:
                    chunk = await response.read(_SILENCE_S)
                except ReplyTimeout:
                    continue
                if not chunk:
                    break
                now = time.monotonic()
                if now - began >= _WINDOW_S:
                    began, spent = now, 0
                spent += sum(map(self._heard, parser.feed(chunk)))
                if spent > _PER_WINDOW:
                    await asyncio.sleep(_WINDOW_S * spent / _PER_WINDOW)
        except TooLarge:
            problem = problems.answer_too_large(MAX_MESSAGE)
        except UpstreamProblem as found:
            problem = found
        except http_problems.TROUBLE as error:
            problem = UpstreamProblem("closed", problem.sentence, detail=str(error))
        except Exception:
            logger.exception("reading the stream of %s failed", self.spec.server_id)
        self._finish(problem)

    def _heard(self, event: Event) -> int:
        """Take an event; what it costs the reader."""
        if event.event == "endpoint":
            self._endpoint = self._checked(event.data.decode("utf-8", "replace").strip())
            self._known.set()
        elif event.event in ("", "message") and event.data:
            cost = self._on_line(event.data)
            return 1 if cost is None else cost
        return 1

    def _checked(self, where: str) -> Target:
        """The endpoint must lie with the server itself: our headers go there."""
        try:
            endpoint = parse_url(urljoin(str(self._target), where))
        except ValueError as error:
            raise UpstreamProblem("protocol", "The server named an endpoint that cannot be used.") from error
        if endpoint.origin != self._target.origin:
            raise UpstreamProblem("protocol", f"The server named an endpoint at another server, {endpoint}.")
        return endpoint

    async def _post(
        self,
        body: bytes,
        extra: Mapping[str, str],
        on_fail: Callable[[UpstreamProblem], None] | None,
        after: asyncio.Task[None] | None,
    ) -> None:
        if after is not None:
            await asyncio.wait([after])
        endpoint = self._endpoint
        assert endpoint is not None
        try:
            head = base_head("POST", endpoint, self.spec, {**extra, "content-type": "application/json"})
            response = await self._client.send(endpoint, head, body, timeout_s=_POST_TIMEOUT_S, safe=False)
            if response.streaming:
                response.close()
            if response.status >= 300:
                raise http_problems.from_status(response, endpoint)
        except http_problems.TROUBLE as error:
            self._failed(http_problems.from_trouble(error, endpoint), on_fail)
        except UpstreamProblem as problem:
            self._failed(problem, on_fail)

    def _failed(self, problem: UpstreamProblem, on_fail: Callable[[UpstreamProblem], None] | None) -> None:
        if problem.status in (404, 410) and self.ready:
            self._finish(problems.ended("the server has forgotten it"))
        elif on_fail is not None:
            on_fail(problem)

    def _finish(self, problem: UpstreamProblem) -> None:
        if not self._over:
            self._over = True
            self._known.set()
            self._on_end(problem)
