"""What the person asked for, checked before anything is started. No Django."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.launch.environment import data_folder
from config.launch.folders import LaunchError

BACKLOG = 2048


@dataclass(frozen=True)
class Options:
    """PORT, BIND, DATA_DIR, DEMO, PUBLIC_URL and OPEN_PORT (0: no open listener)."""

    port: int
    bind: str
    data_dir: Path
    demo: bool
    public_url: str
    open_port: int


def read_options(env: Mapping[str, str]) -> Options:
    """Read them. Raises LaunchError with what to write instead."""
    port = _port(env, "PORT", "8000", least=1)
    bind = env.get("BIND", "").strip()
    public_url = env.get("PUBLIC_URL", "").strip() or f"http://localhost:{port}"
    private = _is_loopback(bind or "localhost") and _is_loopback(urlsplit(public_url).hostname or "")
    open_port = _port(env, "OPEN_PORT", "0", least=0)
    return Options(port, bind, data_folder(env), _wants_demo(env, private), public_url, open_port)


def _port(env: Mapping[str, str], name: str, default: str, least: int) -> int:
    text = env.get(name, "").strip() or default
    if not text.isdecimal() or not least <= int(text) <= 65535:
        raise LaunchError(f"{name} is {text!r}. Write a number from {least} to 65535.")
    return int(text)


def _wants_demo(env: Mapping[str, str], private: bool) -> bool:
    """The demo has a sign-in for everyone, so it is there only where nobody else gets to."""
    asked = env.get("DEMO", "").strip().lower()
    if asked in {"1", "true", "yes", "on"}:
        if not private:
            raise LaunchError(
                "DEMO=1 opens a demo sign-in to everyone who reaches this site, "
                "so it works only on this machine: leave BIND and PUBLIC_URL unset, or set DEMO=0."
            )
        return True
    if asked in {"0", "false", "no", "off"}:
        return False
    if asked:
        raise LaunchError(f"DEMO is {asked!r}. Write 1 or 0.")
    return private


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(port: int, bind: str = "", patience: float = 0.0) -> list[socket.socket]:
    """Sockets that listen on the port: on BIND, or on both loopback addresses. Raises LaunchError.

    `patience`: seconds to wait for a port in use, for the end of a run that was killed a moment ago.
    """
    end = time.monotonic() + patience
    while True:
        try:
            return _listen_on(port, [bind] if bind else ["127.0.0.1", "::1"])
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE and time.monotonic() < end:
                time.sleep(0.1)
                continue
            raise LaunchError(_why_not(problem, port, bind)) from problem


def _listen_on(port: int, addresses: list[str]) -> list[socket.socket]:
    with contextlib.ExitStack() as stack:
        sockets: list[socket.socket] = []
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
                listener.listen(BACKLOG)
            except OSError as problem:
                # A machine without IPv6 does with the first one.
                if sockets and problem.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:
                    continue
                raise
            sockets.append(listener)
        stack.pop_all()
        return sockets


def _why_not(problem: OSError, port: int, bind: str) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Stop that one, or choose another: make run PORT={port + 1}"
    if problem.errno == errno.EACCES:
        return f"This user may not listen on port {port}. Choose one above 1023: make run PORT=8000"
    return f"Cannot listen on {bind or 'localhost'}, port {port}: {problem.strerror}."
