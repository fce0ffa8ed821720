"""Sessions through the owner: handshakes of both eras, sharing, and who hears what."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from typing import Any

import pytest

from proxy.engine.ports import UpstreamProblem
from tests.owner.kit import TALKER, Listener, OwnerProcess, call, params, read, until

pytestmark = pytest.mark.anyio


async def test_the_handshake_era_is_opened_with_its_newest_version(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake", capabilities=b'{"roots":{}}')
    assert (session.era, session.version) == ("handshake", "2025-11-25")
    assert json.loads(session.hello)["serverInfo"]["name"] == "talker"
    seen = await call(session, "seen")
    assert seen["greeting"]["protocolVersion"] == "2025-11-25"
    assert seen["greeting"]["capabilities"] == {"roots": {}}
    assert seen["greeting"]["clientInfo"]["name"] == "crossroads"
    assert seen["meta"] == {}


async def test_an_older_version_is_asked_for_when_the_caller_wants_it(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake", version="2025-03-26")
    assert session.version == "2025-03-26"


async def test_the_stateless_era_is_opened_by_discovery_and_says_itself_in_each_request(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="stateless")
    assert (session.era, session.version) == ("stateless", "2026-07-28")
    assert json.loads(session.hello)["supportedVersions"] == ["2026-07-28"]
    own = {"_meta": {"io.modelcontextprotocol/clientCapabilities": {"sampling": {}}, "x": 1}}
    seen = read(await session.request("tools/call", json.dumps({"name": "seen", **own}).encode()))
    meta = {name.removeprefix("io.modelcontextprotocol/"): value for name, value in seen["meta"].items()}
    assert meta["protocolVersion"] == "2026-07-28"
    assert meta["clientInfo"]["name"] == "crossroads"
    assert meta["clientCapabilities"] == {"sampling": {}}
    assert meta["x"] == 1


async def test_a_server_of_the_other_era_is_unsupported_and_says_so(owner: OwnerProcess) -> None:
    client = owner.client()
    for speaks, asked in (("handshake", "stateless"), ("stateless", "handshake")):
        spec = owner.spec("-m", "tests.peers.stdio_peer", "--era", speaks, server_id=f"srv_{speaks}")
        with pytest.raises(UpstreamProblem) as caught:
            await client.session(spec, era=asked)  # type: ignore[arg-type]
        assert caught.value.kind == "unsupported"
        assert (await client.session(spec, era=speaks)).version  # type: ignore[arg-type]


async def test_all_who_wait_share_one_handshake_and_one_child(owner: OwnerProcess) -> None:
    first, second = owner.client("web"), owner.client("gateway")
    spec = owner.spec(*TALKER)
    sessions = await asyncio.gather(*(client.session(spec, era="handshake") for client in (first, second) * 3))
    assert len({await call(session, "pid") for session in sessions}) == 1
    status = await first.status()
    assert (status.started, len(status.children)) == (1, 1)
    assert status.children[0].attached == 2


def _count_in_another_process(socket: str, token: str, spec: Any, results: Any) -> None:
    from proxy.owner.client import OwnerUpstreams

    async def run() -> list[int]:
        client = OwnerUpstreams(socket, token, name="other")
        session = await client.session(spec, era="handshake")
        counts = await asyncio.gather(*(call(session, "count") for _ in range(50)))
        await client.close()
        return counts

    results.put(asyncio.run(run()))


async def test_two_processes_share_one_child_and_never_take_each_others_answers(owner: OwnerProcess) -> None:
    spawn = multiprocessing.get_context("spawn")
    results: Any = spawn.Queue()
    spec = owner.spec(*TALKER)
    arguments = (str(owner.socket), owner.token, spec, results)
    workers = [spawn.Process(target=_count_in_another_process, args=arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    counts = [await asyncio.to_thread(results.get, True, 60) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert sorted(counts[0] + counts[1]) == list(range(1, 101))
    assert (await owner.client().status()).started == 1


async def test_scope_capabilities_and_fingerprint_keep_children_apart(owner: OwnerProcess) -> None:
    client = owner.client()
    spec = owner.spec(*TALKER)
    sessions = [
        await client.session(spec, era="handshake"),
        await client.session(spec, era="handshake", scope="one"),
        await client.session(spec, era="handshake", scope="two"),
        await client.session(spec, era="handshake", capabilities=b'{"sampling":{}}'),
        await client.session(owner.spec(*TALKER, fingerprint="f2"), era="handshake"),
    ]
    assert len({await call(session, "pid") for session in sessions}) == 5
    again = await client.session(spec, era="handshake", scope="one", capabilities=b" { } ")
    assert again is sessions[1]


async def test_overlapping_requests_get_their_own_answers(owner: OwnerProcess) -> None:
    one, two = owner.client(), owner.client()
    spec = owner.spec(*TALKER)
    sessions = [await client.session(spec, era="handshake") for client in (one, two)]
    tasks = [call(sessions[number % 2], "echo", number=number) for number in range(200)]
    assert [answer["number"] for answer in await asyncio.gather(*tasks)] == list(range(200))


async def test_a_line_break_inside_the_parameters_does_not_break_the_line(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    pretty = json.dumps({"name": "echo", "arguments": {"a": "b\nc"}}, indent=2).replace("\n", "\r\n")
    assert read(await session.request("tools/call", pretty.encode())) == {"a": "b\nc"}


async def test_parameters_that_are_no_object_are_refused_before_they_are_sent(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="stateless")
    with pytest.raises(UpstreamProblem, match="not a JSON object"):
        await session.request("tools/call", b"[1]")


async def test_progress_comes_in_order_before_the_answer_and_under_the_callers_own_token(owner: OwnerProcess) -> None:
    spec = owner.spec(*TALKER)
    listeners = [Listener(), Listener()]
    sessions = [await owner.client().session(spec, era="handshake") for _ in listeners]
    body = json.dumps({"name": "progress", "arguments": {"steps": 20}, "_meta": {"progressToken": "same"}}).encode()
    await asyncio.gather(
        *(
            session.request("tools/call", body, peer=listener)
            for session, listener in zip(sessions, listeners, strict=True)
        )
    )
    for listener in listeners:
        assert [note["progress"] for _, note in listener.notes] == list(range(20))
        assert {note["progressToken"] for _, note in listener.notes} == {"same"}


async def test_a_log_goes_to_the_request_under_way_and_a_list_change_to_all_who_listen(owner: OwnerProcess) -> None:
    spec = owner.spec(*TALKER)
    calling, watching, deaf = Listener(), Listener(), Listener()
    session = await owner.client().session(spec, era="handshake")
    await owner.client().session(spec, era="handshake", peer=watching)
    await session.request("tools/call", params("log", text="hello"), peer=calling)
    assert calling.notes == [("notifications/message", {"level": "info", "data": "hello"})]
    session.attach(deaf)
    session.detach(deaf)
    await session.request("tools/call", params("announce"), peer=calling)
    await until(lambda: watching.notes, "the list change")
    assert [method for method, _ in watching.notes] == ["notifications/tools/list_changed"]
    assert not deaf.notes
    assert len(calling.notes) == 1


async def test_what_a_subscription_says_goes_to_the_request_that_opened_it(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="stateless")
    listener = Listener()
    task = asyncio.create_task(session.request("subscriptions/listen", b"{}", peer=listener))
    await until(lambda: len(listener.notes) == 2, "both notes")
    assert [method for method, _ in listener.notes] == [
        "notifications/subscriptions/acknowledged",
        "notifications/tools/list_changed",
    ]
    task.cancel()


async def test_a_cancelled_call_is_cancelled_upstream(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    task = asyncio.create_task(session.request("tools/call", params("wait")))
    status = owner.client("watch").status
    while (await status()).children[0].in_flight == 0:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len((await call(session, "seen"))["cancelled"]) == 1


async def test_a_client_that_goes_away_has_its_calls_cancelled(owner: OwnerProcess) -> None:
    spec = owner.spec(*TALKER)
    leaving, staying = owner.client(), owner.client()
    session = await leaving.session(spec, era="handshake")
    kept = await staying.session(spec, era="handshake")
    task = asyncio.create_task(session.request("tools/call", params("wait")))
    while (await staying.status()).children[0].in_flight == 0:
        await asyncio.sleep(0.01)
    await leaving.close()
    with pytest.raises(UpstreamProblem):
        await task
    while (await staying.status()).children[0].attached == 2:
        await asyncio.sleep(0.01)
    assert len((await call(kept, "seen"))["cancelled"]) == 1


@pytest.mark.parametrize("method", ["sampling/createMessage", "elicitation/create", "roots/list"])
async def test_a_question_of_the_server_reaches_the_caller_and_its_answer_the_server(
    owner: OwnerProcess, method: str
) -> None:
    async def reply(asked: str, with_: Any) -> Any:
        return {"method": asked, "got": with_}

    idle, caller = Listener(reply), Listener(reply)
    spec = owner.spec(*TALKER)
    await owner.client().session(spec, era="handshake", peer=idle)
    session = await owner.client().session(spec, era="handshake")
    answer = read(await session.request("tools/call", params("ask", method=method, params={"a": 1}), peer=caller))
    assert answer["result"] == {"method": method, "got": {"a": 1}}
    assert caller.asked == [(method, {"a": 1})]
    assert not idle.asked


async def test_a_question_goes_to_whoever_listens_when_the_caller_does_not(owner: OwnerProcess) -> None:
    async def reply(asked: str, with_: Any) -> Any:
        return {}

    listener = Listener(reply)
    spec = owner.spec(*TALKER)
    await owner.client().session(spec, era="handshake", peer=listener)
    session = await owner.client().session(spec, era="handshake")
    assert (await call(session, "ask", method="roots/list"))["result"] == {}
    assert len(listener.asked) == 1


async def test_a_question_that_nobody_can_hear_is_refused_and_a_ping_is_answered(owner: OwnerProcess) -> None:
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    assert (await call(session, "ask", method="roots/list"))["error"]["code"] == -32601
    assert (await call(session, "ask", method="ping"))["result"] == {}


async def test_a_question_that_the_server_withdraws_is_withdrawn_from_the_peer(owner: OwnerProcess) -> None:
    async def never(asked: str, with_: Any) -> Any:
        await asyncio.Event().wait()

    listener = Listener(never)
    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    task = asyncio.create_task(session.request("tools/call", params("ask", method="elicitation/create"), peer=listener))
    await until(lambda: listener.asked, "the question")
    await call(session, "withdraw", ask="ask-1")
    await until(lambda: listener.withdrawn == 1, "the withdrawal")
    task.cancel()


async def test_a_peer_that_fails_becomes_an_error_for_the_server(owner: OwnerProcess) -> None:
    async def broken(asked: str, with_: Any) -> Any:
        raise RuntimeError("broken")

    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    reply = await session.request("tools/call", params("ask", method="roots/list"), peer=Listener(broken))
    assert read(reply)["error"]["code"] == -32603


async def test_the_clock_stands_still_while_a_person_is_asked(owner: OwnerProcess) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def reply(method: str, with_: Any) -> Any:
        asked.set()
        await go_on.wait()
        return {"action": "accept"}

    session = await owner.client().session(owner.spec(*TALKER), era="handshake")
    body = params("ask", method="elicitation/create")
    task = asyncio.create_task(session.request("tools/call", body, peer=Listener(reply), timeout_ms=300))
    await asked.wait()
    waited = asyncio.get_running_loop().time() + 1.0
    await until(lambda: asyncio.get_running_loop().time() > waited, "a second")
    go_on.set()
    assert read(await task)["result"] == {"action": "accept"}


async def test_a_server_on_the_official_sdk_works_in_both_eras(owner: OwnerProcess) -> None:
    spec = owner.spec("-m", "tests.peers.rich", "--stdio")
    client = owner.client()
    for era in ("handshake", "stateless"):
        session = await client.session(spec, era=era)
        reply = await session.request("tools/list", b"{}")
        assert json.loads(bytes(reply.result or b""))["tools"]
