"""Servers that fail: the caller hears in plain words what is wrong, and every other server goes on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.owner import pool, problems
from proxy.owner.backoff import Backoff
from proxy.owner.client import OwnerUpstreams
from tests.owner.kit import TALKER, Listener, OwnerProcess, call, params, until

pytestmark = pytest.mark.anyio

PEER = ("-m", "tests.peers.stdio_peer")


async def failure(client: OwnerUpstreams, spec: UpstreamSpec) -> UpstreamProblem:
    with pytest.raises(UpstreamProblem) as caught:
        await client.session(spec, era="handshake")
    return caught.value


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"command": "no-such-command"}, "not_found", "The command no-such-command was not found"),
        ({"command": "/etc/passwd"}, "not_found", "may not be run"),
        ({"command": "nul\0byte"}, "not_found", "zero byte"),
        ({"env": {"A=B": "c"}}, "not_found", "a name that cannot be used"),
        ({"env": {"HUGE": "x" * (3 << 20)}}, "not_found", "could not be started: Argument list too long"),
        ({"cwd": "/no/such/folder"}, "not_found", "The folder /no/such/folder cannot be used"),
        ({"command": "sh", "args": ("-c", "echo no key given >&2; exit 3")}, "exited", "exited with code 3 before"),
        ({"command": "sh", "args": ("-c", "kill -SEGV $$")}, "exited", "was ended by SIGSEGV"),
        ({"command": "echo", "args": ("hello",)}, "not_mcp", "does not speak MCP"),
        ({"command": "yes"}, "not_mcp", "does not speak MCP"),
        ({"command": "sh", "args": ("-c", "exec >&-; sleep 60")}, "closed", "closed its input or output"),
        ({"command": "head", "args": ("-c", "20000000", "/dev/zero")}, "too_large", "larger than 16 MB"),
    ],
)
async def test_a_command_that_cannot_serve_says_why(
    owner: OwnerProcess, change: dict[str, Any], kind: str, said: str
) -> None:
    problem = await failure(owner.client(), owner.spec(*TALKER, **change))
    assert problem.kind == kind
    assert said in problem.sentence
    await until(lambda: not owner.left(), "nothing left of it")


async def test_stderr_is_the_evidence_and_holds_no_secret(owner: OwnerProcess) -> None:
    script = 'echo "bad key $API_KEY in $SOME_PATH" >&2; exit 1'
    env = {"API_KEY": "sk-very-secret", "SOME_PATH": "/srv/data"}
    problem = await failure(owner.client(), owner.spec("-c", script, command="sh", env=env))
    assert problem.detail == "bad key [API_KEY] in /srv/data"


async def test_a_server_that_never_answers_the_handshake_is_given_up(owners: Callable[..., OwnerProcess]) -> None:
    owner = owners(OWNER_START_TIMEOUT_S="0.7")
    problem = await failure(owner.client(), owner.spec(*PEER, "--hang", "--say-on-stderr", "waiting for godot"))
    assert (problem.kind, problem.detail) == ("timeout", "waiting for godot")
    assert "within 0.7 seconds" in problem.sentence
    await until(lambda: not owner.left(), "nothing left of it")


async def test_noise_between_the_messages_is_tolerated(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*PEER, "--noise"), era="handshake")
    assert (await session.request("tools/call", params("echo", text="hi"))).result is not None


async def test_a_flood_on_stderr_holds_up_nobody_and_is_bounded(owner: OwnerProcess) -> None:
    client = owner.client()
    session = await client.session(owner.spec(*PEER, "--flood-stderr"), era="handshake")
    other = await client.session(owner.spec(*TALKER, server_id="srv_other"), era="handshake")
    for _ in range(20):
        await asyncio.gather(session.request("tools/list", b"{}"), call(other, "echo"))
    status = await client.status("srv_test")
    assert 0 < len(status.children[0].stderr) <= 4096
    assert status.rss < 200 << 20


async def test_a_flood_of_notes_ends_in_the_answer(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    listener = Listener()
    assert (await session.request("tools/call", params("flood", lines=5000), peer=listener)).result is not None
    assert 0 < len(listener.notes) <= 5000


async def test_a_server_that_exits_in_mid_call_fails_that_call_and_is_started_for_the_next(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*PEER), era="handshake")
    with pytest.raises(UpstreamProblem) as caught:
        await session.request("tools/call", params("crash"))
    assert (caught.value.kind, caught.value.status) == ("exited", 3)
    assert caught.value.sentence == "The server exited with code 3."
    assert "the sky fell" in caught.value.detail
    before, generation = session.incarnation, session.generation
    assert (await session.request("tools/call", params("echo"))).result is not None
    assert session.incarnation != before
    assert session.generation == generation + 1


async def test_a_call_that_takes_too_long_is_given_up_and_the_session_lives(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    with pytest.raises(UpstreamProblem, match=r"The server did not answer tools/call within 0\.2 seconds") as caught:
        await session.request("tools/call", params("wait"), timeout_ms=200)
    assert caught.value.kind == "timeout"
    assert len((await call(session, "seen"))["cancelled"]) == 1


async def test_large_messages_pass_and_larger_ones_are_refused(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    assert len(await call(session, "big", bytes=8 << 20)) == 8 << 20
    assert len(await call(session, "echo", text="y" * (4 << 20))) == 1
    with pytest.raises(UpstreamProblem) as caught:
        await call(session, "echo", text="y" * (17 << 20))
    assert caught.value.kind == "too_large"
    with pytest.raises(UpstreamProblem) as caught:
        await call(session, "big", bytes=17 << 20)
    assert caught.value.kind == "too_large"


async def test_a_crash_loop_is_slowed_down_and_a_draft_is_not(owner: OwnerProcess) -> None:
    client = owner.client()
    broken = owner.spec("-c", "exit 7", command="sh")
    problems = [await failure(client, broken) for _ in range(4)]
    assert "next try is possible in" in problems[3].sentence
    assert problems[3].kind == "exited"
    draft = owner.spec("-c", "exit 7", command="sh", fingerprint="")
    assert all(["next try" not in (await failure(client, draft)).sentence for _ in range(5)])
    await client.stop("srv_test")
    assert "next try" not in (await failure(client, broken)).sentence


async def test_a_draft_has_a_child_of_its_own_that_ends_with_it(owner: OwnerProcess) -> None:
    client = owner.client()
    draft = owner.spec(*TALKER, fingerprint="")
    first, second = await client.session(draft, era="handshake"), await client.session(draft, era="handshake")
    assert await call(first, "pid") != await call(second, "pid")
    await first.close()
    await second.close()
    await until(lambda: not owner.left(), "both ended")
    with pytest.raises(UpstreamProblem, match="was closed"):
        await call(first, "pid")


async def test_without_an_owner_the_problem_is_named_soon(owner: OwnerProcess) -> None:
    await owner.client().session(owner.spec(*TALKER), era="handshake")
    owner.stop()
    client = owner.client(connect_timeout_s=0.2)
    with pytest.raises(UpstreamProblem, match="The process that runs stdio servers is away") as caught:
        await client.session(owner.spec(*TALKER), era="handshake")
    assert caught.value.kind == "refused"


async def test_a_wrong_token_is_refused(owner: OwnerProcess) -> None:
    await owner.client().status()
    stranger = OwnerUpstreams(owner.socket, "not the token at all", connect_timeout_s=0.1)
    with pytest.raises(UpstreamProblem):
        await stranger.status()


def test_backoff_grows_to_a_minute_and_success_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("proxy.owner.backoff.time.monotonic", lambda: now)
    backoff = Backoff()
    spec = UpstreamSpec(
        server_id="s", workspace_id="w", slug="s", title="S", transport="stdio", command=sys.executable, fingerprint="f"
    )
    problem = problems.exited(1, "", ready=True)
    waits = []
    for _ in range(12):
        backoff.failed(spec, problem)
        began = now
        while True:
            try:
                backoff.check(spec)
                break
            except UpstreamProblem:
                now += 1
        waits.append(now - began)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    backoff.steady(spec)
    backoff.failed(spec, problem)
    backoff.check(spec)
    assert pool.SUPERSEDED_IDLE_S < 60
