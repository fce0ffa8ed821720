"""The stdio link: one child, its three pipes, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping

from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.owner import problems
from proxy.owner.frames import MAX_MESSAGE, MAX_WAITING
from proxy.owner.pipes import Lines, Tail
from proxy.owner.trees import Keeper, StartProblem, Tree

GRACE_S = 2.0
_STDERR_KEPT = 64 << 10
_NOISE_LINES = 1000
_NOISE_BYTES = 1 << 20
_NOISE_SHOWN = 2048
# How long the last words of a child that ended may take to arrive.
_LAST_WORDS_S = 0.3


class StdioLink:
    """Sends and receives the lines of one child. `on_end` is called once, with what ended it."""

    def __init__(
        self,
        spec: UpstreamSpec,
        *,
        on_line: Callable[[bytes], int | None],
        on_end: Callable[[UpstreamProblem], None],
    ) -> None:
        self.spec = spec
        self.ready = False
        self._on_line = on_line
        self._on_end = on_end
        self._over = False
        self._tree: Tree | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self._stdout = Lines(
            longest=MAX_MESSAGE, on_line=self._line, on_too_long=self._too_long, on_end=self._output_closed
        )
        self._stderr = Tail(keep=_STDERR_KEPT)
        self._noise_lines = self._noise_bytes = 0
        self._noise = b""
        self._concluding: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        return self._tree.pid if self._tree is not None else 0

    def pids(self) -> list[int]:
        return self._tree.pids() if self._tree is not None else []

    def stderr(self) -> str:
        return problems.without_secrets(self._stderr.text(), self.spec.env)

    async def start(self, keeper: Keeper, *, cwd: str, env: dict[str, str]) -> None:
        """Start the child. Raises UpstreamProblem."""
        argv = (self.spec.command, *self.spec.args)
        if any("\0" in part for part in (*argv, cwd, *env, *env.values())):
            raise UpstreamProblem("not_found", "The command holds a zero byte.")
        if any(not name or "=" in name for name in env):
            raise UpstreamProblem("not_found", "A variable of the environment has a name that cannot be used.")
        try:
            tree = self._tree = await keeper.start(argv, cwd=cwd, env=env, on_exit=self._exited)
        except StartProblem as problem:
            raise problems.could_not_start(self.spec, problem) from problem
        except OSError as problem:
            raise UpstreamProblem("refused", f"The server could not be started: {problem}.") from problem
        loop = asyncio.get_running_loop()
        self._stdin, _ = await loop.connect_write_pipe(lambda: _Input(self._conclude), os.fdopen(tree.stdin, "wb", 0))
        await loop.connect_read_pipe(lambda: self._stdout, os.fdopen(tree.stdout, "rb", 0))
        await loop.connect_read_pipe(lambda: self._stderr, os.fdopen(tree.stderr, "rb", 0))
        if tree.exit_code is not None:
            self._exited()  # it was faster than we

    def send(
        self,
        line: bytes,
        headers: Mapping[str, str] | None = None,
        on_fail: Callable[[UpstreamProblem], None] | None = None,
    ) -> None:
        """Queue one line. A pipe has no headers, and what fails on it ends the whole link.

        Raises UpstreamProblem when too much waits or the child has ended.
        """
        if self._stdin is None or self._over:
            raise problems.ended("its process is gone")
        if self._stdin.get_write_buffer_size() > MAX_WAITING:
            raise problems.not_reading()
        # A child that closed its input is about to end, and then says why better than we can here.
        if not self._stdin.is_closing():
            self._stdin.write(line)

    async def close(self, grace_s: float = GRACE_S) -> None:
        """End the tree: close its input, TERM, KILL when the grace is over. Returns once nothing is left."""
        self._over = True
        tree = self._tree
        if tree is None:
            return
        if self._stdin is not None:
            self._stdin.abort()
        tree.end(grace_s)
        try:
            await asyncio.wait_for(tree.gone.wait(), grace_s + 5)
        except TimeoutError:
            tree.kill()
        self._stdout.close()
        self._stderr.close()

    def kill(self) -> None:
        if self._tree is not None:
            self._tree.kill()

    def _line(self, line: bytes) -> int:
        cost = self._on_line(line)
        if cost is not None:
            self._noise_lines = self._noise_bytes = 0
            return cost
        self._noise_lines += 1
        self._noise_bytes += len(line)
        if len(self._noise) < _NOISE_SHOWN:
            self._noise += line[:_NOISE_SHOWN] + b"\n"
        if self._noise_lines > _NOISE_LINES or self._noise_bytes > _NOISE_BYTES:
            self._finish(problems.not_mcp(self.noise(), self.stderr()))
        return 1

    def noise(self) -> str:
        """What the child wrote to its output that was no message, from the start."""
        return problems.without_secrets(self._noise.decode("utf-8", "replace").strip(), self.spec.env)

    def _too_long(self) -> None:
        self._finish(problems.answer_too_large(MAX_MESSAGE))

    def _output_closed(self) -> None:
        self._conclude()

    def _exited(self) -> None:
        tree = self._tree
        # A launcher may fork its server, leave with 0 and be done: then the output that is still open decides.
        launcher = tree is not None and tree.exit_code == 0 and not self.ready and not self._stdout.closed.is_set()
        if not launcher:
            self._conclude()

    def _conclude(self) -> None:
        if self._concluding is None and not self._over and self._tree is not None:
            self._concluding = asyncio.get_running_loop().create_task(self._last_words())

    async def _last_words(self) -> None:
        assert self._tree is not None
        waits = (self._tree.exited.wait(), self._stdout.closed.wait(), self._stderr.closed.wait())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*waits), _LAST_WORDS_S)
        code = self._tree.exit_code
        if code is None:
            self._finish(problems.closed_output(self.stderr()))
        elif code == 0 and not self.ready and self._noise:
            self._finish(problems.not_mcp(self.noise(), self.stderr()))
        else:
            said = "\n".join(filter(None, ("" if self.ready else self.noise(), self.stderr())))
            self._finish(problems.exited(code, said, ready=self.ready))

    def _finish(self, problem: UpstreamProblem) -> None:
        if not self._over:
            self._over = True
            self._on_end(problem)


class _Input(asyncio.BaseProtocol):
    """The pipe to a child's input; nothing comes from it but its end."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end

    def connection_lost(self, problem: Exception | None) -> None:
        self._on_end()
