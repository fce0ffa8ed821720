"""The owner's socket against those who do not speak as they should."""

from __future__ import annotations

import asyncio
import struct

import msgspec
import pytest

from proxy.engine.ports import UpstreamProblem
from proxy.owner import frames, jsonrpc
from tests.owner.kit import PEERS, TALKER, OwnerProcess, call, until

pytestmark = pytest.mark.anyio


def framed(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


def hello(token: str) -> bytes:
    return framed(frames.encode(frames.Hello(token, "raw", 1)))


async def hung_up_on(owner: OwnerProcess, *parts: bytes) -> bool:
    """Send the parts; does the owner hang up (and say nothing but a welcome)?"""
    reader, writer = await asyncio.open_unix_connection(str(owner.socket))
    for part in parts:
        writer.write(part)
    try:
        await asyncio.wait_for(reader.read(), 3)
    except TimeoutError:
        return False
    finally:
        writer.close()
    return True


async def test_whoever_does_not_show_the_token_first_is_hung_up_on(owner: OwnerProcess) -> None:
    await owner.client().status()
    status = framed(frames.encode(frames.AskStatus(1, "")))
    assert await hung_up_on(owner, hello("wrong"))
    assert await hung_up_on(owner, status)
    assert await hung_up_on(owner, framed(b"garbage"))
    assert await hung_up_on(owner, struct.pack("!I", 1 << 30))
    assert await hung_up_on(owner, hello(owner.token), framed(b"garbage"), status)
    assert not await hung_up_on(owner, hello(owner.token)[:10])
    assert not await hung_up_on(owner, hello(owner.token))
    assert (await owner.client().status()).clients == {"test": 2}


async def test_a_frame_in_pieces_is_put_together(owner: OwnerProcess) -> None:
    await owner.client().status()
    reader, writer = await asyncio.open_unix_connection(str(owner.socket))
    for byte in hello(owner.token):
        writer.write(bytes([byte]))
        await writer.drain()
    size = struct.unpack("!I", await reader.readexactly(4))[0]
    assert isinstance(frames.to_client.decode(await reader.readexactly(size)), frames.Welcome)
    writer.close()


async def test_what_is_said_to_a_session_that_never_was_is_refused_or_passed_over(owner: OwnerProcess) -> None:
    client = owner.client()
    await client.status()
    link = client._link
    assert link is not None
    for frame in (
        frames.Notify(99, "x", b"{}"),
        frames.Leave(99, True),
        frames.Hear(99, True),
        frames.Cancel(99),
        frames.Told(99, b"{}", None),
    ):
        link.post(frame)
    with pytest.raises(UpstreamProblem) as caught:
        await link.call(frames.Request(0, 99, "ping", b"{}", False, {}))
    assert caught.value.kind == "session_lost"


async def test_a_notification_reaches_the_server(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    await session.notify("notifications/cancelled", b'{"requestId":77}')
    assert (await call(session, "seen"))["cancelled"] == [77]


async def test_a_session_survives_answers_and_notes_that_belong_to_nothing(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(str(PEERS / "odd.py"), "extras"), era="handshake")
    assert (await session.request("ping", b"{}")).result is not None
    empty = await session.request("empty", b"{}")
    assert b"answered without a result" in bytes(empty.error or b"")


async def test_a_version_that_is_not_known_is_unsupported(owner: OwnerProcess) -> None:
    with pytest.raises(UpstreamProblem, match="'1999-01-01', which is not known") as caught:
        await owner.client().session(owner.spec(str(PEERS / "odd.py"), "version"), era="handshake")
    assert caught.value.kind == "unsupported"


async def test_a_stateless_version_that_the_server_does_not_speak_is_unsupported(owner: OwnerProcess) -> None:
    spec = owner.spec("-m", "tests.peers.stdio_peer", "--era", "stateless")
    with pytest.raises(UpstreamProblem, match="does not speak the stateless protocol") as caught:
        await owner.client().session(spec, era="stateless", version="2099-01-01")
    assert caught.value.kind == "unsupported"


async def test_a_client_that_closes_the_session_of_a_scope_ends_its_child(owner: OwnerProcess) -> None:
    client = owner.client()
    shared = await client.session(owner.spec(*TALKER), era="handshake")
    own = await client.session(owner.spec(*TALKER), era="handshake", scope="cli_1")
    await own.close()
    await until(lambda: len(owner.left()) == 1, "its child ended")
    await shared.close()
    again = await client.session(owner.spec(*TALKER), era="handshake")
    assert (await client.status()).started == 2
    assert await call(again, "echo") == {}


def test_json_that_is_no_message_is_told_apart() -> None:
    for line in (b"{}", b'{"jsonrpc":"1.0","id":1}', b"[1]", b"5", b"\xff", b'{"jsonrpc":"2.0","id":1'):
        with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
            jsonrpc.read_line(line)
    assert jsonrpc.number_of(b'"12"') == 12
    assert jsonrpc.number_of(b'"x"') == 0
    assert jsonrpc.field(b"{", "a") is None
    assert jsonrpc.result_line(msgspec.Raw(b"1"), b"{\n}") == b'{"jsonrpc":"2.0","id":1,"result":{ }}\n'
