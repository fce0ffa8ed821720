"""What happens in a run, as progress of the call that waits for it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from proxy.engine.ports import Peer

EVERY_S = 1.0
"""Words come in hundreds of pieces; how many there are is told this often."""


class Progress:
    """Tells a peer that asked for it. Steps are counted: nobody knows how many there will be."""

    def __init__(self, peer: Peer | None, token: Any) -> None:
        self._peer = peer if token is not None else None
        self._token = token
        self._steps = 0
        self._letters = 0
        self._told = 0.0

    async def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        if self._peer is None:
            return
        if kind == "start":
            await self._say(f"{data.get('assistant', 'The assistant')} is answering")
        elif kind == "tool_call":
            await self._say(f"Calling {data.get('title') or data.get('name')}")
        elif kind == "tool_result":
            await self._say(f"{data.get('name')}: {data.get('outcome')}")
        elif kind == "text":
            self._letters += len(str(data.get("text", "")))
            if time.monotonic() - self._told >= EVERY_S:
                await self._say(f"{self._letters} characters so far")

    async def _say(self, sentence: str) -> None:
        assert self._peer is not None
        self._steps += 1
        self._told = time.monotonic()
        told = {"progressToken": self._token, "progress": self._steps, "message": sentence}
        await self._peer.notification("notifications/progress", json.dumps(told, ensure_ascii=False).encode())
