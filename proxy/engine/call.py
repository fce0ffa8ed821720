"""One request through a hub, and what is known of who makes it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from core.decision import Principal
from core.ids import new_id
from proxy.engine import messages
from proxy.engine.exchange import Exchange
from proxy.engine.hub import Hub
from proxy.engine.ports import CallRecord, Peer
from proxy.engine.sessions import ClientSession
from proxy.engine.translate import Caller

_now = time.perf_counter


class Call:
    """One request and what is known of who makes it."""

    __slots__ = (
        "caller", "exchange", "fields", "hub", "id", "method", "native", "params_headers", "peer", "principal",
        "record", "session", "started",
    )  # fmt: skip

    def __init__(
        self,
        principal: Principal,
        hub: Hub,
        caller: Caller,
        method: str,
        fields: messages.Raws,
        *,
        message_id: bytes = b"",
        session: ClientSession | None = None,
        exchange: Exchange | None = None,
        peer: Peer | None = None,
        native: bool = False,
        params_headers: Mapping[str, list[str]] | None = None,
        started: float = 0.0,
    ) -> None:
        """`native`: take whatever era the server speaks, and its answer as it is. `started`: of perf_counter."""
        self.principal = principal
        self.hub = hub
        self.caller = caller
        self.method = method
        self.fields = fields
        self.id = message_id
        self.session = session
        self.exchange = exchange
        self.peer = exchange if exchange is not None else peer
        self.native = native
        self.params_headers = params_headers
        self.started = started or _now()
        self.record = CallRecord(
            id=new_id("call"),
            workspace_id=hub.snapshot.workspace_id,
            hub_id=hub.snapshot.hub_id,
            principal_id=principal.id,
            user_id=principal.user_id,
            key_id=principal.key_id,
            protocol=caller.version,
            method=method,
            stages={},
        )

    def stage(self, name: str, since: float) -> float:
        """Note how long a stage took; the moment at which the next one begins."""
        now = _now()
        self.record.stages[name] = round((now - since) * 1_000_000)
        return now
