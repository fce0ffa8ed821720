"""The one place that says what time it is: UTC, aware."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_held: ContextVar[datetime | None] = ContextVar("held", default=None)


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _held.get() or datetime.now(UTC)


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Inside, in this thread or task, it is `moment`: for tests that let days pass."""
    token = _held.set(moment)
    try:
        yield
    finally:
        _held.reset(token)
