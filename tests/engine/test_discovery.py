"""What is found out of a server before it is connected, and all that it has afterwards."""

import msgspec
import pytest

from core.net import NetPolicy
from proxy.engine import discovery
from proxy.engine.discovery import discover, probe
from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.engine.upstreams import HttpUpstreams, RoutedUpstreams
from tests.engine.kit import Stage
from tests.engine.upstream import Fails, Upstream, text
from tests.peers.fixtures import Peers


async def within(upstreams: HttpUpstreams, work):
    try:
        return await work
    finally:
        await upstreams.close()


def find(play: Stage, spec: UpstreamSpec, what=discover):
    upstreams = HttpUpstreams(NetPolicy(["127.0.0.0/8"]))
    return play.thread.run(within(upstreams, what(upstreams, spec)))


@pytest.mark.parametrize(
    ("era", "eras", "versions"),
    [
        ("both", ("stateless", "handshake"), ("2026-07-28", "2025-11-25")),
        ("handshake", ("handshake",), ("2025-11-25",)),
        ("stateless", ("stateless",), ("2026-07-28",)),
    ],
)
def test_everything_is_found_in_whatever_era(
    play: Stage, module_peers: Peers, era: str, eras: tuple[str, ...], versions: tuple[str, ...]
) -> None:
    server = module_peers.start("rich", "--era", era, "--page-size", "2")
    found = find(play, play.spec("rich", server.url, fingerprint=""))
    assert (found.eras, found.versions) == (eras, versions)
    assert found.server_name == "rich"
    assert found.server_version
    assert {"tools", "resources", "prompts"} <= set(found.capabilities)
    assert "forecast" in {tool["name"] for tool in found.tools}
    assert len(found.resources) == 7
    assert [template["uriTemplate"] for template in found.templates] == ["rich://notes/{number}"]
    assert [prompt["name"] for prompt in found.prompts] == ["greet", "plan"]
    assert found.notes == ()
    assert found.problem is None


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("dead", "refused", "refused the connection"),
        ("hang", "timeout", "did not answer within"),
        ("html", "not_mcp", "text/html"),
        ("json", "not_mcp", "does not answer as an MCP server"),
        ("unauthorized", "unauthorized", "401"),
        ("forbidden", "forbidden", "403"),
        ("notfound", "not_mcp", "404"),
        ("error500", "protocol", "500"),
        ("redirect", "protocol", "redirects to http://169.254.169.254"),
        ("garbage", "protocol", "no JSON-RPC"),
        ("truncated", "closed", "closed the connection"),
        ("endless", "too_large", "too large"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(
    play: Stage, module_peers: Peers, how: str, kind: str, words: str
) -> None:
    spec = play.spec("x", module_peers.start("broken", how).url, fingerprint="", timeout_ms=700)
    found = find(play, spec, probe)
    assert found.eras == ()
    assert found.problem.kind == kind
    assert words in found.problem.sentence
    with pytest.raises(UpstreamProblem):
        find(play, spec)


def test_a_certificate_that_nobody_vouches_for_is_said_so(play: Stage, module_peers: Peers) -> None:
    found = find(play, play.spec("x", module_peers.start("tls_server").url, fingerprint=""), probe)
    assert found.problem.kind == "tls"
    assert "certificate" in found.problem.sentence


@pytest.mark.parametrize("url", ["", "ftp://x", "http://169.254.169.254/", "http://no-such-host.invalid/mcp"])
def test_an_address_that_cannot_be_used_is_said_so(play: Stage, url: str) -> None:
    found = find(play, play.spec("x", url, fingerprint=""), probe)
    assert found.problem.kind in ("refused", "address")


def test_a_header_that_cannot_be_sent_is_said_so(play: Stage) -> None:
    spec = play.serve(Upstream(), headers={"X-Key": "a\r\nb: c"}, fingerprint="")
    assert "header" in find(play, spec, probe).problem.sentence


def test_the_servers_own_headers_are_sent(play: Stage) -> None:
    upstream = Upstream()
    find(play, play.serve(upstream, headers={"X-Key": "secret"}, fingerprint=""), probe)
    assert {headers.get("x-key") for _, headers in upstream.seen} == {"secret"}


def test_a_draft_leaves_no_session_behind(play: Stage) -> None:
    upstream = Upstream(eras=("handshake",))
    find(play, play.serve(upstream, fingerprint=""), probe)
    assert upstream.sessions == set()
    assert len(upstream.ended) == upstream.opened == 1


def test_pages_without_end_are_cut_off(play: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "MAX_ITEMS", 20)
    upstream = Upstream()

    @upstream.method("tools/list")
    async def pages(asked):
        cursor = int(asked.params.get("cursor", 0))
        return {"tools": [{"name": f"t{cursor}"}], "nextCursor": str(cursor + 1)}

    found = find(play, play.serve(upstream))
    assert len(found.tools) == 20
    assert "no end" in found.notes[0]


def test_a_cursor_that_comes_again_ends_the_list(play: Stage) -> None:
    upstream = Upstream()

    @upstream.method("tools/list")
    async def circle(asked):
        return {"tools": [{"name": "t"}], "nextCursor": "same"}

    found = find(play, play.serve(upstream))
    assert len(found.tools) == 2
    assert found.notes


def test_lists_that_the_server_does_not_have_are_empty(play: Stage) -> None:
    upstream = Upstream()
    upstream.capabilities = {"tools": {}, "prompts": {}}
    found = find(play, play.serve(upstream))
    assert found.prompts == ()
    assert upstream.calls("resources/list") == []


@pytest.mark.parametrize("answer", [{"tools": "nonsense"}, {}, {"tools": None}])
def test_a_list_that_is_none_is_a_problem(play: Stage, answer: dict[str, object]) -> None:
    upstream = Upstream()

    @upstream.method("tools/list")
    async def listed(asked):
        return answer

    with pytest.raises(UpstreamProblem, match="holds no list"):
        find(play, play.serve(upstream))


@pytest.mark.parametrize(
    "said",
    [
        {"_meta": "none", "supportedVersions": 5},
        {"_meta": [1], "supportedVersions": ["2026-07-28", 5, "\0", "x" * 5000]},
        {"serverInfo": "me", "supportedVersions": None},
    ],
)
def test_a_hello_of_the_wrong_shapes_stops_nothing(play: Stage, said: dict[str, object]) -> None:
    upstream = Upstream()

    @upstream.method("server/discover")
    async def hello(asked):
        return {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, **said}

    found = find(play, play.serve(upstream))
    assert set(found.versions) <= {"2026-07-28", "2025-11-25"}
    assert found.versions


def test_a_server_that_refuses_its_list_is_a_problem(play: Stage) -> None:
    upstream = Upstream()

    @upstream.method("tools/list")
    async def listed(asked):
        raise Fails(-32603, "Out of order")

    with pytest.raises(UpstreamProblem, match="Out of order"):
        find(play, play.serve(upstream))


def test_numbers_of_any_size_and_loops_of_references_are_kept(play: Stage) -> None:
    upstream = Upstream()
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}, "maximum": 10**40}

    @upstream.tool("odd", inputSchema=schema)
    async def odd(asked):
        return text("x")

    assert find(play, play.serve(upstream)).tools[0]["inputSchema"] == schema


def test_a_transport_that_this_process_cannot_reach_is_said_so(play: Stage) -> None:
    upstreams = RoutedUpstreams(http=HttpUpstreams(NetPolicy()))
    spec = msgspec.structs.replace(play.spec("x", ""), transport="stdio", command="x")
    found = play.thread.run(within(upstreams, probe(upstreams, spec)))
    assert found.problem.kind == "unsupported"


def test_a_server_behind_a_redirect_of_its_own_is_followed(play: Stage) -> None:
    upstream = Upstream()

    @upstream.tool("echo")
    async def echo(asked):
        return text("x")

    async def moved(scope, receive, send):
        if scope["path"] != "/mcp/real":
            await send({"type": "http.response.start", "status": 307, "headers": [(b"location", b"/mcp/real")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await upstream(scope, receive, send)

    found = find(play, play.spec("x", play.thread.serve(moved) + "/mcp"))
    assert [tool["name"] for tool in found.tools] == ["echo"]
