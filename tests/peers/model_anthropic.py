"""A model provider that speaks Anthropic's messages, streaming. See model_brain for what its models do.

python -m tests.peers.model_anthropic --port 0 [--need-key sk-good] [--no-list]
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from tests.peers.model_brain import MODELS, Asked, Call, Finish, Json, Say
from tests.peers.model_serving import serve

REASONS = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens", "filter": "refusal"}
ERRORS = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error", 500: "api_error"}


class Anthropic:
    list_path = "/v1/models"

    def is_chat(self, path: str, body: Json) -> bool:
        return path == "/v1/messages"

    def key(self, headers: dict[str, str]) -> str:
        return headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")

    def asked(self, body: Json) -> Asked:
        blocks = [block for one in body["messages"] if one["role"] == "user" for block in _blocks(one["content"])]
        last = max((at for at, one in enumerate(blocks) if one["type"] == "text"), default=-1)
        results = [_text(one["content"]) for one in blocks[last + 1 :] if one["type"] == "tool_result"]
        tools = [one["name"] for one in body.get("tools", ()) if one["name"] != "final_result"]
        return Asked(body["model"], blocks[last]["text"] if last >= 0 else "", tuple(results), tuple(tools))

    def listed(self) -> Json:
        return {"data": [{"type": "model", "id": name, "display_name": name} for name in MODELS], "has_more": False}

    def error(self, status: int) -> Json:
        return {"type": "error", "error": {"type": ERRORS.get(status, "error"), "message": f"Refused with {status}."}}

    async def whole(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> Json:
        """The same as one answer, for whoever does not want a stream. Texts alone."""
        text = "".join([thought.text async for thought in thoughts if isinstance(thought, Say)])
        return {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}

    async def stream(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> AsyncIterator[bytes]:
        message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked.model, "content": []}
        message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
        yield _event("message_start", {"message": message})
        index, open_text, words = -1, False, 0
        async for thought in thoughts:
            if open_text and not isinstance(thought, Say):
                yield _event("content_block_stop", {"index": index})
                open_text = False
            match thought:
                case bytes():
                    yield thought
                case Say(text):
                    words += len(text.split())
                    if not open_text:
                        index, open_text = index + 1, True
                        block: Json = {"type": "text", "text": ""}
                        yield _event("content_block_start", {"index": index, "content_block": block})
                    delta = {"type": "text_delta", "text": text}
                    yield _event("content_block_delta", {"index": index, "delta": delta})
                case Call(name, arguments):
                    index += 1
                    block = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
                    yield _event("content_block_start", {"index": index, "content_block": block})
                    for half in (arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]):
                        delta = {"type": "input_json_delta", "partial_json": half}
                        yield _event("content_block_delta", {"index": index, "delta": delta})
                    yield _event("content_block_stop", {"index": index})
                case Finish(reason) if reason is not None:
                    ended = {"stop_reason": REASONS[reason], "stop_sequence": None}
                    yield _event("message_delta", {"delta": ended, "usage": {"output_tokens": words}})
                    yield _event("message_stop", {})


def _event(kind: str, data: Json) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


def _blocks(content: object) -> list[Json]:
    return content if isinstance(content, list) else [{"type": "text", "text": str(content)}]


def _text(content: object) -> str:
    return "".join(str(block.get("text", "")) for block in _blocks(content))


if __name__ == "__main__":
    serve(Anthropic(), str(__doc__), base="")
