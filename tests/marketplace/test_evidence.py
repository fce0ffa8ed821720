"""Looking at listed servers, well-behaved and hostile ones, over real HTTP."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest

from core.permissions import SYSTEM
from marketplace.catalogue.schema import Http, Stdio, Variable
from marketplace.gateways.looking import Limits
from marketplace.models import Listing, ListingDay, Probe
from marketplace.packages import ServerPackage, ToolDefinition
from marketplace.services.probing import probe_listing
from marketplace.services.stock import sync_catalogue
from tests.marketplace.publishing import add_live_listing
from tests.peers.fixtures import Peer, Peers

pytestmark = pytest.mark.usefixtures("engine")
QUICK = Limits(open_s=2, list_s=2, ask_s=1)


def listed(url: str, slug: str = "weather", **package: Any) -> Listing:
    way = Http(url=url, **package.pop("way", {}))
    return add_live_listing(slug, slug.title(), ServerPackage(transports=(way,), **package))


def probed(listing: Listing) -> tuple[Probe, dict[str, dict[str, Any]]]:
    probe = probe_listing(listing_id=listing.id, limits=QUICK)
    assert probe is not None
    return probe, {one["code"]: one for one in probe.checks}


def order(peer: Peer, path: str) -> None:
    url = peer.url.removesuffix("/mcp") + path
    urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=5).close()


@pytest.mark.parametrize("era", ["both", "handshake", "stateless"])
def test_a_good_server_passes_every_check(peers: Peers, era: str) -> None:
    listing = listed(peers.start("plain", "--era", era).url)
    probe, checks = probed(listing)
    assert set(checks) == {"reachable", "handshake", "conformance", "drift", "tokens", "latency"}
    assert {code: one["sentence"] for code, one in checks.items() if one["outcome"] != "good"} == {}
    assert probe.outcome == "good"
    assert probe.latency_ms is not None
    assert probe.tokens and probe.tokens > 100
    day = ListingDay.objects.get(listing=listing)
    assert (day.outcome, day.note) == ("good", "")
    listing.refresh_from_db()
    assert listing.health == "good"


@pytest.mark.parametrize(
    ("mode", "code", "outcome"),
    [
        ("slow", "reachable", "bad"),
        ("drip", "reachable", "bad"),
        ("garbage", "handshake", "bad"),
        ("page", "handshake", "bad"),
        ("endless", "handshake", "bad"),
        ("redirect", "handshake", "bad"),
        ("schemas", "conformance", "poor"),
        ("nounknown", "conformance", "poor"),
    ],
)
def test_a_hostile_server_is_told_from_a_good_one(peers: Peers, mode: str, code: str, outcome: str) -> None:
    listing = listed(peers.start("hostile", "--do", mode).url)
    probe, checks = probed(listing)
    assert (checks[code]["outcome"], probe.outcome) == (outcome, outcome)
    assert ListingDay.objects.get(listing=listing).note


def test_a_list_without_end_is_cut(peers: Peers) -> None:
    probe, checks = probed(listed(peers.start("hostile", "--do", "pages").url))
    assert probe.outcome in ("poor", "bad")
    assert checks["conformance"]["sentence"]


def test_what_is_no_tool_is_named(peers: Peers) -> None:
    _probe, checks = probed(listed(peers.start("hostile", "--do", "schemas").url))
    sentence = checks["conformance"]["sentence"]
    assert "A tool has no name." in sentence
    assert "The input schema of text is no object." in sentence
    assert "holds what is no tool" in sentence
    assert checks["tokens"]["sentence"].startswith("The definition of 1 tool")


def test_a_dead_server_is_bad(peers: Peers) -> None:
    peer = peers.start("hostile")
    listing = listed(peer.url)
    peer.kill()
    probe, checks = probed(listing)
    assert (probe.outcome, list(checks)) == ("bad", ["reachable"])
    assert checks["reachable"]["sentence"] == "It cannot be reached."


def test_a_private_address_is_not_asked(db: None) -> None:
    probe, checks = probed(listed("http://10.1.2.3/mcp"))
    assert probe.outcome == "bad"
    assert "private network" in checks["reachable"]["sentence"]


def test_what_wants_a_key_is_good_as_far_as_can_be_told(peers: Peers) -> None:
    key = Variable(name="Authorization", where="header", label="Key", secret=True, template="Bearer {value}")
    way = {"variables": (key,), "sign_in": "key"}
    peer = peers.start("hostile", "--do", "denied")
    listing = listed(peer.url, way=way)
    for mode in ("denied", "refused"):
        order(peer, f"/do?mode={mode}")
        probe, checks = probed(listing)
        assert probe.outcome == "good"
        assert checks["reachable"]["outcome"] == "good"
        assert checks["handshake"]["outcome"] == "unprobed"


def test_tools_that_changed_since_they_were_listed_are_named(peers: Peers) -> None:
    peer = peers.start("hostile")
    listing = listed(peer.url)
    assert probed(listing)[0].outcome == "good"
    order(peer, "/drift")
    probe, checks = probed(listing)
    assert probe.outcome == "poor"
    assert checks["drift"]["sentence"] == ("Gone: pid. Takes other input: add. Described otherwise: echo. New: fresh.")
    # Asked a third time, it is still compared with what was listed.
    assert probed(listing)[1]["drift"]["value"]["removed"] == ["pid"]


def test_tools_are_compared_with_those_of_the_package(peers: Peers) -> None:
    tools = (
        ToolDefinition(name="echo", description="Gives  back\nthe text"),
        ToolDefinition(name="gone", description="Was here once"),
    )
    _probe, checks = probed(listed(peers.start("hostile").url, tools=tools))
    assert checks["drift"]["sentence"].startswith("Gone: gone. New: add, ")


def test_what_another_catalogue_says_of_tools_is_no_promise(peers: Peers) -> None:
    listing = listed(peers.start("hostile").url, tools=(ToolDefinition(name="gone"),))
    Listing.objects.filter(pk=listing.pk).update(source="import:registry")
    assert probed(listing)[1]["drift"]["sentence"] == "Its tools are remembered from now on."


def test_the_toolbox_is_as_it_was_listed(db: None) -> None:
    sync_catalogue(actor=SYSTEM)
    probe, checks = probed(Listing.objects.get(slug="toolbox"))
    assert probe.outcome == "good", probe.checks
    assert "as they were listed" in checks["drift"]["sentence"]


def test_programs_of_others_are_not_run(db: None) -> None:
    package = ServerPackage(transports=(Stdio(runtime="npx", args=("-y", "thing")),))
    probe, checks = probed(add_live_listing("thing", "Thing", package))
    assert probe.outcome == "unprobed"
    assert "sandbox" in checks["reachable"]["sentence"]
    listing = Listing.objects.get(slug="thing")
    assert listing.health == "unprobed"


def test_only_our_own_program_counts_as_bundled(db: None) -> None:
    ours = ServerPackage(transports=(Stdio(runtime="python", args=("-m", "proxy.bundled")),), bundled=True)
    stranger = add_live_listing("stranger", "Stranger", ours)
    assert probed(stranger)[0].outcome == "unprobed"
    Listing.objects.filter(pk=stranger.pk).update(source="stock")
    probe, checks = probed(stranger)
    assert probe.outcome == "good", [one for one in probe.checks if one["outcome"] != "good"]
    assert checks["tokens"]["value"] > 0


def test_nobody_is_blamed_when_our_own_line_is_down(peers: Peers) -> None:
    peer = peers.start("hostile")
    others = [listed(f"http://127.0.0.1:1/mcp?{number}", f"other-{number}") for number in range(8)]
    listing = listed(peer.url)
    peer.kill()
    assert [probed(other)[0].outcome for other in others] == ["bad"] * 8
    probe, checks = probed(listing)
    assert (probe.outcome, checks["reachable"]["sentence"]) == (
        "unprobed", "Not probed: Crossroads itself could reach nobody.",
    )  # fmt: skip
    assert probed(others[0])[0].outcome == "unprobed"
    # One that answers shows that the line is up.
    probed(listed(peers.start("hostile").url, "alive"))
    assert probed(listing)[0].outcome == "bad"
