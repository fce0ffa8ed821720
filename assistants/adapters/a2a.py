"""The words of the Agent2Agent protocol, 1.0 and 0.3: both stand for the same tasks.

A task is a run, a context is a conversation. A request says by its method which of the two it speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assistants.answers import Answer

Json = dict[str, Any]

V1, V03 = "1.0", "0.3"
METHODS: Mapping[str, tuple[str, str]] = {
    "SendMessage": ("send", V1),
    "SendStreamingMessage": ("stream", V1),
    "GetTask": ("get", V1),
    "ListTasks": ("list", V1),
    "CancelTask": ("cancel", V1),
    "SubscribeToTask": ("subscribe", V1),
    "message/send": ("send", V03),
    "message/stream": ("stream", V03),
    "tasks/get": ("get", V03),
    "tasks/cancel": ("cancel", V03),
    "tasks/resubscribe": ("subscribe", V03),
}
PUSH = ("PushNotificationConfig", "pushNotificationConfig")
PARSE, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
NO_TASK, NOT_CANCELABLE, NO_PUSH, UNSUPPORTED, CONTENT_TYPE, VERSION = -32001, -32002, -32003, -32004, -32005, -32009
REASONS = {
    NO_TASK: "TASK_NOT_FOUND",
    NOT_CANCELABLE: "TASK_NOT_CANCELABLE",
    NO_PUSH: "PUSH_NOTIFICATION_NOT_SUPPORTED",
    UNSUPPORTED: "UNSUPPORTED_OPERATION",
    CONTENT_TYPE: "CONTENT_TYPE_NOT_SUPPORTED",
    VERSION: "VERSION_NOT_SUPPORTED",
}
STATES = {
    "queued": "submitted",
    "running": "working",
    "asking": "input-required",
    "done": "completed",
    "failed": "failed",
    "cancelled": "canceled",
}


HOW = {
    "confirm": 'Answer in this task with data: {"decision": "confirm"} or {"decision": "deny"}.',
    "fill": "Answer in this task with data that has them by their names.",
}
"""What a program does about a task that requires input."""


class AgentProblem(Exception):
    """An error of the protocol: `code` as JSON-RPC has it, `sentence` in plain words."""

    def __init__(self, code: int, sentence: str, **metadata: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.metadata = metadata

    def object(self) -> Json:
        info: Json = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": REASONS.get(self.code, "INVALID_ARGUMENT"),
            "domain": "a2a-protocol.org",
        }
        if self.metadata:
            info["metadata"] = self.metadata
        return {"code": self.code, "message": self.sentence, "data": [info]}


class Dialect:
    """How one version writes tasks and what happens to them."""

    def __init__(self, version: str) -> None:
        self.old = version == V03

    def task(
        self, run: str, context: str, answer: Answer, at: datetime | None, history: list[Json] | None = None
    ) -> Json:
        found: Json = {"id": run, "contextId": context, "status": self.status(run, context, answer, at)}
        if artifacts := self.artifacts(run, answer):
            found["artifacts"] = artifacts
        if history is not None:
            found["history"] = history
        return self._kind("task", found)

    def sent(self, task: Json) -> Json:
        """The result of a message that was not streamed."""
        return task if self.old else {"task": task}

    def status(self, run: str, context: str, answer: Answer, at: datetime | None = None, said: str = "") -> Json:
        """`said`: what it is doing. A question and a failure are told by themselves."""
        state = STATES.get(answer.state, "failed")
        found: Json = {"state": state if self.old else f"TASK_STATE_{state.upper().replace('-', '_')}"}
        if at is not None:
            found["timestamp"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        parts = [self.text(said)] if said else []
        if answer.state == "asking":
            asks = [
                {name: ask.get(name) for name in ("id", "why", "name", "arguments", "missing")} for ask in answer.asks
            ]
            answer.how = HOW
            parts = [self.text(answer.text), self.data({"asks": asks})]
        elif answer.failed:
            parts = [self.text(answer.text)]
        if parts:
            found["message"] = self.message(f"{run}-{state}", "agent", parts, context=context, task=run)
        return found

    def artifacts(self, run: str, answer: Answer) -> list[Json]:
        found = []
        if answer.said:
            found.append(self.artifact(run, "answer", self.text(answer.said)))
        if answer.has_structured:
            found.append(self.artifact(run, "output", self.data(answer.structured)))
        return found

    def artifact(self, run: str, name: str, part: Json) -> Json:
        return {"artifactId": f"{run}-{name}", "name": name, "parts": [part]}

    def message(self, id: str, role: str, parts: list[Json], *, context: str, task: str) -> Json:
        """`role`: user or agent."""
        written = role if self.old else f"ROLE_{role.upper()}"
        found: Json = {"messageId": id, "role": written, "parts": parts, "contextId": context, "taskId": task}
        return self._kind("message", found)

    def text(self, text: str) -> Json:
        return {"kind": "text", "text": text} if self.old else {"text": text}

    def data(self, value: Any) -> Json:
        if not self.old:
            return {"data": value}
        return {"kind": "data", "data": value if isinstance(value, dict) else {"value": value}}

    # -- what is streamed

    def told_task(self, task: Json) -> Json:
        return task if self.old else {"task": task}

    def told_status(self, run: str, context: str, status: Json, *, final: bool) -> Json:
        found: Json = {"taskId": run, "contextId": context, "status": status}
        if self.old:
            return {"kind": "status-update", **found, "final": final}
        return {"statusUpdate": found}

    def told_artifact(
        self, run: str, context: str, artifact: Json, *, append: bool = False, last: bool = False
    ) -> Json:
        found: Json = {"taskId": run, "contextId": context, "artifact": artifact, "append": append, "lastChunk": last}
        return {"kind": "artifact-update", **found} if self.old else {"artifactUpdate": found}

    def _kind(self, kind: str, value: Json) -> Json:
        return {"kind": kind, **value} if self.old else value


def read_parts(message: Mapping[str, Any]) -> tuple[str, Json | None]:
    """(text, data) of a client's message, in either dialect. Raises AgentProblem for files and nonsense."""
    parts = message.get("parts")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise AgentProblem(INVALID_PARAMS, "The message needs parts.")
    texts: list[str] = []
    value: Json | None = None
    for part in parts:
        if isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif isinstance(part.get("data"), dict):
            value = {**(value or {}), **part["data"]}
        else:
            raise AgentProblem(CONTENT_TYPE, "Assistants read texts and data objects, no files.")
    return "\n\n".join(texts), value
