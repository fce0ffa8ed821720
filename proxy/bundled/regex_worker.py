"""Runs one regular expression in a process of its own, which can be ended when it takes too long.

Reads {pattern, text, flags, replace, most} as JSON, writes {matches, total, replaced} or {error}. Standard
library only.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any


def run(wish: dict[str, Any]) -> dict[str, Any]:
    flags = 0
    for name in wish["flags"]:
        flags |= {"ignore_case": re.I, "multiline": re.M, "dot_all": re.S, "verbose": re.X}[name]
    try:
        pattern = re.compile(wish["pattern"], flags)
    except (re.error, OverflowError, RecursionError) as problem:
        return {"error": f"The pattern is not valid: {problem}."}
    matches, total = [], 0
    for match in pattern.finditer(wish["text"]):
        total += 1
        if total <= wish["most"]:
            groups = [group if group is not None else "" for group in match.groups()]
            named = {name: group or "" for name, group in match.groupdict().items()}
            matches.append(
                {"text": match[0], "start": match.start(), "end": match.end(), "groups": groups, "named": named}
            )
    found: dict[str, Any] = {"matches": matches, "total": total}
    if wish["replace"] is not None:
        try:
            found["replaced"] = pattern.sub(wish["replace"], wish["text"])
        except (re.error, IndexError) as problem:
            return {"error": f"The replacement is not valid: {problem}."}
    return found


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
