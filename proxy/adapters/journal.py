"""The journal: records go to a local append-only file, and from there in batches to Postgres.

A segment is a file of frames: four bytes of length (big endian), then a msgpack CallRecord. A process holds a lock on
the segment it writes; a segment without its lock belongs to a process that died, and whoever finds it replays it.
Inserting the same record twice changes nothing, so a crash between insert and removal is harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from core.ids import new_id
from proxy.engine.ports import CallRecord

log = logging.getLogger(__name__)
FLUSH_S = 0.2
BATCH = 500
MAX_WAITING = 200_000
"""Records kept for Postgres while it is away; the file holds the rest."""

Insert = Callable[[list[CallRecord]], Awaitable[None]]
Prepare = Callable[[CallRecord], None]


class FileJournal:
    """Implements the engine's `Journal` port. `prepare` seals payloads before anything touches the disk."""

    def __init__(self, folder: Path, insert: Insert, prepare: Prepare) -> None:
        self._folder = folder
        self._insert = insert
        self._prepare = prepare
        self._encode = msgspec.msgpack.Encoder().encode
        self._new: list[CallRecord] = []
        self._waiting: list[CallRecord] = []
        self._file: BinaryIO | None = None
        self._path = folder
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self.lost = 0
        """Records that could not be kept; health says so."""
        self.problem = ""

    def record(self, record: CallRecord) -> None:
        self._new.append(record)
        if len(self._new) == 1:
            self._wake.set()

    async def start(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open_segment()
        self._task = asyncio.create_task(self._run(), name="journal")

    async def stop(self) -> None:
        """Flush what is there; what Postgres does not take stays in the file for the next start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.flush(), 1.5)
        self._close_segment()

    async def flush(self) -> None:
        """Write new records to the file, then everything waiting to Postgres."""
        self._write()
        while self._waiting:
            batch = self._waiting[:BATCH]
            try:
                await self._insert(batch)
            except Exception as problem:  # whatever Postgres says, the records stay and are tried again
                self.problem = f"records wait for Postgres: {problem}"
                log.warning("%s", self.problem)
                return
            del self._waiting[: len(batch)]
        self.problem = ""
        self._truncate()

    async def replay(self) -> int:
        """Insert what processes that died left behind. Returns how many records."""
        count = 0
        for path in sorted(self._folder.glob("*.log")):
            if path != self._path:
                count += await self._replay(path)
        return count

    async def _replay(self, path: Path) -> int:
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            return 0
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return 0  # its process lives
            records = list(read_frames(file))
            for start in range(0, len(records), BATCH):
                await self._insert(records[start : start + BATCH])
            path.unlink(missing_ok=True)
        return len(records)

    async def _run(self) -> None:
        while True:
            try:
                await self.replay()
                break
            except Exception as problem:  # Postgres is not there yet; new records go to the file meanwhile
                log.warning("the journal cannot be replayed yet: %s", problem)
                self._write()
                await asyncio.sleep(1)
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(FLUSH_S)
            await self.flush()
            if self._waiting:
                await asyncio.sleep(1)
                self._wake.set()

    def _write(self) -> None:
        new, self._new = self._new, []
        if not new:
            return
        frames = bytearray()
        for record in new:
            self._prepare(record)
            body = self._encode(record)
            frames += len(body).to_bytes(4, "big") + body
        try:
            if self._file is None:
                self._open_segment()
            assert self._file is not None
            self._file.write(frames)
        except OSError as problem:
            self.problem = f"the journal cannot be written: {problem}"
            log.error("%s", self.problem)
        room = MAX_WAITING - len(self._waiting)
        if len(new) > room:
            self.lost += len(new) - room
        self._waiting += new[:room]

    def _open_segment(self) -> None:
        """Others take a file that nobody has locked for a dead process's, so it gets its name once it is locked."""
        self._path = self._folder / f"{new_id('jrn')}.log"
        unnamed = self._path.with_suffix(".new")
        self._file = unnamed.open("ab", buffering=0)
        os.chmod(unnamed, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(self._path)

    def _truncate(self) -> None:
        """Everything in the file is in Postgres: start over."""
        if self._file is not None and not self._waiting and not self._new:
            with contextlib.suppress(OSError):
                self._file.truncate(0)

    def _close_segment(self) -> None:
        if self._file is None:
            return
        empty = not self._waiting
        self._file.close()
        self._file = None
        if empty:
            self._path.unlink(missing_ok=True)


def read_frames(file: BinaryIO) -> Iterator[CallRecord]:
    """Whole records of a segment; a torn last one, as a crash leaves it, is left out."""
    decoder = msgspec.msgpack.Decoder(CallRecord)
    while len(head := file.read(4)) == 4:
        body = file.read(int.from_bytes(head, "big"))
        try:
            yield decoder.decode(body)
        except msgspec.DecodeError:
            log.warning("a torn record at the end of %s was left out", getattr(file, "name", "a segment"))
            return
