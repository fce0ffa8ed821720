import pytest

from proxy.engine import sse
from proxy.engine.sse import Parser, TooLarge

TEXT = (
    b'event: message\nid: 7\ndata: {"a":1}\n\n: ping\n\n'
    b"retry: 250\ndata: one\ndata:two\n\ndata\n\nid: 8\n\nunknown: x\n\n"
)
EXPECTED = [
    (b'{"a":1}', "7", "message", -1),
    (b"one\ntwo", "", "", 250),
    (b"", "", "", -1),
    (b"", "8", "", -1),
]


def read(data: bytes, size: int) -> list[tuple[bytes, str, str, int]]:
    parser = Parser(10_000)
    events = [event for at in range(0, len(data), size) for event in parser.feed(data[at : at + size])]
    return [(event.data, event.id, event.event, event.retry_ms) for event in events]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_however_they_are_cut(line_end: bytes, size: int) -> None:
    data = TEXT.replace(b"\n", line_end)
    # A lone CR at the very end may be half of a line end: what stands before the last one is whole.
    assert read(data + b": end" + line_end, size) == EXPECTED


def test_a_byte_order_mark_and_strange_fields_do_no_harm() -> None:
    assert read(b"\xef\xbb\xbfdata: x\n\nid: a\0b\nretry: soon\ndata: y\n\n", 4) == [
        (b"x", "", "", -1),
        (b"y", "", "", -1),
    ]


def test_an_event_may_not_grow_without_end() -> None:
    parser = Parser(1000)
    with pytest.raises(TooLarge):
        for _ in range(200):
            parser.feed(b"data: 0123456789\n")
    lines = Parser(1000)
    with pytest.raises(TooLarge):
        for _ in range(200):
            lines.feed(b"0123456789")


def test_an_event_of_empty_lines_may_not_grow_either() -> None:
    parser = Parser(10_000)
    with pytest.raises(TooLarge):
        for _ in range(100):
            parser.feed(b"data:\n" * 200)
    parser = Parser(10_000)
    for _ in range(100):
        assert parser.feed(b"data:\n" * 200 + b"\n")


def test_many_small_events_are_no_large_one() -> None:
    parser = Parser(100)
    assert sum(len(parser.feed(b"data: 0123456789\n\n")) for _ in range(1000)) == 1000


def test_what_is_written_is_read() -> None:
    data = (
        sse.encode(b'{"a":"x",\n"b":2}', event_id="g:1") + sse.PING + sse.prime("p:2", retry_ms=5) + sse.encode(b"{}")
    )
    assert read(data, 1000) == [
        (b'{"a":"x", "b":2}', "g:1", "message", -1),
        (b"", "p:2", "", 5),
        (b"{}", "", "message", -1),
    ]
