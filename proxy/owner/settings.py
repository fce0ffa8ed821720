"""The owner's settings, read once from its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class SettingProblem(SystemExit):
    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"owner: the setting {name} {what}")


class OwnerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. `pass_env` names variables of the owner's own environment that children get too."""

    socket: Path
    token: str
    work_dir: Path
    """Where a child without a folder of its own starts, in a folder named after its server."""
    max_children: int = 100
    max_per_workspace: int = 50
    idle_s: float = 600.0
    start_timeout_s: float = 60.0
    pass_env: tuple[str, ...] = ()
    allow_networks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"OwnerSettings(socket={str(self.socket)!r})"


def read_settings(env: Mapping[str, str] | None = None) -> OwnerSettings:
    """Read OWNER_SOCKET, OWNER_TOKEN and the rest. Raises SettingProblem for the first that cannot be used."""
    env = os.environ if env is None else env
    socket = Path(_text(env, "OWNER_SOCKET")).absolute()
    if len(os.fsencode(socket)) > 100:
        raise SettingProblem("OWNER_SOCKET", "is too long: a Unix socket's path may have about 100 bytes.")
    token = _text(env, "OWNER_TOKEN")
    if len(token) < 16:
        raise SettingProblem("OWNER_TOKEN", "is too short; write at least 16 random characters.")
    return OwnerSettings(
        socket=socket,
        token=token,
        work_dir=Path(env.get("OWNER_WORK_DIR") or socket.parent / "work").absolute(),
        max_children=int(_number(env, "OWNER_MAX_CHILDREN", 100, least=1)),
        max_per_workspace=int(_number(env, "OWNER_MAX_PER_WORKSPACE", 50, least=1)),
        idle_s=_number(env, "OWNER_IDLE_S", 600, least=0.05),
        start_timeout_s=_number(env, "OWNER_START_TIMEOUT_S", 60, least=0.1),
        pass_env=_names(env, "OWNER_PASS_ENV"),
        allow_networks=_names(env, "ALLOW_NETWORKS"),
    )


def _names(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in env.get(name, "").split(","))))


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingProblem(name, "is required and not set.")
    return value


def _number(env: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    text = env.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        raise SettingProblem(name, f"is {text!r}; write a number.") from None
    if value < least:
        raise SettingProblem(name, f"is {text}; write at least {least:g}.")
    return value
