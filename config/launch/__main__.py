"""`python -m config.launch`: everything on one machine, with one command. `make run` is this."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said here in plain words, before an import fails
    sys.exit("Crossroads needs Python 3.11 or newer; this one is {}.{}.".format(*sys.version_info))

import os

from config.launch.folders import LaunchError
from config.launch.options import read_options
from config.launch.run import Run


def main() -> int:
    env = dict(os.environ)
    try:
        Run(read_options(env), env).run()
    except LaunchError as problem:
        print(f"Crossroads cannot start. {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
