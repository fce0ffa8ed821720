"""Typed readers of the environment, and the one list of what Crossroads reads from it.

Every variable is read here, once, at start. A value that cannot be used stops the process with a sentence that names
the variable and says what to write.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


class SettingProblem(SystemExit):
    """A setting that cannot be used. Ends the process with its sentence."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"crossroads: the setting {name} {what}")


def _text(env: Mapping[str, str], name: str, default: str | None = None) -> str:
    value = env.get(name, "").strip() or default
    if value is None:
        raise SettingProblem(name, "is required and not set. `make run` sets it for you; see docs/configuration.md.")
    return value


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        raise SettingProblem(name, f"is {value!r}; write 1 or 0.")
    return default


def _number(env: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    value = env.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise SettingProblem(name, f"is {value!r}; write a whole number.") from None
    if number < least:
        raise SettingProblem(name, f"is {number}; write at least {least}.")
    return number


def _names(env: Mapping[str, str], name: str, default: str = "") -> tuple[str, ...]:
    return tuple(part for part in (piece.strip() for piece in env.get(name, default).split(",")) if part)


def _networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    for part in _names(env, name):
        try:
            ipaddress.ip_network(part)
        except ValueError:
            raise SettingProblem(name, f"holds {part!r}; write networks such as 10.0.0.0/8, with commas.") from None
    return _names(env, name)


def _servers(env: Mapping[str, str], name: str) -> tuple[tuple[str, int], ...]:
    """Addresses of name servers with their ports: `9.9.9.9`, `127.0.0.1:5353`, `[::1]:5353`."""
    found = []
    for part in _names(env, name):
        try:
            parts = urlsplit(f"//{part if part.count(':') < 2 or part.startswith('[') else f'[{part}]'}")
            found.append((str(ipaddress.ip_address(parts.hostname or "")), parts.port or 53))
        except ValueError:
            raise SettingProblem(name, f"holds {part!r}; write addresses such as 9.9.9.9, with commas.") from None
    return tuple(found)


def _url(env: Mapping[str, str], name: str, schemes: tuple[str, ...], default: str | None = None) -> str:
    value = _text(env, name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and bool(parts.hostname or parts.path)
    except ValueError:
        usable = False
    if not usable:
        raise SettingProblem(name, f"is not a usable address; write one that begins with {' or '.join(schemes)}://.")
    return value


def _stdio_policy(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    value = _names(env, name, "operator") or ("operator",)
    if len(value) > 1 and {"operator", "everyone"} & set(value):
        raise SettingProblem(name, "mixes words; write operator, everyone, or workspace slugs with commas.")
    return value


@dataclass(frozen=True)
class Environment:
    """What the environment said, checked and typed. Sizes in bytes, times in seconds."""

    debug: bool
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    redis_prefix: str
    """Before every key and channel, so that installations and test workers can share one Redis."""
    secret_key: str = field(repr=False)
    master_key: str = field(repr=False)
    public_url: str
    data_dir: Path
    model_dir: Path
    """Where the embedding model's graph is kept once it is made."""
    allowed_hosts: tuple[str, ...]
    allow_networks: tuple[str, ...]
    dns_servers: tuple[tuple[str, int], ...]
    """Name servers, with their ports, that are asked for TXT records; none: the system's."""
    stdio_policy: tuple[str, ...]
    """("operator",), ("everyone",) or the slugs of the workspaces that may run commands."""
    owner_socket: str
    owner_token: str = field(repr=False)
    demo: bool
    open_signup: bool
    open_port: int
    """Port of the open listener on loopback; 0 is off."""
    max_body_bytes: int
    request_headers_s: int
    request_body_s: int
    """How long the headers of a request may take, and how long its body may stand still."""
    call_retention_days: int
    rediscovery_minutes: int
    email_url: str = field(repr=False)
    email_from: str
    trusted_proxies: int
    """How many reverse proxies stand before us and set X-Forwarded-For."""
    secure: bool
    """PUBLIC_URL is https: cookies and redirects follow."""

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or "localhost"


def _hosts(env: Mapping[str, str], public_url: str) -> tuple[str, ...]:
    host = urlsplit(public_url).hostname or "localhost"
    local = ("localhost", "127.0.0.1", "[::1]") if host in {"localhost", "127.0.0.1", "::1"} else (host,)
    return tuple(dict.fromkeys((*local, *_names(env, "ALLOWED_HOSTS"))))


def read_environment(env: Mapping[str, str] | None = None, *, load: Callable[[], None] | None = None) -> Environment:
    """Read and check everything. Raises SettingProblem (a SystemExit) for the first value that cannot be used."""
    if load is not None:
        load()
    env = os.environ if env is None else env
    public_url = _url(env, "PUBLIC_URL", ("http", "https"), "http://localhost:8000")
    data_dir = Path(_text(env, "DATA_DIR", str(BASE_DIR / "var"))).absolute()
    secret_key = _text(env, "SECRET_KEY")
    if len(secret_key) < 32:
        raise SettingProblem("SECRET_KEY", "is too short; write at least 32 random characters.")
    return Environment(
        debug=_flag(env, "DEBUG", False),
        database_url=_url(env, "DATABASE_URL", ("postgres", "postgresql")),
        redis_url=_url(env, "REDIS_URL", ("redis", "rediss", "unix")),
        redis_prefix=_text(env, "REDIS_PREFIX", "cr:"),
        secret_key=secret_key,
        master_key=_text(env, "MASTER_KEY"),
        public_url=public_url,
        data_dir=data_dir,
        model_dir=Path(_text(env, "MODEL_DIR", str(data_dir / "models"))).absolute(),
        allowed_hosts=_hosts(env, public_url),
        allow_networks=_networks(env, "ALLOW_NETWORKS"),
        dns_servers=_servers(env, "DNS_SERVERS"),
        stdio_policy=_stdio_policy(env, "STDIO_POLICY"),
        owner_socket=env.get("OWNER_SOCKET", "") or str(data_dir / "owner" / "owner.sock"),
        owner_token=env.get("OWNER_TOKEN", ""),
        demo=_flag(env, "DEMO", False),
        open_signup=_flag(env, "OPEN_SIGNUP", True),
        open_port=_number(env, "OPEN_PORT", 0),
        max_body_bytes=_number(env, "MAX_BODY_BYTES", 4 * 1024 * 1024, least=1024),
        request_headers_s=_number(env, "REQUEST_HEADERS_S", 15, least=1),
        request_body_s=_number(env, "REQUEST_BODY_S", 30, least=1),
        call_retention_days=_number(env, "CALL_RETENTION_DAYS", 90, least=1),
        rediscovery_minutes=_number(env, "REDISCOVERY_MINUTES", 15, least=1),
        email_url=env.get("EMAIL_URL", ""),
        email_from=_text(env, "EMAIL_FROM", f"Crossroads <crossroads@{urlsplit(public_url).hostname}>"),
        trusted_proxies=_number(env, "TRUSTED_PROXIES", 0),
        secure=public_url.startswith("https://"),
    )
