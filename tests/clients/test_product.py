"""The proof on the whole product, as `make run` starts it: two web processes on one port, worker, owner, real stores.

The official clients use every server at once, each feature of the protocol gets through, and the official suite passes
on the open listener.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.conftest import Endpoint
from tests.clients.features import SCENARIOS, STATELESS, Scenario, Way
from tests.clients.product import Product, run_product
from tests.clients.programs import PROGRAMS, Program
from tests.clients.servers import Call, Upstream, all_servers
from tests.conformance import runner
from tests.peers.fixtures import Peers, module_peers  # noqa: F401

pytestmark = [
    pytest.mark.node,
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning"),
]

OPEN = """
from core.permissions import SYSTEM
from proxy.models import Hub
from proxy.services.hubs import update_hub
update_hub(actor=SYSTEM, hub=Hub.objects.get(slug="open"), open=True)
"""
LATE = "list-changed-on-subscription"
"""The suite gives a second and a half for news of a changed list (a SHOULD); a worker discovers the server first."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cr-") as made:  # a socket's path may not be long, and pytest's folders are
        yield Path(made)


@pytest.fixture(scope="module")
def product(folder: Path) -> Iterator[Product]:
    with run_product(folder / "data") as running:
        yield running


@pytest.fixture(scope="module")
def everything(product: Product, folder: Path) -> Endpoint:
    """A hub with all servers: the one that the product brings along is there already, the others are connected."""
    calculate = Call("calculate", {"expression": "2 * (3 + 4)"}, "14")
    servers = [Upstream("toolbox", "", [], calculate)]
    (brought,) = (one["id"] for one in product.api("GET", "servers")["data"] if one["slug"] == "toolbox")
    ids = [brought]
    for server in all_servers(folder):
        if server.slug != "bundled":
            servers.append(server)
            ids.append(
                product.connect(
                    title=server.slug.title(), slug=server.slug, transport="stdio", command=server.command,
                    args=server.args, env=dict(server.env),
                )
            )  # fmt: skip
    return Endpoint(product.add_hub("everything", ids), product.key, servers)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_client_uses_every_server(everything: Endpoint, program: Program) -> None:
    calls = [(server.tool, dict(server.call.arguments)) for server in everything.upstreams]
    seen = program(everything.url, everything.key, calls)
    assert {server.tool for server in everything.upstreams} <= set(seen.tools)
    for server, answer in zip(everything.upstreams, seen.answers, strict=True):
        assert server.call.expected in answer, server.slug


@pytest.fixture(scope="module")
def mixed(product: Product, module_peers: Peers) -> str:  # noqa: F811
    rich = product.connect(
        title="Rich", slug="rich", transport="http", url=module_peers.start("rich", "--page-size", "3").url
    )
    plain = product.connect(title="Plain", slug="plain", transport="http", url=module_peers.start("plain").url)
    return product.add_hub("mixed", [rich, plain])


@pytest.mark.parametrize("mode", ["legacy", STATELESS])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_feature(product: Product, mixed: str, scenario: Scenario, mode: str) -> None:
    asyncio.run(scenario(Way(mixed, product.key, mode, prefix="rich__")))


@pytest.fixture(scope="module")
def open_hub(product: Product, module_peers: Peers) -> str:  # noqa: F811
    """An open hub of the suite's server alone, under bare names, on the listener that needs no key."""
    url = module_peers.start("conformance_server").url
    server = product.connect(title="Conformance", slug="conformance", transport="http", url=url)
    product.add_hub("open", [server], naming="bare")
    product.command("shell", "-c", OPEN)
    return f"http://127.0.0.1:{product.open_port}/mcp/{product.workspace}/open"


@pytest.mark.parametrize("revision", runner.REVISIONS)
def test_official_suite_passes(open_hub: str, revision: str) -> None:
    report = runner.run(open_hub, revision)
    assert len(report.scenarios) == runner.REQUIRED[revision]
    assert report.failed == []
    assert [line for line in report.warned if LATE not in line] == []
