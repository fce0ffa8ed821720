"""Requests that never come whole are ended; whoever is slow but honest, or waits for an answer, is left in peace."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from django.db import connection

from config.launch.environment import BASE_DIR
from config.serving import MAX_HEADER_BYTES, TimedProtocol
from tests.launch.waiting import wait_until
from tests.peers.serving import bind

Client = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
HEAD = b"POST /x HTTP/1.1\r\nhost: here\r\ncontent-length: 10\r\n"
LIMIT_S = 0.4


class Hasty(TimedProtocol):
    headers_s = LIMIT_S
    body_s = LIMIT_S


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the body, or waits a while first where the path says so; notes who hung up."""
    body, more = b"", True
    if scope["path"] == "/unread":
        await asyncio.sleep(3 * LIMIT_S)
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            ended.append(scope["path"])
            return
        body += message["body"]
        more = message["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * LIMIT_S)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


ended: list[str] = []


def served(scenario: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        sock = bind("127.0.0.1", 0)
        config = uvicorn.Config(echo, http=Hasty, lifespan="off", log_config=None, timeout_keep_alive=60)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([sock]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            async with asyncio.timeout(20):
                await scenario(lambda: asyncio.open_connection(*sock.getsockname()))
        finally:
            server.should_exit = True
            await task

    ended.clear()
    asyncio.run(run())


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(), 15 * LIMIT_S)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", b""),
        (b"POST /x HT", b"HTTP/1.1 408 "),
        (b"POST /x HTTP/1.1\r\nhost: here\r\n", b"HTTP/1.1 408 "),
        (HEAD + b"\r\n", b"HTTP/1.1 408 "),
        (HEAD + b"\r\n12345", b"HTTP/1.1 408 "),
        (b"POST /x HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123", b"HTTP/1.1 408 "),
        (HEAD + b"\r\n1234567890" + HEAD, b"HTTP/1.1 200 "),
    ],
)
def test_half_a_request_is_ended(sent: bytes, said: bytes) -> None:
    async def scenario(connect: Client) -> None:
        reader, writer = await connect()
        began = time.monotonic()
        writer.write(sent)
        answer = await read_to_end(reader)
        assert answer[: len(said)] == said
        assert bool(answer) == bool(said)
        assert 0.9 * LIMIT_S < time.monotonic() - began < 10 * LIMIT_S
        writer.close()

    served(scenario)
    assert ended == (["/x"] if b"\r\n\r\n" in sent and b"7890" not in sent else [])


@pytest.mark.parametrize("head", [b"POST /x HTTP/1.1\r\nx: ", HEAD + b"\r\n"], ids=["headers", "body"])
def test_a_drip_is_no_progress(head: bytes) -> None:
    async def scenario(connect: Client) -> None:
        reader, writer = await connect()
        writer.write(head)
        answer = asyncio.create_task(read_to_end(reader))
        for _ in range(9):  # the tenth would make the body whole
            # Never at the very moment of the end: what is written to a closed connection would take its answer away.
            await asyncio.wait([answer], timeout=LIMIT_S * 0.28)
            if answer.done():
                break
            writer.write(b"a")
        assert (await answer).startswith(b"HTTP/1.1 408 ")
        writer.close()

    served(scenario)


def test_headers_without_end_are_refused() -> None:
    async def scenario(connect: Client) -> None:
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\n")
        for number in range(MAX_HEADER_BYTES // 1000 + 10):
            writer.write(b"x-%d: %s\r\n" % (number, b"a" * 1000))
        assert (await read_to_end(reader)).startswith(b"HTTP/1.1 431 ")
        writer.close()

    served(scenario)


def test_a_body_that_keeps_coming_may_take_longer() -> None:
    async def scenario(connect: Client) -> None:
        reader, writer = await connect()
        size = 10_000
        writer.write(b"POST /x HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(10):
            await asyncio.sleep(LIMIT_S / 4)
            writer.write(b"b" * (size // 10))
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")
        writer.close()

    served(scenario)


@pytest.mark.parametrize("path", [b"/slow", b"/unread"])
def test_whoever_waits_for_us_is_not_hurried(path: bytes) -> None:
    async def scenario(connect: Client) -> None:
        reader, writer = await connect()
        size = 300_000  # more than is kept for an application that does not read
        for _ in range(2):  # and the connection serves on
            writer.write(b"POST %s HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % (path, size))
            writer.write(b"c" * size)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(size) == b"c" * size
            await asyncio.sleep(1.5 * LIMIT_S)  # a connection that rests is not half a request
        writer.close()

    served(scenario)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("application", ["config.asgi:application", "config.gateway:application"])
def test_the_web_and_the_gateway_process_keep_the_limits_of_the_settings(application: str) -> None:
    found = connection.settings_dict
    url = f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
    env = {**os.environ, "REQUEST_HEADERS_S": "1", "REQUEST_BODY_S": "1", "DATABASE_URL": url}
    listener = bind("127.0.0.1", 0)
    command = [sys.executable, "-m", "config.launch.web", application, str(listener.fileno())]
    web = subprocess.Popen(command, cwd=BASE_DIR, env=env, pass_fds=[listener.fileno()])
    try:
        half_a_body = HEAD.replace(b"/x", b"/mcp") + b"\r\n123"  # refused at once, and then held open by the client
        for sent, status in ((HEAD, b"408"), (half_a_body, b"403")):
            with socket.create_connection(listener.getsockname()) as client:
                client.settimeout(20)
                client.sendall(sent)
                answer = b""
                while more := client.recv(1000):
                    answer += more
                assert answer.startswith(b"HTTP/1.1 " + status)
    finally:
        web.terminate()
        wait_until(lambda: web.poll() is not None, "the process ends")
        listener.close()
