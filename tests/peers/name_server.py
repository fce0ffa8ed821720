"""A small name server over UDP and TCP on loopback, with TXT records and every way in which one fails.

with name_server() as names:
    names.records["_crossroads.shop.example"] = [["first piece, ", "second piece"]]
    names.fault = "silent"
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

TXT, NO_SUCH_NAME, SERVER_FAILED = 16, 3, 2
QUESTION = 12


@dataclass
class NameServer:
    """`fault`: silent (no answer), garbage (bytes that are no message), forged (another question's number), failed (an
    error of its own), cut (too long for UDP: to be asked again over TCP)."""

    port: int = 0
    records: dict[str, list[list[str]]] = field(default_factory=dict)
    fault: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """("udp" or "tcp", name) of each question."""

    def answer(self, message: bytes, way: str) -> bytes | None:
        name, end = _name(message, QUESTION)
        self.asked.append((way, name))
        number, question = message[:2], message[QUESTION : end + 4]
        if self.fault == "silent":
            return None
        if self.fault == "garbage":
            return b"\xff" * 40
        if self.fault == "forged":
            number = bytes(255 - byte for byte in number)
        if self.fault == "failed":
            return number + struct.pack("!HHHHH", 0x8180 | SERVER_FAILED, 1, 0, 0, 0) + question
        if self.fault == "cut" and way == "udp":
            return number + struct.pack("!HHHHH", 0x8380, 1, 0, 0, 0) + question
        found = self.records.get(name)
        if found is None:
            return number + struct.pack("!HHHHH", 0x8180 | NO_SUCH_NAME, 1, 0, 0, 0) + question
        return number + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0) + question + b"".join(map(_record, found))


def _record(pieces: list[str]) -> bytes:
    """One TXT record, its name told by where the question has it."""
    data = b"".join(bytes([len(piece.encode())]) + piece.encode() for piece in pieces)
    return struct.pack("!HHHIH", 0xC000 | QUESTION, TXT, 1, 60, len(data)) + data


def _name(message: bytes, at: int) -> tuple[str, int]:
    labels = []
    while size := message[at]:
        labels.append(message[at + 1 : at + 1 + size].decode())
        at += size + 1
    return ".".join(labels).lower(), at + 1


@contextlib.contextmanager
def name_server() -> Iterator[NameServer]:
    """A running one, on a free port for both ways."""
    datagrams, streams = _places()
    found = NameServer(datagrams.getsockname()[1])
    threads = [
        threading.Thread(target=_serve_datagrams, args=(found, datagrams), daemon=True),
        threading.Thread(target=_serve_streams, args=(found, streams), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        for one in (datagrams, streams):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in threads:
            thread.join(5)


def _places() -> tuple[socket.socket, socket.socket]:
    """Two sockets of one port: what is free for datagrams may be taken for streams."""
    for left in reversed(range(20)):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        streams = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        streams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            datagrams.bind(("127.0.0.1", 0))
            streams.bind(("127.0.0.1", datagrams.getsockname()[1]))
        except OSError:
            datagrams.close()
            streams.close()
            if not left:
                raise
        else:
            streams.listen()
            return datagrams, streams
    raise AssertionError


def _serve_datagrams(server: NameServer, place: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            message, sender = place.recvfrom(4096)
            if not message:
                return
            answer = server.answer(message, "udp")
            if answer is not None:
                place.sendto(answer, sender)


def _serve_streams(server: NameServer, place: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _sender = place.accept()
            with connection, contextlib.suppress(OSError, struct.error):
                size = struct.unpack("!H", connection.recv(2))[0]
                answer = server.answer(connection.recv(size), "tcp")
                if answer is not None:
                    connection.sendall(struct.pack("!H", len(answer)) + answer)
