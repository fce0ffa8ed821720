"""Servers that keep failing are left alone for a while, longer each time."""

from __future__ import annotations

import time
from dataclasses import dataclass

from proxy.engine.ports import UpstreamProblem, UpstreamSpec
from proxy.owner import problems

STEADY_AFTER_S = 10.0
"""A session that lived this long was a success: its end does not count towards a crash loop."""
_FREE_TRIES = 3
_LONGEST_S = 60.0
_REMEMBERED_S = 600.0


@dataclass
class _Failures:
    count: int
    until: float
    last: UpstreamProblem


class Backoff:
    """Failures by server and fingerprint. A draft (no fingerprint) may be tried as often as its author likes."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], _Failures] = {}

    def check(self, spec: UpstreamSpec) -> None:
        """Raises UpstreamProblem, with the last reason, while the server is held back."""
        failures = self._failures.get((spec.server_id, spec.fingerprint))
        left = failures.until - time.monotonic() if failures is not None else 0
        if failures is not None and left > 0:
            raise problems.backing_off(failures.last, left)

    def failed(self, spec: UpstreamSpec, problem: UpstreamProblem) -> None:
        if not spec.fingerprint:
            return
        key = (spec.server_id, spec.fingerprint)
        count = self._failures[key].count + 1 if key in self._failures else 1
        wait = min(_LONGEST_S, 2.0 ** (count - _FREE_TRIES)) if count >= _FREE_TRIES else 0.0
        self._failures[key] = _Failures(count, time.monotonic() + wait, problem)

    def steady(self, spec: UpstreamSpec) -> None:
        """It did well: what was before no longer counts."""
        self._failures.pop((spec.server_id, spec.fingerprint), None)

    def forget(self, server_id: str) -> None:
        for key in [key for key in self._failures if key[0] == server_id]:
            del self._failures[key]

    def prune(self) -> None:
        oldest = time.monotonic() - _REMEMBERED_S
        self._failures = {key: one for key, one in self._failures.items() if one.until > oldest}
