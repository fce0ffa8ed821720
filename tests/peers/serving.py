"""How a peer over HTTP serves: bind, say where on stdout, run until TERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every peer over HTTP takes. Port 0 means any free one."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    return parser


def bind(host: str, port: int, *, listen: bool = True) -> socket.socket:
    """A listening socket, so that the port is known, and open, before anyone is told of it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol asyncio would not switch off delays of small packets.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    if listen:
        sock.listen(128)
    sock.setblocking(False)
    return sock


def announce(sock: socket.socket, *, path: str = "/mcp", scheme: str = "http", **more: object) -> None:
    """Print one line of JSON with the peer's `url`; whoever started it reads that and goes on."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    host, port = sock.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(json.dumps({"url": f"{scheme}://{shown}:{port}{path}", "port": port, **more}) + "\n")
    sys.stdout.flush()


def _end_with_parent(parent: int) -> None:
    """A test run that was killed leaves no peer behind."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def serve_asgi(
    app: Any, options: argparse.Namespace, *, path: str = "/mcp", more: dict[str, object] | None = None,
    **uvicorn_options: Any,
) -> None:  # fmt: skip
    """Serve an ASGI app until the process is told to end. TLS when `ssl_certfile` is among the options.

    `more` is added to the line that says where it serves.
    """
    sock = bind(options.host, options.port)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, lifespan="auto", **uvicorn_options)
    announce(sock, path=path, scheme="https" if "ssl_certfile" in uvicorn_options else "http", **(more or {}))
    asyncio.run(uvicorn.Server(config).serve(sockets=[sock]))


StreamHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def serve_stream(handler: StreamHandler, options: argparse.Namespace, *, path: str = "/mcp") -> None:
    """Serve raw TCP, for the peers that break HTTP."""
    asyncio.run(_serve_stream(handler, options, path))


async def _serve_stream(handler: StreamHandler, options: argparse.Namespace, path: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sock = bind(options.host, options.port)
    server = await asyncio.start_server(handler, sock=sock)
    announce(sock, path=path)
    await stop.wait()
    server.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(server.wait_closed(), 0.1)
