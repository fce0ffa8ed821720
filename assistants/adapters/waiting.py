"""Waiting for the end of a run, without a thread or a database connection of one's own."""

from __future__ import annotations

import asyncio

from assistants.adapters.streams import read_events


async def wait_for_end(run_id: str, seconds: float) -> bool:
    """True once the run has ended or asks something; False when the time was over before."""
    try:
        async with asyncio.timeout(seconds):
            async for _event in read_events(run_id):  # beyond a `done` where an ask was answered since
                pass
    except TimeoutError:
        return False
    return True
