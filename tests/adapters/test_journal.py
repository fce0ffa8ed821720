from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import pytest

from core.ids import new_id
from proxy.adapters.journal import FileJournal, read_frames
from proxy.engine.ports import CallRecord


def record(name: str = "echo") -> CallRecord:
    return CallRecord(id=new_id("call"), workspace_id="wsp_1", hub_id="hub_1", method="tools/call", name=name)


class Sink:
    """Where batches end; `away` makes it refuse, as a database that is down does."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []
        self.away = False

    async def insert(self, records: list[CallRecord]) -> None:
        if self.away:
            raise OSError("the database is away")
        self.records += records


def journal(folder: Path, sink: Sink) -> FileJournal:
    return FileJournal(folder, sink.insert, prepare=lambda _: None)


def names(sink: Sink) -> list[str]:
    return [entry.name for entry in sink.records]


def test_what_is_recorded_reaches_the_database_in_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        sink = Sink()
        log = journal(tmp_path, sink)
        await log.start()
        for number in range(1200):
            log.record(record(str(number)))
        await log.stop()
        assert names(sink) == [str(number) for number in range(1200)]
        assert not list(tmp_path.iterdir()), "an empty segment is removed"

    asyncio.run(scenario())


def test_records_wait_while_the_database_is_away_and_stay_in_the_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        sink = Sink()
        sink.away = True
        log = journal(tmp_path, sink)
        await log.start()
        log.record(record("first"))
        await log.flush()
        assert log.problem
        sink.away = False
        await log.flush()
        assert names(sink) == ["first"]
        assert not log.problem
        await log.stop()

    asyncio.run(scenario())


def test_what_a_stopped_process_could_not_write_is_replayed_by_the_next(tmp_path: Path) -> None:
    async def scenario() -> None:
        away = Sink()
        away.away = True
        first = journal(tmp_path, away)
        await first.start()
        first.record(record("kept"))
        await first.stop()
        sink = Sink()
        second = journal(tmp_path, sink)
        assert await second.replay() == 1
        assert names(sink) == ["kept"]
        assert not list(tmp_path.iterdir())

    asyncio.run(scenario())


def _write_and_wait(folder: str, ready: str) -> None:
    async def scenario() -> None:
        sink = Sink()
        sink.away = True
        log = journal(Path(folder), sink)
        await log.start()
        log.record(record("before the kill"))
        await log.flush()
        Path(ready).touch()
        await asyncio.sleep(60)

    asyncio.run(scenario())


def test_a_killed_process_loses_no_record_that_was_written(tmp_path: Path) -> None:
    folder, ready = tmp_path / "journal", tmp_path / "ready"
    process = multiprocessing.get_context("spawn").Process(target=_write_and_wait, args=(str(folder), str(ready)))
    process.start()

    async def scenario() -> None:
        async with asyncio.timeout(30):
            while not ready.exists():
                await asyncio.sleep(0.02)
        sink = Sink()
        other = journal(folder, sink)
        assert await other.replay() == 0, "a segment whose process lives is left alone"
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert await other.replay() == 1
        assert names(sink) == ["before the kill"]

    asyncio.run(scenario())


def test_a_torn_last_record_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> Path:
        sink = Sink()
        sink.away = True
        log = journal(tmp_path, sink)
        await log.start()
        log.record(record("whole"))
        log.record(record("torn"))
        await log.stop()
        return next(tmp_path.iterdir())

    path = asyncio.run(scenario())
    path.write_bytes(path.read_bytes()[:-3])
    with path.open("rb") as file:
        assert [entry.name for entry in read_frames(file)] == ["whole"]
    assert "torn record" in caplog.text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here to stand for a full disk")
def test_a_full_disk_loses_no_record_while_the_database_is_there(tmp_path: Path) -> None:
    async def scenario() -> None:
        sink = Sink()
        log = journal(tmp_path, sink)
        await log.start()
        log._file = Path("/dev/full").open("ab", buffering=0)
        log.record(record("kept"))
        log._write()
        assert "cannot be written" in log.problem
        await log.flush()
        assert names(sink) == ["kept"]

    asyncio.run(scenario())


def test_a_segment_is_never_taken_from_a_process_that_is_starting(tmp_path: Path) -> None:
    """Whoever looks for what others left behind must not find a file whose lock is still to come."""
    stop = threading.Event()

    def look() -> None:
        finder = journal(tmp_path, Sink())
        while not stop.is_set():
            asyncio.run(finder.replay())

    seeker = threading.Thread(target=look)
    seeker.start()
    try:
        for _ in range(400):
            starting = journal(tmp_path, Sink())
            starting._open_segment()
            assert starting._path.exists()
            starting._close_segment()
    finally:
        stop.set()
        seeker.join()
