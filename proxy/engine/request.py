"""What is known of an HTTP request once its key and hub are: the two eras take it from here."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from core.decision import Principal
from proxy.engine.http_rules import HeaderList, Headers, Receive, Send
from proxy.engine.hub import Hub
from proxy.engine.streams import FindHub


class Request(msgspec.Struct):
    """`out` are headers for the answer (CORS). `started`: of perf_counter, when the request came in."""

    receive: Receive
    send: Send
    headers: Headers
    raw_headers: Iterable[tuple[bytes, bytes]]
    token: str
    principal: Principal
    hub: Hub
    find: FindHub
    started: float
    accept: int
    out: HeaderList
    body_bytes: int = 0
