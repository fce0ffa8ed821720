"""A model provider that speaks OpenAI's chat completions, streaming. See model_brain for what its models do.

python -m tests.peers.model_openai --port 0 [--need-key sk-good] [--no-list]
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from tests.peers.model_brain import MODELS, Asked, Call, Finish, Json, Say
from tests.peers.model_serving import serve

REASONS = {"stop": "stop", "tools": "tool_calls", "length": "length", "filter": "content_filter"}


class OpenAI:
    list_path = "/v1/models"

    def is_chat(self, path: str, body: Json) -> bool:
        return path == "/v1/chat/completions"

    def key(self, headers: dict[str, str]) -> str:
        return headers.get("authorization", "").removeprefix("Bearer ")

    def asked(self, body: Json) -> Asked:
        said = body["messages"]
        last = max((at for at, one in enumerate(said) if one["role"] == "user"), default=-1)
        results = [_text(one["content"]) for one in said[last + 1 :] if one["role"] == "tool"]
        tools = [one["function"]["name"] for one in body.get("tools", ()) if one["function"]["name"] != "final_result"]
        return Asked(body["model"], _text(said[last]["content"]) if last >= 0 else "", tuple(results), tuple(tools))

    def listed(self) -> Json:
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]}

    def error(self, status: int) -> Json:
        code = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status)
        return {"error": {"message": f"Refused with {status}.", "type": "error", "code": code}}

    async def whole(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> Json:
        """The same as one answer, for whoever does not want a stream. Texts alone."""
        text = "".join([thought.text async for thought in thoughts if isinstance(thought, Say)])
        message = {"role": "assistant", "content": text}
        return {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}

    async def stream(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> AsyncIterator[bytes]:
        calls = words = 0
        async for thought in thoughts:
            match thought:
                case bytes():
                    yield thought
                case Say(text):
                    words += len(text.split())
                    yield _chunk(asked, {"role": "assistant", "content": text})
                case Call(name, arguments):
                    half = len(arguments) // 2
                    first = {"name": name, "arguments": arguments[:half]}
                    start = {"index": calls, "id": f"call_{calls}", "type": "function", "function": first}
                    yield _chunk(asked, {"tool_calls": [start]})
                    yield _chunk(asked, {"tool_calls": [{"index": calls, "function": {"arguments": arguments[half:]}}]})
                    calls += 1
                case Finish(reason) if reason is not None:
                    yield _chunk(asked, {}, REASONS[reason])
                    yield _chunk(
                        asked, None, usage={"prompt_tokens": 10, "completion_tokens": words, "total_tokens": 0}
                    )
                    yield b"data: [DONE]\n\n"


def _chunk(asked: Asked, delta: Json | None, reason: str | None = None, usage: Json | None = None) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    made = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": asked.model,
        "choices": choices,
        "usage": usage,
    }
    return b"data: " + json.dumps(made).encode() + b"\n\n"


def _text(content: object) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content or "")


if __name__ == "__main__":
    serve(OpenAI(), str(__doc__), base="/v1")
