"""A small stdio server, and the process trees in which launchers put one. `stdio_tree.py STYLE`

server  the server alone
npx     node's way: the launcher waits for a shell, the shell for the server
uvx     uv's way: the launcher waits for the server
helper  as npx, with a helper beside it that left the process group and never ends by itself
daemon  forks twice and leaves: the server is nobody's child, in a session of its own, and still holds the pipes
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

PYTHON = [sys.executable, "-S", "-E"]
SERVER = [*PYTHON, __file__, "server"]


def serve() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        result: object = {"content": [{"type": "text", "text": "ok"}]}
        if message["method"] == "initialize":
            version = message["params"]["protocolVersion"]
            result = {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "tree", "version": "1"}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)


def main(style: str) -> None:
    if style == "server":
        serve()
    elif style == "uvx":
        subprocess.call(SERVER)
    elif style == "daemon":
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(SERVER[0], SERVER)
        os._exit(0)
    else:
        if style == "helper":
            nowhere = subprocess.DEVNULL
            subprocess.Popen(["sleep", "3600"], start_new_session=True, stdin=nowhere, stdout=nowhere, stderr=nowhere)
        subprocess.call(["/bin/sh", "-c", '"$@"; exit $?', "sh", *SERVER])


if __name__ == "__main__":
    main(sys.argv[1])
