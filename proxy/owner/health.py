"""What the owner holds, for the health page."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter

from proxy.owner import procs
from proxy.owner.channel import Channel
from proxy.owner.frames import ChildStatus, OwnerStatus
from proxy.owner.pool import Pool

_BEGAN = time.time()


def report(pool: Pool, clients: list[str], server_id: str = "") -> OwnerStatus:
    """The owner and its sessions (of one server, then with the last of its error output)."""
    settings = pool.settings
    children = [
        _child(channel, state, with_stderr=bool(server_id))
        for channel, state in pool.channels()
        if server_id in ("", channel.spec.server_id)
    ]
    return OwnerStatus(
        generation=pool.generation,
        pid=os.getpid(),
        rss=procs.resident_bytes([os.getpid()]),
        started_at=_BEGAN,
        max_children=settings.max_children,
        max_per_workspace=settings.max_per_workspace,
        idle_s=settings.idle_s,
        started=pool.started,
        crashed=pool.crashed,
        clients=dict(Counter(name.partition(" ")[0] for name in clients)),
        children=children,
    )


def _child(channel: Channel, state: str, *, with_stderr: bool) -> ChildStatus:
    link, spec = channel.link, channel.spec
    pids = link.pids() if link is not None else []
    return ChildStatus(
        server_id=spec.server_id,
        workspace_id=spec.workspace_id,
        title=spec.title,
        transport=spec.transport,
        era=channel.era,
        version=channel.version,
        scope=hashlib.sha256(channel.scope.encode()).hexdigest()[:8] if channel.scope else "",
        state=state,
        pid=link.pid if link is not None else 0,
        processes=len(pids),
        rss=procs.resident_bytes(pids),
        started_at=channel.started_at,
        last_used_at=time.time() - (time.monotonic() - channel.last_used),
        requests=channel.requests,
        in_flight=channel.in_flight,
        attached=len(channel.listeners),
        stderr=link.stderr() if with_stderr and link is not None else "",
    )
