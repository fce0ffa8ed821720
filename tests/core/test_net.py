import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from core.net import AddressRefused, FetchError, HostNotFound, NetPolicy, fetch, fetch_sync, parse_url, resolve

LOOPBACK = NetPolicy(["127.0.0.0/8", "::1"])

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254",
        "169.254.1.1", "fe80::1", "fc00::1", "fd00:ec2::254", "100.64.0.1", "100.100.100.200", "0.0.0.0", "::",
        "224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
        "fec0::1", "168.63.129.16", "192.0.0.192", "198.18.0.1", "203.0.113.9", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert NetPolicy().refusal(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_passes(address: str) -> None:
    assert NetPolicy().refusal(address) == ""


def test_the_operator_may_allow_a_network_and_no_more() -> None:
    policy = NetPolicy(["10.1.0.0/16"])
    assert policy.refusal("10.1.2.3") == ""
    assert policy.refusal("10.2.2.3")
    assert policy.refusal("::ffff:10.1.2.3") == ""
    with pytest.raises(ValueError, match="does not appear"):
        NetPolicy(["nonsense"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0"])
async def test_a_name_that_leads_to_loopback_is_refused_after_it_was_resolved(host: str) -> None:
    with pytest.raises(AddressRefused, match="does not connect there"):
        await resolve(host, 80, NetPolicy())


async def test_only_the_addresses_that_pass_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def infos(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (address, 80)) for address in ("10.0.0.1", "1.1.1.1", "1.1.1.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", infos)
    assert await resolve("mixed.example", 80, NetPolicy()) == ["1.1.1.1"]


async def test_a_name_that_does_not_resolve_is_said_so() -> None:
    with pytest.raises(HostNotFound, match="was not found"):
        await resolve("no-such-host.invalid", 80, NetPolicy())


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://example.com", "file:///etc/passwd", "http://", "http:///x", "http://user:pw@example.com",
        "http://a b/",
        "http://example.com:99999/", "http://example.com/\r\nx: y", "http://[::1", "https://example.com/" + "a" * 5000,
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        parse_url(url)


def test_a_url_is_taken_apart() -> None:
    target = parse_url("HTTPS://Example.COM:8443/a/b?c=d#e")
    assert (target.scheme, target.host, target.port, target.path) == ("https", "example.com", 8443, "/a/b?c=d")
    assert target.netloc == "example.com:8443"
    assert parse_url("http://[::1]:80").netloc == "[::1]"
    assert parse_url("http://bücher.example").host == "xn--bcher-kva.example"


Answer = Callable[[bytes], bytes]


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A peer on loopback that reads a request (head and body by length) and writes what `answer` says, then closes."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
            data = head + await reader.readexactly(length)
            seen.append(data)
            writer.write(answer(data))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", seen
    finally:
        listener.close()


def ok(body: bytes, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%s\r\n%s" % (len(body), extra, body)


async def test_fetch_posts_and_gets_the_reply() -> None:
    async with server(lambda _: ok(b"fine", b"X-Seen: yes\r\n")) as (url, seen):
        reply = await fetch(url + "/hook", policy=LOOPBACK, method="POST", headers={"X-Sign": "abc"}, body=b"{}")
    assert (reply.status, reply.body, reply.headers["x-seen"]) == (200, b"fine", "yes")
    assert seen[0].startswith(b"POST /hook HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"\r\nx-sign: abc\r\n" in seen[0]
    assert seen[0].endswith(b"\r\n\r\n{}")


async def test_fetch_does_not_connect_to_loopback_unless_allowed() -> None:
    async with server(lambda _: ok(b"")) as (url, seen):
        with pytest.raises(FetchError) as caught:
            await fetch(url, policy=NetPolicy())
    assert caught.value.kind == "address"
    assert seen == []


async def test_a_redirect_to_a_forbidden_address_is_refused() -> None:
    forbidden = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n"
    async with server(lambda _: forbidden) as (url, _):
        with pytest.raises(FetchError) as caught:
            await fetch(url, policy=LOOPBACK, max_redirects=3)
    assert caught.value.kind == "address"


async def test_a_redirect_elsewhere_is_followed_without_the_callers_headers() -> None:
    async with server(lambda _: ok(b"there")) as (there, seen):
        moved = f"HTTP/1.1 307 Moved\r\nlocation: {there}/x\r\ncontent-length: 0\r\n\r\n".encode()
        async with server(lambda _: moved) as (here, _):
            reply = await fetch(here, policy=LOOPBACK, headers={"Authorization": "Bearer s"}, max_redirects=1)
    assert reply.body == b"there"
    assert b"authorization" not in seen[0].lower()


async def test_redirects_end() -> None:
    async with server(lambda _: b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n") as (url, seen):
        with pytest.raises(FetchError, match="too many"):
            await fetch(url, policy=LOOPBACK, max_redirects=2)
        assert len(seen) == 3
        assert (await fetch(url, policy=LOOPBACK)).status == 302


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "closed"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", "closed"),
        (b"220 mail.example ESMTP\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n", "too_large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000, "too_large"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", "protocol"),
    ],
)
async def test_a_bad_reply_is_told_apart(answer: bytes, kind: str) -> None:
    async with server(lambda _: answer) as (url, _):
        with pytest.raises(FetchError) as caught:
            await fetch(url, policy=LOOPBACK)
    assert caught.value.kind == kind
    assert caught.value.sentence.endswith(".")


async def test_a_reply_without_length_ends_with_the_connection() -> None:
    async with server(lambda _: b"HTTP/1.1 200 OK\r\n\r\nall of it") as (url, _):
        assert (await fetch(url, policy=LOOPBACK)).body == b"all of it"


async def test_informational_replies_are_passed_over() -> None:
    async with server(lambda _: b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok(b"real")) as (url, _):
        assert (await fetch(url, policy=LOOPBACK)).body == b"real"


async def test_silence_ends_in_a_timeout() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        with pytest.raises(FetchError) as caught:
            await fetch(f"http://127.0.0.1:{listener.getsockname()[1]}", policy=LOOPBACK, timeout_s=0.2)
    finally:
        listener.close()
    assert caught.value.kind == "timeout"


async def test_a_closed_port_is_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError) as caught:
        await fetch(f"http://127.0.0.1:{port}", policy=LOOPBACK)
    assert caught.value.kind == "refused"


async def test_plain_http_where_tls_is_expected_is_a_tls_error() -> None:
    def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        with pytest.raises(FetchError) as caught:
            await fetch(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}", policy=LOOPBACK)
    finally:
        listener.close()
    assert caught.value.kind == "tls"


@pytest.mark.parametrize("headers", [{"x": "a\r\nb: c"}, {"a b": "c"}, {"": "c"}])
async def test_a_header_that_could_smuggle_another_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(FetchError) as caught:
        await fetch("http://127.0.0.1:1/", policy=LOOPBACK, headers=headers)
    assert caught.value.kind == "url"


def test_fetch_works_without_an_event_loop() -> None:
    with pytest.raises(FetchError) as caught:
        fetch_sync("http://10.0.0.1/", policy=NetPolicy())
    assert caught.value.kind == "address"
