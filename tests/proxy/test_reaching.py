"""Real servers, over HTTP and as commands: tried before they are saved, discovered, and called by workers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.services import create_key, revoke_key
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.models import Job, WebhookDelivery
from proxy.adapters import runtime
from proxy.adapters.wiring import Engine
from proxy.engine.own_stream import changed_lists
from proxy.engine.ports import HubSnapshot, Reply, UpstreamProblem
from proxy.importers.drafts import ServerDraft
from proxy.models import Call, CallJob, Hub, Server
from proxy.selectors.calls import call_lines, find_call, opened_payload
from proxy.selectors.servers import draft_of
from proxy.services.barring import apply_stdio_policy, bar_of
from proxy.services.calls import begin_call, fail_call, finish_call, forget_old_runs, opened_result, request_call
from proxy.services.hubs import create_hub, delete_hub, pause_hub, update_hub
from proxy.services.runs import run_call, run_discovery, run_let_go
from proxy.services.servers import connect_server, pause_server, resume_server, update_server
from proxy.services.stdio import bundled_draft
from proxy.services.testing import ADVICE, ConnectionTest, test_connection
from proxy.stdio_policy import REFUSAL
from tests.peers.fixtures import ROOT, Peers, stdio_command, wait_until
from tests.proxy.conftest import Cast

pytestmark = pytest.mark.usefixtures("engine")


def over_http(url: str, **more: Any) -> ServerDraft:
    return ServerDraft(title="Peer", transport="http", url=url, timeout_ms=8000, **more)


def command(*arguments: str, **more: Any) -> ServerDraft:
    program, args = stdio_command("stdio_peer", *arguments)
    return ServerDraft(
        title="Peer", transport="stdio", command=program, args=tuple(args), cwd=str(ROOT), timeout_ms=8000, **more
    )


def tried(cast: Cast, draft: ServerDraft, server: Server | None = None) -> ConnectionTest:
    return test_connection(actor=cast.operator, workspace=cast.workspace, draft=draft, server=server)


def test_a_server_that_answers_says_who_it_is(cast: Cast, peers: Peers) -> None:
    found = tried(cast, over_http(peers.start("plain", "--name", "plain").url))
    assert (found.ok, found.kind, found.server_name) == (True, "", "plain")
    assert "2026-07-28" in found.versions
    assert "plain" in str(found.sentence)
    assert not Server.objects.exists()


@pytest.mark.parametrize(
    ("how", "kinds"),
    [
        ("dead", {"refused"}),
        ("html", {"not_mcp"}),
        ("json", {"not_mcp", "protocol"}),
        ("raw", {"protocol", "not_mcp"}),
        ("garbage", {"not_mcp", "protocol"}),
        ("unauthorized", {"unauthorized"}),
        ("forbidden", {"forbidden"}),
        ("notfound", {"not_mcp"}),
    ],
)
def test_what_is_wrong_with_an_address_is_said_in_words(cast: Cast, peers: Peers, how: str, kinds: set[str]) -> None:
    found = tried(cast, over_http(peers.start("broken", how).url))
    assert not found.ok
    assert found.kind in kinds
    assert found.sentence
    assert (found.title, found.advice) == (ADVICE[found.kind].title, ADVICE[found.kind].advice)


def test_silence_is_waited_for_no_longer_than_the_limit(cast: Cast, peers: Peers) -> None:
    draft = replace(over_http(peers.start("broken", "hang").url), timeout_ms=1000)
    found = tried(cast, draft)
    assert (found.ok, found.kind) == (False, "timeout")
    assert found.duration_ms < 5000


def test_a_certificate_that_nobody_signed_is_a_matter_of_tls(cast: Cast, peers: Peers) -> None:
    assert tried(cast, over_http(peers.start("tls_server").url)).kind == "tls"


def test_an_address_that_redirects_inwards_is_not_followed(cast: Cast, peers: Peers) -> None:
    found = tried(cast, over_http(peers.start("broken", "redirect").url))
    assert not found.ok
    assert "169.254" not in found.detail


def test_a_name_that_leads_to_a_private_address_is_refused(cast: Cast) -> None:
    found = tried(cast, over_http("http://10.0.0.9.nip.invalid/mcp"))
    assert not found.ok
    assert found.kind in {"refused", "address"}


def test_a_command_that_is_not_there(cast: Cast) -> None:
    found = tried(cast, ServerDraft(title="X", transport="stdio", command="no-such-program-here"))
    assert found.kind == "not_found"
    assert "no-such-program-here" in str(found.sentence)


def test_a_command_that_ends_shows_its_stderr_with_secrets_masked(cast: Cast) -> None:
    draft = command("--exit", "3", "--say-on-stderr", "the token hunter22 is wrong", env={"TOKEN": "hunter22"})
    found = tried(cast, draft)
    assert found.kind == "exited"
    assert "the token" in found.detail
    assert "hunter22" not in found.detail + str(found.sentence)


def test_a_command_that_answers(cast: Cast) -> None:
    assert tried(cast, command()).ok


def test_stored_secrets_serve_a_test_that_leaves_them_blank(cast: Cast, peers: Peers) -> None:
    peer = peers.start("plain", "--need-header", "X-Key: secret1")
    draft = over_http(peer.url, headers={"X-Key": "secret1"})
    assert tried(cast, over_http(peer.url)).kind == "unauthorized"
    server = connect_server(actor=cast.operator, workspace=cast.workspace, draft=draft)
    assert tried(cast, draft_of(server), server).ok


def test_only_those_who_manage_servers_may_test(cast: Cast, peers: Peers) -> None:
    for who in ("member", "viewer", "outsider"):
        with pytest.raises(PermissionProblem):
            test_connection(actor=getattr(cast, who), workspace=cast.workspace, draft=over_http("http://127.0.0.1:9/"))


def connected(cast: Cast, draft: ServerDraft) -> Server:
    server = connect_server(actor=cast.operator, workspace=cast.workspace, draft=draft)
    run_discovery(server_id=server.id)
    server.refresh_from_db()
    return server


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_a_server_is_discovered(cast: Cast, peers: Peers, transport: str) -> None:
    draft = over_http(peers.start("plain", "--tools", "2").url) if transport == "http" else command()
    server = connected(cast, draft)
    assert (server.state, server.problem) == ("running", "")
    assert set(server.eras) == {"handshake", "stateless"}
    assert "echo" in set(server.features.values_list("name", flat=True))


def test_a_server_over_sse_is_discovered(cast: Cast, peers: Peers) -> None:
    peer = peers.start("rich", "--sse")
    server = connected(cast, ServerDraft(title="Old", transport="sse", url=peer.url, timeout_ms=8000))
    assert (server.state, server.problem) == ("running", "")
    assert server.features.filter(kind="prompt").exists()


def test_a_rich_server_brings_resources_templates_and_prompts_from_many_pages(cast: Cast, peers: Peers) -> None:
    server = connected(cast, over_http(peers.start("rich", "--page-size", "2").url))
    assert server.state == "running", server.problem
    kinds = set(server.features.values_list("kind", flat=True))
    assert kinds == {"tool", "resource", "template", "prompt"}


def test_a_server_that_dies_is_broken_and_comes_back(cast: Cast, peers: Peers) -> None:
    peer = peers.start("plain")
    server = connected(cast, over_http(peer.url))
    peer.kill()
    run_discovery(server_id=server.id)
    server.refresh_from_db()
    assert (server.state, server.problem_kind) == ("broken", "refused")
    assert server.features.filter(gone_at=None).exists()


def test_a_paused_server_is_left_alone(cast: Cast, peers: Peers) -> None:
    server = connect_server(actor=cast.operator, workspace=cast.workspace, draft=over_http(peers.start("plain").url))
    pause_server(actor=cast.operator, server=server)
    run_discovery(server_id=server.id)
    server.refresh_from_db()
    assert (server.state, server.discovered_at) == ("paused", None)


@pytest.fixture
def hub(cast: Cast, peers: Peers) -> Hub:
    server = connected(cast, over_http(peers.start("plain").url))
    return create_hub(actor=cast.operator, workspace=cast.workspace, title="Main", servers=[server])


def flush() -> None:
    runtime.run(lambda engine: engine.journal.flush())


def test_a_command_ends_with_its_server(cast: Cast) -> None:
    def running() -> int:
        status = runtime.run(lambda engine: engine.owner.status())
        return sum(child.server_id == server.id for child in status.children)

    server = connected(cast, command())
    began = running()
    assert began
    run_let_go(server_id=server.id)
    assert running() == began, "nobody paused or removed it"
    pause_server(actor=cast.operator, server=server)
    assert Job.objects.filter(task="proxy.let_go", subject=server.id).exists()
    run_let_go(server_id=server.id)
    assert running() == 0


def asked(actor: Principal, hub: Hub, method: str, **params: Any) -> Reply:
    """What the gateway of this process answers."""

    async def ask(engine: Engine) -> Reply:
        found = await engine.hubs.by_id(hub.id)
        assert found is not None
        return await engine.gateway.call(actor, found, method, json.dumps(params).encode(), client_name="test")

    return runtime.run(ask)


def served(hub: Hub) -> HubSnapshot:
    found = runtime.run(lambda engine: engine.hubs.by_id(hub.id))
    assert found is not None
    return found


def listed(actor: Principal, hub: Hub) -> list[str]:
    return [tool["name"] for tool in json.loads(bytes(asked(actor, hub, "tools/list").result or b""))["tools"]]


def test_a_paused_server_is_in_no_list_and_who_calls_is_told(cast: Cast, hub: Hub) -> None:
    server = Server.objects.get()
    before = served(hub)
    assert "peer__echo" in listed(cast.member, hub)
    pause_server(actor=cast.operator, server=server)
    wait_until(lambda: served(hub).version > before.version, limit_s=5, what="the change")
    paused = served(hub)
    assert listed(cast.member, hub) == []
    error = asked(cast.member, hub, "tools/call", name="peer__echo", arguments={"text": "x"}).error
    assert b'Server \\"peer\\" is paused' in bytes(error or b"")
    assert changed_lists(before, paused) == ["tools"], "open streams are told list_changed"
    resume_server(actor=cast.operator, server=server)
    wait_until(lambda: served(hub).version > paused.version, limit_s=5, what="the change")
    assert "peer__echo" in listed(cast.member, hub)
    assert changed_lists(paused, served(hub)) == ["tools"]


def test_a_stricter_policy_stops_commands_that_are_connected(cast: Cast, settings: Settings) -> None:
    def allow(*words: str) -> None:
        """As after a restart of everything."""
        runtime.stop()
        settings.ENV = replace(settings.ENV, stdio_policy=words)
        settings.GATEWAY = replace(settings.GATEWAY, stdio_policy=words)

    def running() -> int:
        children = runtime.run(lambda engine: engine.owner.status()).children
        return sum(child.server_id == server.id for child in children)

    allow("everyone")
    server = connect_server(actor=cast.admin, workspace=cast.workspace, draft=command())
    run_discovery(server_id=server.id)
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=[server])
    assert asked(cast.member, hub, "tools/call", name="peer__echo", arguments={"text": "x"}).error is None
    assert running()
    allow("operator")
    assert listed(cast.member, hub) == []
    error = asked(cast.member, hub, "tools/call", name="peer__echo", arguments={"text": "x"}).error
    assert json.loads(bytes(error or b"")) == {
        "code": -32010, "message": f'Server "peer": {REFUSAL}', "data": {"server": "peer", "kind": "not_allowed"},
    }  # fmt: skip
    with pytest.raises(UpstreamProblem, match="does not allow"):
        runtime.run(lambda engine: engine.hubs.spec(server.id))
    assert apply_stdio_policy() == 1
    assert apply_stdio_policy() == 0
    run_let_go(server_id=server.id)
    assert running() == 0
    run_discovery(server_id=server.id)
    server.refresh_from_db()
    assert (server.state, server.problem_kind, server.problem) == ("broken", "not_allowed", REFUSAL)
    assert running() == 0
    allow("acme")
    assert apply_stdio_policy() == 1
    run_discovery(server_id=server.id)
    server.refresh_from_db()
    assert (server.state, server.problem_kind) == ("running", "")


def test_commands_of_the_operator_and_the_bundled_server_run_under_any_policy(cast: Cast, settings: Settings) -> None:
    settings.ENV = replace(settings.ENV, stdio_policy=("everyone",))
    own = connect_server(actor=cast.operator, workspace=cast.workspace, draft=command())
    bundled = connect_server(actor=cast.admin, workspace=cast.workspace, draft=bundled_draft(cast.workspace))
    admins = connect_server(actor=cast.admin, workspace=cast.workspace, draft=replace(command(), title="Admin's"))
    settings.ENV = replace(settings.ENV, stdio_policy=("operator",))
    assert [bool(bar_of(server)) for server in (own, bundled, admins)] == [False, False, True]
    adopted = update_server(actor=cast.operator, server=admins, draft=replace(draft_of(admins), args=("-c", "pass")))
    assert bar_of(adopted) == "", "the operator had this command set"
    cast.users["operator"].is_operator = False
    cast.users["operator"].save()
    assert bar_of(own), "who is no operator any more"


def test_a_call_that_a_worker_runs(cast: Cast, hub: Hub) -> None:
    job = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "héllo"})
    assert job.state == "queued"
    assert b"llo" not in bytes(job.arguments)
    assert Job.objects.filter(task="proxy.run_call", subject=job.id, queue="calls").exists()
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
    assert opened_result(job)["content"][0]["text"] == "héllo"
    flush()
    call = find_call(cast.workspace, job.call)
    assert call is not None
    line = call_lines([call])[0]
    assert line.user == cast.users["member"]
    assert line.server is not None
    assert (line.hub, line.server.title, call.outcome, call.name) == (hub, "Peer", "answered", "peer__echo")


def test_a_second_delivery_finds_the_first(cast: Cast, hub: Hub) -> None:
    job = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "once"})
    run_call(job_id=job.id)
    run_call(job_id=job.id)
    flush()
    assert Call.objects.filter(method="tools/call").count() == 1


def test_a_call_that_a_dead_worker_left_is_never_made_twice(cast: Cast, hub: Hub) -> None:
    job = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "x"})
    assert begin_call(job_id=job.id) is not None
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "may or may not" in job.error
    flush()
    assert not Call.objects.filter(method="tools/call").exists()


def test_the_webhook_hears_of_it(cast: Cast, hub: Hub) -> None:
    job = request_call(
        actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "x"}, webhook_url="http://127.0.0.1:9/hook"
    )
    run_call(job_id=job.id)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.type, delivery.payload["data"]["id"]) == ("call.finished", job.id)
    assert delivery.payload["data"]["result"]["content"][0]["text"] == "x"


def test_an_answer_with_a_zero_byte_is_an_answer(cast: Cast, hub: Hub) -> None:
    job = request_call(
        actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "a\0b"}, webhook_url="http://127.0.0.1:9/hook"
    )
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert job.state == "done"
    assert WebhookDelivery.objects.get().payload["data"]["result"]["content"][0]["text"] == "ab"


def test_an_error_with_a_zero_byte_can_be_kept(cast: Cast, hub: Hub) -> None:
    job = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={})
    assert begin_call(job_id=job.id) is not None
    finish_call(job=job, result=None, error="a\0b")
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "ab")


def test_what_cannot_be_read_is_an_answer_and_no_crash(cast: Cast, hub: Hub) -> None:
    member = cast.member

    async def call(engine: Engine) -> Reply:
        found = await engine.hubs.by_id(hub.id)
        assert found is not None
        return await engine.gateway.call(member, found, "tools/call", b'{"name": Infinity}', client_name="test")

    reply = runtime.run(call)
    assert b"cannot be read" in bytes(reply.error or b"")


def test_a_tool_that_fails_is_done_with_its_error(cast: Cast, hub: Hub) -> None:
    job = request_call(actor=cast.member, hub=hub, tool="peer__close", arguments={})
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert job.state == "failed"
    assert 'Server "peer"' in job.error


def test_who_may_not_any_more_when_it_runs_is_refused(cast: Cast, hub: Hub) -> None:
    from accounts.permissions import principal_of_key

    key, _ = create_key(actor=cast.admin, workspace=cast.workspace, name="K", scopes=["write"])
    job = request_call(actor=principal_of_key(key), hub=hub, tool="peer__echo", arguments={"text": "x"})
    revoke_key(actor=cast.admin, key=key)
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "Sign in, or send a key.")
    flush()
    assert not Call.objects.filter(method="tools/call").exists()


@pytest.mark.parametrize("who", ["viewer", "outsider"])
def test_who_may_not_run_calls(cast: Cast, hub: Hub, who: str) -> None:
    with pytest.raises(PermissionProblem):
        request_call(actor=getattr(cast, who), hub=hub, tool="peer__echo", arguments={})


def test_what_cannot_be_called(cast: Cast, hub: Hub, settings: Settings) -> None:
    with pytest.raises(InvalidProblem, match="no tool"):
        request_call(actor=cast.member, hub=hub, tool="peer__nothing", arguments={})
    with pytest.raises(InvalidProblem):
        request_call(actor=cast.member, hub=hub, tool="peer__echo", webhook_url="http://10.1.1.1/")
    settings.ENV = replace(settings.ENV, max_body_bytes=1024)
    with pytest.raises(InvalidProblem, match="too large"):
        request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "x" * 2000})
    read_only = update_hub(actor=cast.admin, hub=hub, read_only=True)
    with pytest.raises(PermissionProblem):
        request_call(actor=cast.member, hub=read_only, tool="peer__echo", arguments={})
    paused = pause_hub(actor=cast.admin, hub=update_hub(actor=cast.admin, hub=hub, read_only=False))
    with pytest.raises(ServiceProblem, match="paused"):
        request_call(actor=cast.member, hub=paused, tool="peer__echo", arguments={})


def test_payloads_are_kept_where_the_hub_says_so_and_seen_by_admins(cast: Cast, hub: Hub) -> None:
    update_hub(actor=cast.admin, hub=hub, record_payloads=True)

    def recorded() -> Call | None:
        job = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "kept"})
        run_call(job_id=job.id)
        flush()
        job.refresh_from_db()
        return find_call(cast.workspace, job.call)

    # The gateway hears of the change within a moment.
    wait_until(lambda: (call := recorded()) is not None and call.arguments is not None, what="a recorded payload")
    call = Call.objects.exclude(arguments=None).first()
    assert call is not None
    payload = opened_payload(cast.admin, call)
    assert json.loads(payload.arguments or "") == {"text": "kept"}
    assert json.loads(payload.result or "")["content"][0]["text"] == "kept"
    with pytest.raises(PermissionProblem):
        opened_payload(cast.member, call)


def test_a_hub_that_is_gone_when_the_call_runs_is_said_so(cast: Cast, hub: Hub) -> None:
    job = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "x"})
    delete_hub(actor=cast.admin, hub=hub)
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The hub is gone.")


def test_a_worker_that_gives_up_says_so_once(cast: Cast, hub: Hub) -> None:
    job = request_call(
        actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "x"}, webhook_url="http://127.0.0.1:9/hook"
    )
    fail_call(job_id=job.id, error="The database was away.")
    fail_call(job_id=job.id, error="again")
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The database was away.")
    assert WebhookDelivery.objects.get().payload["data"]["error"] == "The database was away."
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert job.state == "failed"


def test_runs_are_kept_for_a_week(cast: Cast, hub: Hub) -> None:
    old = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={})
    new = request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={})
    CallJob.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=8))
    assert forget_old_runs() == 1
    assert list(CallJob.objects.all()) == [new]


def test_a_call_that_takes_too_long_is_given_up(cast: Cast, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.services.runs.CALL_S", 0.5)
    job = request_call(actor=cast.member, hub=hub, tool="peer__hang", arguments={})
    run_call(job_id=job.id)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "too long" in job.error


def test_a_server_that_never_lists_what_it_has_is_broken(
    cast: Cast, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.services.runs.DISCOVERY_S", 0.5)
    server = connected(cast, over_http(peers.start("broken", "hang").url))
    assert (server.state, server.problem_kind) == ("broken", "timeout")
