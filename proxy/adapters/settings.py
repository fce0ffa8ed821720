"""What the gateway's adapters need to know. Filled by `config`; plain values, no Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from proxy.engine.ports import InternalUpstream


@dataclass(frozen=True)
class GatewaySettings:
    """Sizes in bytes, times in seconds."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    master_key: str = field(repr=False)
    data_dir: Path
    owner_socket: str
    owner_token: str = field(repr=False)
    allow_networks: tuple[str, ...] = ()
    stdio_policy: tuple[str, ...] = ("operator",)
    allowed_hosts: tuple[str, ...] = ()
    public_url: str = "http://localhost:8000"
    max_body_bytes: int = 4 * 1024 * 1024
    redis_prefix: str = "cr:"
    process: str = "web"
    """Shown on the health page: web, gateway or worker."""
    open_listener: bool = False
    cut_off_s: float = 90.0
    """How long a process that lost Postgres serves what it knows."""
    internal: Mapping[str, Callable[[GatewaySettings], InternalUpstream]] = field(default_factory=dict, repr=False)
    """Servers that apps above register, by name; made with the engine, on its loop."""
