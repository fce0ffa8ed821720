"""A server that does one thing after the other: while it works on a call it sees no ping."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def result(message: dict[str, Any]) -> dict[str, Any]:
    if message["method"] == "initialize":
        info = {"name": "serial", "version": "1"}
        return {"protocolVersion": message["params"]["protocolVersion"], "capabilities": {}, "serverInfo": info}
    if message["method"] == "tools/call":
        time.sleep(message["params"]["arguments"]["seconds"])
    return {}


for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result(request)}), flush=True)
