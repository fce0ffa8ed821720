"""What a scan finds: a stable code, how bad it is, where, and a sentence for the publisher and the operator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

Severity = Literal["info", "warn", "block"]
_ORDER = {"block": 0, "warn": 1, "info": 2}
MOST = 100


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`warn` lets a person look before it goes live; `block` holds it back until an operator lets it out."""

    code: str
    severity: Severity
    where: str
    sentence: str


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest of them; None for none."""
    return min((finding.severity for finding in findings), key=_ORDER.__getitem__, default=None)


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, each once, at most a hundred."""
    unique = {(finding.code, finding.where, finding.sentence): finding for finding in findings}
    return sorted(unique.values(), key=lambda finding: (_ORDER[finding.severity], finding.code, finding.where))[:MOST]


def findings_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """As they stand with a version."""
    return msgspec.to_builtins(list(findings))  # type: ignore[no-any-return]


def read_findings(values: Any) -> list[Finding]:
    return msgspec.convert(values, list[Finding])
