"""What the launcher hands to its children, and how `manage.py` finds the same without it. No Django.

DATA_DIR/secrets.json   made once: SECRET_KEY, MASTER_KEY, OWNER_TOKEN. Losing it loses every stored secret.
DATA_DIR/run.json       written by the run that holds the folder, removed at its end: all that its children got
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from config.launch.folders import LaunchError, make_folder, write_secret

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SECRETS = ("SECRET_KEY", "MASTER_KEY", "OWNER_TOKEN")
TOLD = ("PUBLIC_URL", "ALLOW_NETWORKS", "STDIO_POLICY", "OWNER_SOCKET", "DEMO", "DATABASE_URL", "REDIS_URL")
"""What a run tells. The addresses of the stores are among it only when they are not the embedded ones."""
LOOPBACK = "127.0.0.0/8,::1/128"
LONGEST_SOCKET = 100
"""Bytes. Unix sockets take 107 on Linux and 103 on macOS."""


def data_folder(env: Mapping[str, str]) -> Path:
    """The data folder that an environment names: DATA_DIR, or `var` beside the code."""
    return Path(env.get("DATA_DIR", "").strip() or BASE_DIR / "var").expanduser().absolute()


def _read(path: Path) -> dict[str, str]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise LaunchError(f"The file {path} cannot be read: {problem}.") from problem
    return {str(name): str(value) for name, value in values.items()}


def kept_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets of this installation, made at the first call (mode 600). Raises LaunchError."""
    path = make_folder(data_dir) / "secrets.json"
    kept = _read(path)
    missing = [name for name in SECRETS if not kept.get(name)]
    if missing:
        # 32 random bytes as URL-safe base64 without padding: the form that a master key has.
        kept |= {name: secrets.token_urlsafe(32) for name in missing}
        write_secret(path, json.dumps(kept, indent=2) + "\n")
    return kept


def owner_socket(data_dir: Path) -> Path:
    """Where the owner listens: in the data folder, or below the temporary folder when that path would be too long."""
    place = data_dir / "owner" / "owner.sock"
    if len(os.fsencode(place)) <= LONGEST_SOCKET:
        return place
    short = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"crossroads-{os.getuid()}-{short}" / "owner.sock"


def children_environment(data_dir: Path, env: Mapping[str, str], public_url: str, demo: bool) -> dict[str, str]:
    """All that a child needs but the stores. What the person set wins over what we would choose."""
    chosen = {
        "OWNER_SOCKET": str(owner_socket(data_dir)),
        "ALLOW_NETWORKS": LOOPBACK,
        "DEBUG": "0",
        **kept_secrets(data_dir),
    }
    chosen = {name: env.get(name) or value for name, value in chosen.items()}
    return chosen | {"DATA_DIR": str(data_dir), "PUBLIC_URL": public_url, "DEMO": "1" if demo else "0"}


def write_run(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Leave word for `manage.py`: what the run in this folder uses, as far as it cannot be found elsewhere."""
    told = {name: environment[name] for name in TOLD if environment.get(name)}
    write_secret(data_dir / "run.json", json.dumps(told, indent=2) + "\n")


def last_run(data_dir: Path) -> dict[str, str]:
    """What the run in this folder left word of; empty when none runs, unless it was killed."""
    return _read(data_dir / "run.json")


def forget_run(data_dir: Path) -> None:
    """Take it back."""
    (data_dir / "run.json").unlink(missing_ok=True)


def load_environment(env: MutableMapping[str, str] | None = None) -> None:
    """Fill in what the environment does not say, from the data folder. Never overrides, never starts anything."""
    env = os.environ if env is None else env
    data_dir = data_folder(env)
    if not data_dir.is_dir():
        return
    found = {"DATA_DIR": str(data_dir), "OWNER_SOCKET": str(owner_socket(data_dir))}
    found |= _read(data_dir / "secrets.json") | last_run(data_dir)
    known = found | dict(env)
    if not (known.get("DATABASE_URL") and known.get("REDIS_URL")):
        found = _running_stores(data_dir) | found
    for name, value in found.items():
        if not env.get(name):
            env[name] = value


def _running_stores(data_dir: Path) -> dict[str, str]:
    from config.launch.stores import Stores  # not needed, nor installed, where both addresses are given

    return Stores(data_dir).found()
