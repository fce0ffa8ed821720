"""Stores for development and tests, without the rest.

eval "$(python -m config.launch.dev_stores DIR)"    start a pair, print the exports, leave it running
python -m config.launch.dev_stores DIR --stop       end it
python -m config.launch.dev_stores DIR --guard      keep it while standard input is open, then remove the folder
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path

from config.launch.folders import LaunchError
from config.launch.stores import Stores


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.launch.dev_stores", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stop", action="store_true", help="end the pair of this folder")
    parser.add_argument("--guard", action="store_true", help="end it, and the folder, when standard input closes")
    options = parser.parse_args(arguments)
    stores = Stores(options.folder, durable=not options.guard)
    if options.stop:
        stores.stop()
        return 0
    if options.guard:
        # Only the closed pipe counts: Ctrl-C at the terminal is meant for whoever holds its other end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        urls = stores.start()
        print(f"export DATABASE_URL='{urls.database_url}' REDIS_URL='{urls.redis_url}'", flush=True)
        if options.guard:
            sys.stdin.read()
    except LaunchError as problem:
        print(problem, file=sys.stderr)
        stores.stop()
        return 1
    finally:
        if options.guard:
            stores.stop(timeout=2.0)
            shutil.rmtree(options.folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
