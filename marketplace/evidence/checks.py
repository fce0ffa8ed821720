"""A look at a server as checks: each with an outcome, a sentence that says what was seen, and a value.

[{"code": "reachable", "outcome": "good", "sentence": "It answers.", "value": None}, …]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

import jsonschema
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.json_values import too_deep
from marketplace.evidence.drift import Drift, Seen, drift_between, seen_of, tokens_of
from marketplace.gateways.looking import Look
from proxy.engine.ports import UpstreamProblem

ORDER = ("bad", "poor", "good", "unprobed")
SLOW_MS = 3_000
NAMED = 3
"""Tools that a sentence names."""
METHOD_NOT_FOUND = -32601
SILENT = frozenset({"refused", "tls", "timeout", "closed", "address"})
"""Kinds of trouble in which nobody answered at all."""


class Check(TypedDict):
    code: str
    outcome: str
    sentence: str
    value: Any


def check(code: str, outcome: str, sentence: str, value: Any = None) -> Check:
    return {"code": code, "outcome": outcome, "sentence": sentence, "value": value}


def worst(outcomes: Iterable[str]) -> str:
    """Of several; `unprobed` only when nothing else is there."""
    return min(outcomes, key=ORDER.index, default="unprobed")


def checks_of(look: Look, *, before: Seen, since: str, asks: bool) -> list[Check]:
    """`before`: tools as they were listed, or as they were first seen on the ISO date `since`. `asks`: the listing says
    that it needs a key or a sign-in."""
    if look.problem is not None:
        return _closed(look.problem, asks)
    versions = ", ".join(look.versions)
    found = [
        check("reachable", "good", _("It answers.")),
        check("handshake", "good", _("It speaks MCP %s.") % versions, list(look.versions)),
    ]
    if look.list_problem is not None and look.list_problem.kind in ("unauthorized", "forbidden"):
        return [*found, _unlisted(look)]
    sound, faults = _sound(look)
    found.append(_conformance(look, faults))
    if look.tools is not None:
        now = seen_of(sound)
        found += [_drift(before, now, since), _tokens(sound)]
    if look.latency_ms is not None:
        found.append(_latency(look.latency_ms))
    return found


def _closed(problem: UpstreamProblem, asks: bool) -> list[Check]:
    if problem.kind in ("unauthorized", "forbidden") or (asks and problem.kind in ("not_mcp", "protocol")):
        if problem.kind == "unauthorized":
            said = _("It asks for a sign-in, as it should: what is behind it cannot be seen from here.")
        else:
            said = _("It answers, and lets nobody in without a key or a sign-in.")
        unseen = _("Not probed: it needs a key or a sign-in.")
        return [check("reachable", "good", said, problem.kind), check("handshake", "unprobed", unseen)]
    if problem.kind in SILENT:
        said = _REASONS.get(problem.kind, problem.sentence)
        return [check("reachable", "bad", _(said), problem.kind)]
    return [
        check("reachable", "good", _("It answers.")),
        check("handshake", "bad", _("What answers does not speak MCP: %s") % problem.sentence[:300], problem.kind),
    ]


_REASONS = {
    "address": "Its address leads to a private network, where Crossroads does not look.",
    "timeout": "It did not answer in time.",
    "refused": "It cannot be reached.",
    "closed": "It closed the connection without an answer.",
    "tls": "Its secure connection fails.",
}


def _unlisted(look: Look) -> Check:
    return check("conformance", "unprobed", _("Not probed: it lists its tools only after a sign-in."))


def _sound(look: Look) -> tuple[list[dict[str, Any]], list[str]]:
    """The tools that can be used, and what is wrong with the others."""
    sound: list[dict[str, Any]] = []
    faults: list[str] = []
    names: set[str] = set()
    for tool in look.tools or ():
        fault = _fault(tool, names)
        if fault:
            faults.append(fault)
        else:
            names.add(tool["name"])
            sound.append(tool)
    return sound, faults


def _fault(tool: dict[str, Any], names: set[str]) -> str:
    name = tool.get("name")
    if not isinstance(name, str) or not name:
        return _("A tool has no name.")
    shown = name[:60]
    if name in names:
        return _("Two tools are called %s.") % shown
    if too_deep(tool):
        return _("The definition of %s is nested too deeply.") % shown
    schema = tool.get("inputSchema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return _("The input schema of %s is no object.") % shown
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except Exception:  # the library meets values that no schema has, each with an exception of its own
        return _("The input schema of %s is no JSON Schema.") % shown
    return ""


def _conformance(look: Look, faults: Sequence[str]) -> Check:
    said = list(faults[:NAMED])
    if len(faults) > NAMED:
        said.append(ngettext("%d more tool is wrong.", "%d more tools are wrong.", len(faults) - NAMED)
                    % (len(faults) - NAMED))  # fmt: skip
    if look.odd:
        said.append(_("Its list of tools holds what is no tool."))
    if look.endless:
        said.append(_("Its list of tools has no end."))
    if look.ping_problem:
        said.append(_("It does not answer a sign of life: %s") % look.ping_problem[:200])
    if look.unknown_problem:
        said.append(_("A method that does not exist is not answered: %s") % look.unknown_problem[:200])
    elif look.unknown_code != METHOD_NOT_FOUND:
        said.append(_("A method that does not exist is not answered with the error -32601."))
    if look.list_problem is not None:
        said.insert(0, _("It does not list its tools: %s") % look.list_problem.sentence[:300])
        return check("conformance", "bad", " ".join(said), look.list_problem.kind)
    if said:
        return check("conformance", "poor", " ".join(said), len(said))
    return check("conformance", "good", _("It keeps to the protocol in everything that was asked."))


def _drift(before: Seen, now: Seen, since: str) -> Check:
    if not before:
        return check("drift", "good", _("Its tools are remembered from now on."), _kept({}, now, since, Drift()))
    drift = drift_between(before, now)
    said = [
        text % {"names": _named(names)}
        for names, text in (
            (drift.removed, _("Gone: %(names)s.")),
            (drift.schema, _("Takes other input: %(names)s.")),
            (drift.described, _("Described otherwise: %(names)s.")),
            (drift.added, _("New: %(names)s.")),
        )
        if names
    ]
    if not said:
        same = ngettext("The tool is as it was listed.", "All %d tools are as they were listed.", len(now))
        sentence = same % len(now) if "%d" in same else same
    else:
        sentence = " ".join(said)
    return check("drift", "poor" if drift.broken else "good", sentence, _kept(before, now, since, drift))


def _kept(before: Seen, now: Seen, since: str, drift: Drift) -> dict[str, Any]:
    """What the next probe compares with, and what differs now."""
    lists = {"added": drift.added, "removed": drift.removed, "schema": drift.schema, "described": drift.described}
    return {"base": before or now, "since": since, **{name: list(names)[:50] for name, names in lists.items()}}


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(name[:60] for name in names[:NAMED])
    more = len(names) - NAMED
    return _("%(names)s and %(more)d more") % {"names": shown, "more": more} if more > 0 else shown


def _tokens(tools: Sequence[dict[str, Any]]) -> Check:
    tokens = tokens_of(tools)
    sentence = ngettext(
        "The definition of %(tools)d tool takes about %(tokens)s tokens of a model's window.",
        "The definitions of %(tools)d tools take about %(tokens)s tokens of a model's window.",
        len(tools),
    ) % {"tools": len(tools), "tokens": f"{tokens:,}"}
    return check("tokens", "good", sentence, tokens)


def _latency(took_ms: int) -> Check:
    sentence = _("It answers in %s ms once connected.") % f"{took_ms:,}"
    return check("latency", "poor" if took_ms > SLOW_MS else "good", sentence, took_ms)
