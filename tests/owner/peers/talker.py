"""A stdio server by hand that talks back: progress, logs, questions to the client, and what it saw of the protocol.

Standard library only and one thread for each call, so that calls overlap.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

Json = dict[str, Any]

_lock = threading.Lock()
_asks = itertools.count(1)
_answers: dict[str, Json] = {}
_answered = threading.Condition()
_cancelled: list[Any] = []
_cancel = threading.Condition()
_greeting: Json = {}
_counter = itertools.count(1)


def say(message: Json) -> None:
    with _lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def ask(method: str, params: Json) -> Json:
    """A request to the client; its whole answer."""
    number = f"ask-{next(_asks)}"
    say({"id": number, "method": method, "params": params})
    with _answered:
        _answered.wait_for(lambda: number in _answers, 30)
        return _answers.pop(number)


def call(message: Json) -> Any:
    params = message["params"]
    name, arguments, meta = params["name"], params.get("arguments") or {}, params.get("_meta") or {}
    token = meta.get("progressToken")
    if name == "progress":
        for step in range(arguments["steps"]):
            say({"method": "notifications/progress", "params": {"progressToken": token, "progress": step}})
        return "done"
    if name == "log":
        say({"method": "notifications/message", "params": {"level": "info", "data": arguments["text"]}})
        return "logged"
    if name == "announce":
        say({"method": "notifications/tools/list_changed"})
        return "announced"
    if name == "ask":
        return ask(arguments["method"], arguments.get("params") or {})
    if name == "withdraw":
        say({"method": "notifications/cancelled", "params": {"requestId": arguments["ask"]}})
        return "withdrawn"
    if name == "wait":
        with _cancel:
            _cancel.wait_for(lambda: message["id"] in _cancelled, 30)
        return None
    if name == "seen":
        return {"id": message["id"], "meta": meta, "greeting": _greeting, "cancelled": _cancelled}
    if name == "count":
        return next(_counter)
    if name == "pid":
        return os.getpid()
    if name == "env":
        return dict(os.environ)
    if name == "where":
        return os.getcwd()
    if name == "big":
        return "x" * arguments["bytes"]
    if name == "echo":
        return arguments
    if name == "freeze":
        subprocess.Popen(["sleep", "600"], start_new_session=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        return None
    if name == "leave":
        os.close(1)
        os._exit(arguments.get("code", 0))
    if name == "flood":
        for _ in range(arguments["lines"]):
            say({"method": "notifications/message", "params": {"level": "info", "data": "x" * 1000}})
        return "flooded"
    return f"no tool {name}"


def handle(message: Json) -> None:
    method = message["method"]
    if method == "initialize":
        _greeting.update(message["params"])
        return answer(
            message,
            {
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "talker", "version": "1"},
            },
        )
    if method == "server/discover":
        _greeting.update(message["params"]["_meta"])
        return answer(message, {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}})
    if method == "tools/call":
        value = call(message)
        if value is not None:
            answer(message, {"content": [{"type": "text", "text": json.dumps(value)}]})
        return None
    if method == "subscriptions/listen":
        subscription = {"_meta": {"io.modelcontextprotocol/subscriptionId": message["id"]}}
        say({"method": "notifications/subscriptions/acknowledged", "params": subscription})
        say({"method": "notifications/tools/list_changed", "params": subscription})
        return None
    return answer(message, {})


def answer(message: Json, result: Json) -> None:
    say({"id": message["id"], "result": result})


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "method" not in message:
            with _answered:
                _answers[message["id"]] = message
                _answered.notify_all()
        elif message["method"] == "notifications/cancelled":
            with _cancel:
                _cancelled.append(message["params"]["requestId"])
                _cancel.notify_all()
        elif "id" in message:
            threading.Thread(target=handle, args=(message,), daemon=True).start()


if __name__ == "__main__":
    main()
