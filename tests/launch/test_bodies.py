"""Bodies that are too large are refused before anything keeps them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from config.bodies import BodyLimit

LIMIT = 1000
Message = MutableMapping[str, Any]


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, then answers with its size."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


def ask(parts: list[bytes], *, length: bytes = b"", path: str = "/", application: Any = reads_all) -> tuple[int, bytes]:
    """Status and body of the answer, and how far the body was read is held against the limit."""
    said: list[Message] = []
    waiting = list(parts)

    async def receive() -> Message:
        assert waiting, "more was read than there is"
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(b"content-length", length)] if length else []
    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(BodyLimit(application, LIMIT)(scope, receive, send))
    assert len(parts) - len(waiting) <= LIMIT // 100 + 1, "reading stops at the limit"
    return said[0]["status"], said[-1]["body"]


def test_what_fits_is_handed_on() -> None:
    assert ask([b"a" * 100] * 10, length=b"1000") == (200, b"1000")
    assert ask([b""]) == (200, b"0")
    assert ask([b"a" * 10], length=b"nonsense") == (200, b"10")


@pytest.mark.parametrize("length", [b"", b"1", b"99999999999999999999999999"])
def test_what_does_not_fit_is_refused_whatever_was_announced(length: bytes) -> None:
    assert ask([b"a" * 100] * 500, length=length)[0] == 413


def test_what_announces_too_much_is_not_read_at_all() -> None:
    async def never(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("it was handed on")

    status, body = ask([b"a"], length=b"1001", path="/api/v1/workspaces", application=never)
    assert status == 413
    assert json.loads(body)["code"] == "too_large"


def test_an_answer_that_has_begun_is_not_followed_by_another() -> None:
    async def answers_first(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"so far", "more_body": True})
        while True:
            await receive()

    assert ask([b"a" * 600] * 3, application=answers_first) == (200, b"so far")
