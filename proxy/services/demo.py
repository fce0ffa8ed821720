"""The demo: a workspace with the bundled server, a hub, a key, and a week of calls to look at.

Everything is made by the services that people use, once; what is there already stays as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ApiKey, Membership, User, Workspace
from accounts.permissions import SYSTEM
from accounts.selectors import KeyRefused, key_of_token
from accounts.services import create_key, create_person, create_workspace, revoke_key
from core.errors import ServiceProblem
from proxy.engine.discovery import discover
from proxy.engine.ports import UpstreamProblem
from proxy.models import Hub, Server
from proxy.owner.client import OwnerUpstreams
from proxy.services.demo_calls import record_week
from proxy.services.discovery import record_discovery
from proxy.services.hubs import create_hub
from proxy.services.reach import spec_of_server
from proxy.services.servers import connect_server
from proxy.services.stdio import BUNDLED_ARGS, bundled_draft

SLUG = "demo"
EMAIL = "demo@localhost"
KEY_NAME = "First steps"
NIGHTLY = "nightly-report"
_OWNER_WITHIN_S = 10.0
_DISCOVERY_S = 30.0
_CODE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Demo:
    """What there is to show. `secret` is the key as text."""

    workspace: Workspace
    hub: Hub
    server: Server
    secret: str


def seed_demo() -> Demo:
    """Make what is missing of the demo. Raises ServiceProblem when the name is taken by somebody's own workspace."""
    user, workspace = _people()
    server = _server(workspace)
    hub = Hub.objects.filter(workspace=workspace, slug="main").first() or create_hub(
        actor=SYSTEM,
        workspace=workspace,
        title=_("Main"),
        slug="main",
        instructions=_(
            "Time zones, a calculator, notes and text tools. Notes are shared by everyone in the workspace."
        ),
        record_payloads=True,
        servers=[server],
    )
    key, secret = _key(user, workspace, hub)
    nightly = ApiKey.objects.filter(workspace=workspace, name=NIGHTLY, revoked_at=None).first()
    if nightly is None:
        nightly, _unseen = create_key(
            actor=SYSTEM, workspace=workspace, user=user, name=NIGHTLY, scopes=["mcp"], hub=hub.id
        )
    record_week(hub=hub, server=server, user=user, keys=(key, nightly))
    return Demo(workspace, hub, server, secret)


def demo_key_path() -> Path:
    """Where the demo's key is kept, so that every start can print it again."""
    path: Path = settings.ENV.data_dir / "demo-key"
    return path


def _people() -> tuple[User, Workspace]:
    with transaction.atomic():
        user = User.objects.filter(is_demo=True, is_active=True).order_by("created_at").first()
        if user is None:
            # Without a password: the demo sign-in is a button that only this machine is shown.
            user = create_person(actor=SYSTEM, email=EMAIL, name=_("Demo visitor"), is_demo=True)
        workspace = Workspace.objects.filter(slug=SLUG).first()
        if workspace is None:
            workspace = create_workspace(actor=SYSTEM, name=_("Demo"), slug=SLUG, owner=user)
            User.objects.filter(pk=user.pk).update(last_workspace=workspace.id)
        elif not Membership.objects.filter(workspace=workspace, user=user).exists():
            raise ServiceProblem(_("The workspace “demo” is somebody's own, so there is no demo here."), code="taken")
    return user, workspace


def _server(workspace: Workspace) -> Server:
    bundled = Server.objects.filter(workspace=workspace, transport="stdio", args=list(BUNDLED_ARGS)).first()
    server = bundled or connect_server(actor=SYSTEM, workspace=workspace, draft=bundled_draft(workspace))
    if server.discovered_at is None:
        # Nobody runs yet who could do it; and a first page without tools would teach nothing.
        with contextlib.suppress(UpstreamProblem, TimeoutError, OSError):
            _discover(server)
        server.refresh_from_db()
    return server


def _discover(server: Server) -> None:
    spec = spec_of_server(server)
    with _owner() as socket:

        async def ask() -> None:
            upstreams = OwnerUpstreams(socket, settings.ENV.owner_token, name="seed")
            try:
                async with asyncio.timeout(_DISCOVERY_S):
                    found.append(await discover(upstreams, spec))
            finally:
                await upstreams.close()

        found: list = []  # type: ignore[type-arg]
        asyncio.run(ask())
    record_discovery(server=server, found=found[0], fingerprint=spec.fingerprint)


@contextlib.contextmanager
def _owner() -> Iterator[Path]:
    """An owner process for a moment: the one of the installation starts later."""
    with tempfile.TemporaryDirectory(prefix="crossroads-seed-") as folder:
        socket = Path(folder) / "owner.sock"
        env = {**os.environ, "OWNER_SOCKET": str(socket), "OWNER_TOKEN": settings.ENV.owner_token}
        process = subprocess.Popen([sys.executable, "-m", "proxy.owner"], cwd=_CODE, env=env)
        try:
            end = time.monotonic() + _OWNER_WITHIN_S
            while not socket.exists():
                if process.poll() is not None or time.monotonic() > end:
                    raise TimeoutError("the owner does not start")
                time.sleep(0.02)
            yield socket
        finally:
            process.terminate()
            process.wait(10)


def _key(user: User, workspace: Workspace, hub: Hub) -> tuple[ApiKey, str]:
    """The demo's key: kept in the data folder, made anew when that lost it."""
    path = demo_key_path()
    with contextlib.suppress(FileNotFoundError, KeyRefused):
        secret = path.read_text(encoding="utf-8").strip()
        key = key_of_token(secret)
        if key.workspace_id == workspace.id and key.hub == hub.id:
            return key, secret
    for old in ApiKey.objects.filter(workspace=workspace, user=user, name=KEY_NAME, revoked_at=None):
        revoke_key(actor=SYSTEM, key=old)
    key, secret = create_key(actor=SYSTEM, workspace=workspace, user=user, name=KEY_NAME, scopes=["mcp"], hub=hub.id)
    _write_secret(path, secret)
    return key, secret


def _write_secret(path: Path, secret: str) -> None:
    """In one step, and readable by nobody else."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(secret + "\n")
    os.replace(new, path)
