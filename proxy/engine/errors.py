"""JSON-RPC errors of the gateway: their codes, their HTTP status, their words.

-32000 to -32019 are the gateway's own (the 2026-07-28 specification leaves them to implementations):

    -32001  the session is not known (any more)
    -32003  refused by a rule; `data.reason` is the decision's stable code
    -32004  no valid key
    -32005  no such hub
    -32006  Host, Origin or another header is not acceptable
    -32010  a server did not answer as it should; `data` names the server and the kind of trouble
    -32011  the server wants something that this client, or this pair of protocol versions, cannot carry
    -32012  the gateway's own stores are away
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from core.decision import Decision
from proxy.engine import messages
from proxy.engine.ports import Era, HubServer, UpstreamProblem

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002
"""In the handshake era; the stateless era says INVALID_PARAMS."""
CANCELLED = -32800
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022
URL_ELICITATION_REQUIRED = -32042
"""2025-11-25 only."""

SESSION_NOT_FOUND = -32001
REFUSED = -32003
UNAUTHORIZED = -32004
NO_HUB = -32005
NOT_ACCEPTABLE = -32006
UPSTREAM = -32010
CANNOT_CARRY = -32011
STORE_AWAY = -32012

STATELESS_STATUS: Mapping[int, int] = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
"""HTTP status of an error in the stateless era; others are 200, as all are in the handshake era."""


class RpcError(Exception):
    """An answer that is an error. `status` is set where HTTP itself must say so, in either era."""

    def __init__(self, code: int, message: str, data: object = None, *, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status

    def object(self) -> msgspec.Raw:
        return messages.error_object(self.code, self.message, self.data)


def status_of(era: Era, code: int) -> int:
    """The HTTP status with which an error travels."""
    return STATELESS_STATUS.get(code, 200) if era == "stateless" else 200


def refused(decision: Decision) -> RpcError:
    return RpcError(REFUSED, decision.sentence, {"reason": decision.reason})


def upstream(server: HubServer, problem: UpstreamProblem) -> RpcError:
    """A server's trouble, for the caller: its name and what is wrong, never the evidence (it may hold secrets)."""
    return RpcError(
        UPSTREAM, f'Server "{server.slug}": {problem.sentence}', {"server": server.slug, "kind": problem.kind}
    )


def paused(server: HubServer) -> RpcError:
    if server.barred:
        return upstream(server, UpstreamProblem("not_allowed", server.barred))
    return RpcError(UPSTREAM, f'Server "{server.slug}" is paused.', {"server": server.slug, "kind": "paused"})


def cannot_carry(server: HubServer, what: str, client_version: str, server_version: str, said: str = "") -> RpcError:
    """What a pair of client and server cannot do together yet."""
    text = (
        f'Server "{server.slug}" needs {what} of the client. Between a client of {client_version} '
        f"and this server of {server_version} that cannot be carried yet."
    )
    if said:
        text += f" The server said: {said}"
    return RpcError(CANNOT_CARRY, text, {"server": server.slug, "feature": what})


def not_offered(server: HubServer, what: str, said: str) -> RpcError:
    """A server asked for something that the client did not declare."""
    text = f'Server "{server.slug}" asked for {what}, which this client does not offer. The server said: {said}'
    return RpcError(CANNOT_CARRY, text, {"server": server.slug, "feature": what})
