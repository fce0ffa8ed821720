"""A model provider that speaks Google's generateContent, streaming. See model_brain for what its models do.

python -m tests.peers.model_google --port 0 [--need-key sk-good] [--no-list]
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

from tests.peers.model_brain import MODELS, Asked, Call, Finish, Json, Say
from tests.peers.model_serving import serve

REASONS = {"stop": "STOP", "tools": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}
PATH = re.compile(r"/v1beta/models/([^:/]+):(?:streamG|g)enerateContent")


class Google:
    list_path = "/v1beta/models"

    def is_chat(self, path: str, body: Json) -> bool:
        """The model stands in the path; it is put where the others have it."""
        found = PATH.fullmatch(path)
        if found:
            body |= {"model": found[1], "stream": "streamG" in path}
        return bool(found)

    def key(self, headers: dict[str, str]) -> str:
        return headers.get("x-goog-api-key", "")

    def asked(self, body: Json) -> Asked:
        parts = [part for one in body["contents"] if one.get("role") == "user" for part in one["parts"]]
        last = max((at for at, one in enumerate(parts) if "text" in one), default=-1)
        results = [_said(one["functionResponse"]["response"]) for one in parts[last + 1 :] if "functionResponse" in one]
        tools = [one["name"] for tool in body.get("tools", ()) for one in tool.get("functionDeclarations", ())]
        return Asked(body["model"], parts[last]["text"] if last >= 0 else "", tuple(results), tuple(tools))

    def listed(self) -> Json:
        return {"models": [{"name": f"models/{name}"} for name in MODELS]}

    def error(self, status: int) -> Json:
        return {"error": {"code": status, "message": f"Refused with {status}.", "status": "UNKNOWN"}}

    async def whole(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> Json:
        """The same as one answer, for whoever does not want a stream. Texts alone."""
        text = "".join([thought.text async for thought in thoughts if isinstance(thought, Say)])
        return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}]}

    async def stream(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> AsyncIterator[bytes]:
        words = 0
        async for thought in thoughts:
            match thought:
                case bytes():
                    yield thought
                case Say(text):
                    words += len(text.split())
                    yield _chunk({"text": text})
                case Call(name, arguments):
                    yield _chunk({"functionCall": {"name": name, "args": json.loads(arguments)}})
                case Finish(reason) if reason is not None:
                    yield _chunk({"text": ""}, REASONS[reason], words)


def _chunk(part: Json, reason: str = "", words: int = 0) -> bytes:
    candidate: Json = {"content": {"role": "model", "parts": [part]}, "index": 0}
    made: Json = {"candidates": [candidate], "modelVersion": "peer"}
    if reason:
        candidate["finishReason"] = reason
        made["usageMetadata"] = {"promptTokenCount": 10, "candidatesTokenCount": words, "totalTokenCount": 10 + words}
    return b"data: " + json.dumps(made).encode() + b"\r\n\r\n"


def _said(response: Json) -> str:
    return str(next(iter(response.values()), ""))


if __name__ == "__main__":
    serve(Google(), str(__doc__), base="")
