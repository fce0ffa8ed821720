"""The HTTP side that all peers share that play a model provider: requests in, streams out, faults on the way."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Protocol

from tests.peers.breaking import read, reply
from tests.peers.model_brain import MODELS, STATUS, Asked, Brain, Break, Call, Finish, Json, Say
from tests.peers.serving import arguments, serve_asgi


class Dialect(Protocol):
    """How one provider writes it."""

    list_path: str

    def is_chat(self, path: str, body: Json) -> bool: ...
    def key(self, headers: dict[str, str]) -> str: ...
    def asked(self, body: Json) -> Asked: ...
    def listed(self) -> Json: ...
    def error(self, status: int) -> Json: ...
    async def whole(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> Json: ...
    def stream(self, thoughts: AsyncIterator[Say | Call | Finish | bytes], asked: Asked) -> AsyncIterator[bytes]: ...


class ModelPeer:
    """The ASGI app. `GET /stats` tells the requests so far and the keys that came with them, `/forget` forgets."""

    def __init__(self, dialect: Dialect, brain: Brain, *, need_key: str, lists: bool) -> None:
        self.dialect, self.brain, self.need_key, self.lists = dialect, brain, need_key, lists

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await _lifespan(receive, send)
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body, path = await read(receive), scope["path"]
        if path == "/stats":
            told = {"requests": self.brain.requests, "keys": self.brain.keys}
            await reply(send, 200, json.dumps(told).encode())
        elif path == "/forget":
            self.brain.requests.clear()
            self.brain.keys.clear()
            await reply(send, 200, b"{}")
        elif self.need_key and self.dialect.key(headers) != self.need_key:
            await reply(send, 401, json.dumps(self.dialect.error(401)).encode())
        elif path == self.dialect.list_path and self.lists:
            await reply(send, 200, json.dumps(self.dialect.listed()).encode())
        elif body and self.dialect.is_chat(path, asked := json.loads(body)):
            self.brain.keys.append(self.dialect.key(headers))
            await self._chat(asked, send)
        else:
            await reply(send, 404, b'{"error": {"message": "There is nothing here."}}')

    async def _chat(self, body: Json, send: Any) -> None:
        self.brain.requests.append(body)
        asked = self.dialect.asked(body)
        if asked.model == "silent":
            await asyncio.sleep(3600)
        if found := STATUS.fullmatch(asked.model):
            status = int(found[1])
            retry = ((b"retry-after", b"7"),) if status == 429 else ()
            await reply(send, status, json.dumps(self.dialect.error(status)).encode(), *retry)
            return
        if not body.get("stream"):
            whole = await self.dialect.whole(self.brain.think(asked), asked)
            await reply(send, 200, json.dumps(whole).encode())
            return
        kind = b"text/html" if asked.model == "html" else b"text/event-stream"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        try:
            async for chunk in self.dialect.stream(self.brain.think(asked), asked):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except Break:
            # The server closes a connection whose answer is not whole.
            raise ConnectionError("broken off, as asked") from None
        await send({"type": "http.response.body", "body": b""})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def serve(dialect: Dialect, about: str, *, base: str) -> None:
    """The peer's main. `base` is the path of the address that a workspace would write."""
    parser: argparse.ArgumentParser = arguments(about)
    parser.add_argument("--need-key", default="", help="the only key that is good")
    parser.add_argument("--no-list", action="store_true", help="have no list of models")
    parser.add_argument("--pieces", type=int, default=3)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between the pieces of the clock")
    options = parser.parse_args()
    brain = Brain(pieces=options.pieces, pause_s=options.pause)
    peer = ModelPeer(dialect, brain, need_key=options.need_key, lists=not options.no_list)
    serve_asgi(peer, options, path=base, log_config=None)


__all__ = ["MODELS", "Dialect", "ModelPeer", "serve"]
