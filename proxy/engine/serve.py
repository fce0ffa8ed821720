"""Carry out one request of a client and answer it, whatever ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from proxy.engine import errors, messages
from proxy.engine.call import Call
from proxy.engine.exchange import TOO_LONG, Exchange
from proxy.engine.ports import Reply, UpstreamProblem
from proxy.engine.respond import reply_message

if TYPE_CHECKING:
    from proxy.engine.parts import Parts

_KEY = {
    "revoked": "The key was revoked.",
    "expired": "The key has expired.",
    "unknown": "The key is not known any more.",
    "gone": "The hub is gone.",
    "refused": "This may not be done any more.",
    "stopping": "The gateway is restarting.",
}
_CANCELLED = {
    "cancelled": "The request was cancelled.",
    "hung up": "The client hung up.",
    "ended": "The session was ended.",
    TOO_LONG: "The call took longer than any may.",
}


async def serve(
    gateway: Parts, call: Call, exchange: Exchange, local: Coroutine[None, None, Reply] | None = None
) -> None:
    """Raises CancelledError only when the process itself ends the task."""
    exchange.begin()
    try:
        reply = await gateway.calls.execute(call, local)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not exchange.stopped or task is None:
            raise
        task.uncancel()
        reply = _stopped(call, exchange.stopped)
    finally:
        exchange.end()
    message = reply_message(call.id, reply)
    if exchange.stopped != "hung up":
        await exchange.finish(message, status=_status(call, reply))
    gateway.calls.close(call, len(message))


def _stopped(call: Call, why: str) -> Reply:
    """The answer of a call that was ended from outside."""
    call.record.outcome = "cancelled"
    server = call.hub.servers.get(call.record.server_id)
    if why == TOO_LONG and server is not None:
        call.record.outcome = "failed"
        error = errors.upstream(server, UpstreamProblem("timeout", "The call took longer than any may and was ended."))
    elif why in _CANCELLED:
        error = errors.RpcError(errors.CANCELLED, _CANCELLED[why])
    else:
        error = errors.RpcError(errors.UNAUTHORIZED, _KEY.get(why, "The key does not pass any more."), {"reason": why})
    call.record.error_code, call.record.error = error.code, error.message
    return Reply(error=error.object())


def _status(call: Call, reply: Reply) -> int:
    if reply.error is None or call.caller.era == "handshake":
        return 200
    return errors.status_of(call.caller.era, messages.decode_error(reply.error).code)
