"""How heavy and how slow pages are: at most 100 kB on the wire at a first visit, and 50 ms in the server."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Iterator

import pytest

from tests.browser.addresses import Address, plain_addresses
from tests.browser.people import Visitor
from tests.browser.world import World

LIMIT_BYTES = 100_000
LIMIT_MS = 50.0
ROUNDS = 7
WARM_UP = 3
"""Two processes answer; each compiles a template when it first needs it."""


@pytest.mark.timeout(300)
def test_every_page_is_light(world: World) -> None:
    weights = {str(address): _weight(address) for address in plain_addresses(world)}
    _report("kB on the wire", {name: size / 1000 for name, size in weights.items()})
    heavy = {name: size for name, size in weights.items() if size > LIMIT_BYTES}
    assert heavy == {}


def _weight(address: Address) -> int:
    """Bytes of everything that a browser with an empty cache gets, compressed and with headers."""
    page = address.visitor.page
    sizes: list[float] = []
    session = page.context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    address.open()
    session.detach()
    return int(sum(sizes))


@pytest.mark.soak  # times are of a machine that does nothing else
@pytest.mark.timeout(300)
def test_every_page_is_quick(world: World) -> None:
    times = {str(address): _time_ms(address) for address in plain_addresses(world)}
    _report("ms in the server", times)
    slow = {name: round(took, 1) for name, took in times.items() if took > LIMIT_MS}
    assert slow == {}


def _time_ms(address: Address) -> float:
    """The median of a few warm requests over one connection, to the last byte."""
    site = address.visitor.site
    connection = http.client.HTTPConnection("localhost", site.port, timeout=30)
    took = list(_requests(connection, address.path, {"Cookie": cookies(address.visitor)}))
    connection.close()
    return statistics.median(took[WARM_UP:]) * 1000


def _requests(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> Iterator[float]:
    for _ in range(WARM_UP + ROUNDS):
        start = time.perf_counter()
        connection.request("GET", path, headers=headers)
        connection.getresponse().read()
        yield time.perf_counter() - start


def cookies(visitor: Visitor) -> str:
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in visitor.context.cookies())


def _report(what: str, figures: dict[str, float]) -> None:
    most = sorted(figures.items(), key=lambda row: -row[1])[:8]
    print(f"\n{len(figures)} pages, median {statistics.median(figures.values()):.1f} {what}; the most:")
    for name, figure in most:
        print(f"  {figure:7.1f}  {name}")
