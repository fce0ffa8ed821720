"""One request of a program of the Agent2Agent protocol: what it may ask of an assistant, and how that is answered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.http import JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from assistants.adapters import a2a
from assistants.adapters.a2a import AgentProblem, Dialect
from assistants.adapters.streams import read_events
from assistants.adapters.threads import release_connections
from assistants.adapters.waiting import wait_for_end
from assistants.answers import Answer
from assistants.models import Assistant, Run
from assistants.selectors.answers import answers_of
from assistants.selectors.tasks import history_of, tasks_of
from assistants.services.agents import cancel_task, find_task, send_message
from core.decision import Principal
from core.errors import ServiceProblem

T = TypeVar("T")
Json = dict[str, Any]
WAIT_S = 600.0
"""How long a message is held that is not streamed; then the task is answered as it is."""


class Desk:
    """One request of a program to an assistant."""

    def __init__(self, assistant: Assistant, actor: Principal, version: str, id: Any) -> None:
        if version and version not in (a2a.V1, a2a.V03, f"{a2a.V1}.0", f"{a2a.V03}.0"):
            raise AgentProblem(a2a.VERSION, _("The versions 1.0 and 0.3 are spoken here."))
        self.assistant = assistant
        self.actor = actor
        self.id = id

    async def answer(self, message: Json) -> HttpResponseBase:
        method = message.get("method")
        if not isinstance(method, str) or message.get("jsonrpc") != "2.0":
            raise AgentProblem(a2a.INVALID_REQUEST, _("This is no request of JSON-RPC 2.0."))
        if any(push in method for push in a2a.PUSH):
            raise AgentProblem(a2a.NO_PUSH, _("Push notifications are not sent from here."))
        what, version = a2a.METHODS.get(method, ("", ""))
        if not what:
            raise AgentProblem(a2a.NO_METHOD, _("The method %s is not known here.") % method[:100])
        params = message.get("params")
        self.dialect = Dialect(version)
        handler: Callable[[Json], Any] = getattr(self, f"_{what}")
        result = await handler(params if isinstance(params, dict) else {})
        return result if isinstance(result, HttpResponseBase) else JsonResponse(self._result(result))

    # -- what can be asked

    async def _send(self, params: Json) -> Json:
        run = await self._begun(params)
        configuration = params.get("configuration")
        configuration = configuration if isinstance(configuration, dict) else {}
        if not configuration.get("returnImmediately") and configuration.get("blocking") is not False:
            await wait_for_end(run.id, WAIT_S)
        return self.dialect.sent(await self._task(run.id, configuration))

    async def _stream(self, params: Json) -> HttpResponseBase:
        return await self._followed((await self._begun(params)).id)

    async def _get(self, params: Json) -> Json:
        return await self._task(_id(params), params)

    async def _cancel(self, params: Json) -> Json:
        task = _id(params)
        try:
            await in_django(lambda: cancel_task(actor=self.actor, assistant=self.assistant, task=task))
        except ServiceProblem as problem:
            if problem.code == "ended":
                raise AgentProblem(a2a.NOT_CANCELABLE, str(problem.sentence)) from None
            raise
        return await self._task(task, {})

    async def _subscribe(self, params: Json) -> HttpResponseBase:
        task = _id(params)
        run = await self._found(task)
        if run.state not in Run.LIVE:
            raise AgentProblem(a2a.UNSUPPORTED, _("The task has ended."))
        return await self._followed(task)

    async def _list(self, params: Json) -> Json:
        def found() -> Json:
            page = tasks_of(self.assistant, self.actor.id, params)
            answers = answers_of(page.runs)
            tasks = [self._written(run, answers[run.id], None) for run in page.runs]
            sizes = {"pageSize": page.size, "totalSize": page.total}
            return {"tasks": tasks, "nextPageToken": page.next, **sizes}

        return await in_django(found)

    # -- how

    async def _begun(self, params: Json) -> Run:
        said = params.get("message")
        if not isinstance(said, dict):
            raise AgentProblem(a2a.INVALID_PARAMS, _("Send a message."))
        text, value = a2a.read_parts(said)
        metadata = said.get("metadata")
        variables = metadata.get("variables") if isinstance(metadata, dict) else None
        return await in_django(
            lambda: send_message(
                actor=self.actor,
                assistant=self.assistant,
                text=text,
                value=value,
                context=str(said.get("contextId") or ""),
                task=str(said.get("taskId") or ""),
                variables=variables if isinstance(variables, dict) else None,
            )
        )

    async def _found(self, task: str) -> Run:
        return await in_django(lambda: find_task(actor=self.actor, assistant=self.assistant, task=task))

    async def _task(self, task: str, asked: Json) -> Json:
        def found() -> Json:
            run = find_task(actor=self.actor, assistant=self.assistant, task=task)
            history = history_of(run, self.dialect, asked.get("historyLength"))
            return self._written(run, answers_of([run])[run.id], history)

        return await in_django(found)

    def _written(self, run: Run, answer: Answer, history: list[Json] | None) -> Json:
        return self.dialect.task(run.id, run.conversation_id, answer, run.finished_at or run.updated_at, history)

    async def _followed(self, task: str) -> StreamingHttpResponse:
        run = await self._found(task)
        response = StreamingHttpResponse(self._events(run), content_type="text/event-stream")
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response

    async def _events(self, run: Run) -> AsyncIterator[bytes]:
        """The task as it begins, what it does, its answer piece by piece, how it ends."""
        dialect, answer = self.dialect, Answer()
        at = (run.id, run.conversation_id)
        answer.state = Run.State.QUEUED
        yield self._event(dialect.told_task(dialect.task(*at, answer, run.created_at)))
        answer.state, pieces, before = Run.State.RUNNING, 0, ""
        async for event in read_events(run.id):
            if event.kind == "alive":
                yield b": alive\n\n"
                continue
            for kind, data in _unfolded(event.kind, event.data):
                answer.add(kind, data)
                if kind == "text":
                    piece = str(data["text"]) if before == "text" or not pieces else "\n\n" + str(data["text"])
                    artifact = dialect.artifact(run.id, "answer", dialect.text(piece))
                    yield self._event(dialect.told_artifact(*at, artifact, append=pieces > 0))
                    pieces += 1
                elif kind in ("start", "tool_call"):
                    doing = _("Calling %s") % (data.get("title") or data.get("name")) if kind == "tool_call" else ""
                    yield self._event(dialect.told_status(*at, dialect.status(*at, answer, said=doing), final=False))
                before = kind
        for artifact in dialect.artifacts(run.id, answer):
            if artifact["name"] != "answer" or not pieces:
                yield self._event(dialect.told_artifact(*at, artifact, last=True))
        yield self._event(dialect.told_status(*at, dialect.status(*at, answer), final=True))

    def _event(self, result: Json) -> bytes:
        return f"data: {json.dumps(self._result(result), ensure_ascii=False)}\n\n".encode()

    def _result(self, result: Json) -> Json:
        return {"jsonrpc": "2.0", "id": self.id, "result": result}


def _unfolded(kind: str, data: Json) -> list[tuple[str, Json]]:
    """`message` stands for all that came before it, once the stream itself is gone."""
    if kind != "message":
        return [(kind, data)]
    return [(str(part["kind"]), part) for part in data.get("parts", ())]


def _id(params: Json) -> str:
    found = params.get("id")
    if not isinstance(found, str) or not found:
        raise AgentProblem(a2a.INVALID_PARAMS, _("Name the task by its id."))
    return found


async def in_django(work: Callable[[], T]) -> T:
    """Run what uses the database, and give its connection back: what follows may wait for minutes."""

    def run() -> T:
        try:
            return work()
        finally:
            release_connections()

    return await sync_to_async(run)()
