"""A server that says more, and other things, than it was asked. `odd.py extras|version`"""

from __future__ import annotations

import json
import sys
from typing import Any

EXTRAS: list[dict[str, Any]] = [
    {"id": 999, "result": {}},
    {"id": "abc", "error": {"code": 1, "message": "x"}},
    {"method": "notifications/progress", "params": {"progressToken": 5, "progress": 1}},
    {"method": "notifications/cancelled", "params": {}},
]


def main(kind: str) -> None:
    version = "1999-01-01" if kind == "version" else "2025-11-25"
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        for extra in EXTRAS:
            print(json.dumps({"jsonrpc": "2.0", **extra}))
        if message["method"] == "empty":
            answer: Any = {"jsonrpc": "2.0", "id": message["id"]}
        else:  # a batch, with the number as text
            result = {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "odd", "version": "1"}}
            answer = [{"jsonrpc": "2.0", "id": str(message["id"]), "result": result}]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
