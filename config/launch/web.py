"""A web process: uvicorn on sockets that the launcher has bound, shared with its siblings.

The kernel gives each new connection to whichever process is free, and a sibling that dies loses no waiting one.
"""

from __future__ import annotations

import socket
import sys

import uvicorn

from config.serving import TimedProtocol


def main(application: str, descriptors: list[str]) -> None:
    sockets = [socket.socket(fileno=int(descriptor)) for descriptor in descriptors]
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=TimedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Who the client is behind a proxy is TRUSTED_PROXIES' business, not uvicorn's.
        proxy_headers=False,
        timeout_keep_alive=75,
        # Open streams get this long; then they are cancelled, so that stopping takes seconds and not minutes.
        timeout_graceful_shutdown=0.5,  # type: ignore[arg-type]
    )
    uvicorn.Server(config).run(sockets=sockets)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
