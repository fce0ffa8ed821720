"""`python -m proxy.bundled`: serves over stdio. NOTES_DIR says where the notes are kept."""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from pathlib import Path


def main() -> None:
    folder = os.environ.get("NOTES_DIR", "").strip()
    if not folder:
        sys.exit("NOTES_DIR is not set: it names the folder in which the notes are kept.")
    asyncio.run(serve(Path(folder)))


async def serve(folder: Path) -> None:
    # Imported here, so that a missing setting is said at once.
    from mcp.server.stdio import stdio_server
    from mcp.shared.exceptions import MCPDeprecationWarning

    from proxy.bundled.server import build, options

    # Both eras are served on purpose; what the newer one deprecates is no news.
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    server = build(folder)
    async with stdio_server() as (read, write):
        await server.run(read, write, options(server))


if __name__ == "__main__":
    main()
