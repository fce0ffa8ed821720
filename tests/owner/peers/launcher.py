"""Starts a server as launchers do. `launcher.py STYLE COMMAND...`

npx     a shell that waits for the server, with a helper beside it
uvx     a child that waits for the server
daemon  forks twice and leaves: the server is nobody's child, in a session of its own, and still holds the pipes
"""

from __future__ import annotations

import os
import subprocess
import sys

SLEEP = [sys.executable, "-c", "import time; time.sleep(3600)"]


def main() -> int:
    style, command = sys.argv[1], sys.argv[2:]
    if style == "npx":
        helper = subprocess.Popen(SLEEP, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        code = subprocess.call(["/bin/sh", "-c", '"$@"; exit $?', "sh", *command])
        helper.wait()  # it never ends by itself, as a forgotten watcher does
        return code
    if style == "uvx":
        return subprocess.call(command)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp(command[0], command)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
