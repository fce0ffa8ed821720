"""A run's events as server-sent events, for every door that streams.

    StreamingHttpResponse(sse_events(run.id, last_event_id), content_type="text/event-stream")

The name of an event is its kind, its data one line of JSON. Signs of life are comments.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from assistants.adapters.streams import read_events

RETRY_MS = 1000


async def sse_events(run_id: str, after: str = "") -> AsyncIterator[bytes]:
    """From behind the id `after` to the `done` at which nothing more is to come. Whoever calls has checked that the
    run may be read, and has given its database connection back."""
    yield b"retry: %d\n\n" % RETRY_MS
    async for event in read_events(run_id, after):
        if event.kind == "alive":
            yield b": alive\n\n"
            continue
        data = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
        head = f"id: {event.id}\n" if event.id else ""
        yield f"{head}event: {event.kind}\ndata: {data}\n\n".encode()
