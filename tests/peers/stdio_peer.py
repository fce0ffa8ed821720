"""A small server over stdio that can behave as badly as real ones do.

    python -m tests.peers.stdio_peer [--era handshake|stateless] [--flood-stderr] [--ignore-term] [--fork]
                                     [--exit CODE] [--hang] [--noise] [--start-late SECONDS] [--say-on-stderr TEXT]
                                     [--marker TEXT] [--outlive]

--flood-stderr   writes to stderr as fast as it can, all the time
--ignore-term    goes on after SIGTERM, and after its stdin was closed (--outlive: only the latter)
--fork           starts a child, and a grandchild that detaches into a session of its own; both sleep for an hour
--exit CODE      writes `--say-on-stderr` and exits before it has said anything
--hang           reads, and never answers
--noise          writes lines that are no JSON-RPC to stdout before and between its answers
--marker TEXT    does nothing: it stands in the command line, for a test to find the processes by

Tools beside those of `rpc.Rpc`: `crash` exits in mid-call, `stall` never answers this call, `noise` writes
no JSON to stdout and then answers, `shout` writes that many bytes to stderr, `children` gives the pids it started.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from tests.peers.rpc import Json, Rpc, definition, text

SLEEPER = "import time; time.sleep(3600)"


def _out(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _flood() -> None:
    line = b"stderr " * 150 + b"\n"
    while True:
        os.write(2, line)


def _fork(marker: str) -> list[int]:
    """A child, and a grandchild whose parent is gone at once and which leaves the process group."""
    child = subprocess.Popen([sys.executable, "-c", SLEEPER, marker])
    inner = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]],"
        " start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(p.pid)"
    )
    made = subprocess.run([sys.executable, "-c", inner, SLEEPER, marker], capture_output=True, text=True, check=True)
    return [child.pid, int(made.stdout)]


def _add_tools(rpc: Rpc, children: list[int]) -> None:
    def noise(arguments: Json) -> Json:
        _out("this is no JSON-RPC")
        return text("said it")

    def shout(arguments: Json) -> Json:
        sys.stderr.write("s" * int(arguments.get("bytes", 0)) + "\n")
        sys.stderr.flush()
        return text("shouted")

    def crash(arguments: Json) -> Any:
        sys.stderr.write("Traceback: the sky fell\n")
        sys.stderr.flush()
        os._exit(3)

    number = {"type": "number"}
    rpc.add_tool(definition("noise", "Writes no JSON to stdout"), noise)
    rpc.add_tool(definition("shout", "Writes to stderr", bytes=number), shout)
    rpc.add_tool(definition("crash", "Exits in mid-call"), crash)
    rpc.add_tool(definition("stall", "Never answers"), lambda a: text(""))
    rpc.add_tool(definition("children", "Pids it started"), lambda a: text(json.dumps(children)))
    rpc.add_tool(definition("cwd", "The folder it runs in"), lambda a: text(os.getcwd()))


def _stalls(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.get("method") == "tools/call"
        and (message.get("params") or {}).get("name") == "stall"
    )


def serve(rpc: Rpc, *, hang: bool, noise: bool) -> None:
    """Answer each line until stdin is closed. Slow calls do not hold up others."""
    for line in sys.stdin:
        if hang or not line.strip():
            continue
        try:
            message = json.loads(line)
        except ValueError:
            _out('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}')
            continue
        if noise:
            _out("[info] got a message")
        if not _stalls(message):
            threading.Thread(target=_answer, args=(rpc, message), daemon=True).start()


def _answer(rpc: Rpc, message: Any) -> None:
    if (reply := rpc.answer(message)) is not None:
        _out(json.dumps(reply))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--era", choices=("both", "handshake", "stateless"), default="both")
    for flag in ("--flood-stderr", "--ignore-term", "--outlive", "--fork", "--hang", "--noise"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--exit", type=int)
    parser.add_argument("--start-late", type=float, default=0)
    parser.add_argument("--say-on-stderr", default="")
    parser.add_argument("--marker", default="")
    return parser.parse_args()


def main() -> None:
    options = _options()
    if options.ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if options.say_on_stderr:
        sys.stderr.write(options.say_on_stderr + "\n")
        sys.stderr.flush()
    if options.exit is not None:
        sys.exit(options.exit)
    time.sleep(options.start_late)
    children = _fork(options.marker) if options.fork else []
    if options.flood_stderr:
        threading.Thread(target=_flood, daemon=True).start()
    if options.noise:
        _out("Welcome to the server")
    rpc = Rpc("stdio", eras=options.era)
    _add_tools(rpc, children)
    serve(rpc, hang=options.hang, noise=options.noise)
    while options.outlive or options.ignore_term:
        time.sleep(1)


if __name__ == "__main__":
    main()
