"""The figures of the hub, one JSON object a line: cost of a call, processes left behind, time to the first page.

make bench BENCH=hub
"""

from __future__ import annotations

import uvloop

from benchmarks import gateway, run_first_page, stdio


def main() -> None:
    """Each part starts and stops all that it needs. Some minutes in all."""
    gateway.main()
    uvloop.run(stdio.measure())
    run_first_page.main()


if __name__ == "__main__":
    main()
