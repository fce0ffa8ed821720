"""The engine of this process on the test's database, with an owner process for servers that are commands."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.fixtures import Settings

from proxy.adapters import runtime
from tests.peers.fixtures import ROOT, wait_until


def start_owner(folder: Path) -> subprocess.Popen[bytes]:
    """An owner that serves a socket in `folder`."""
    socket = folder / "owner.sock"
    env = {
        **os.environ,
        "OWNER_SOCKET": str(socket),
        "OWNER_TOKEN": django_settings.ENV.owner_token,
        "OWNER_START_TIMEOUT_S": "20",
    }
    process = subprocess.Popen([sys.executable, "-m", "proxy.owner"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    wait_until(socket.exists, limit_s=20, what="the owner's socket")
    return process


@pytest.fixture(scope="session")
def owner_folder() -> Iterator[Path]:
    """One owner for a run of these tests."""
    with tempfile.TemporaryDirectory(prefix="cr-owner-") as name:
        process = start_owner(Path(name))
        yield Path(name)
        process.terminate()
        process.wait(10)


@pytest.fixture
def engine(transactional_db: None, settings: Settings, owner_folder: Path) -> Iterator[None]:
    """`runtime.run` works: over HTTP from here, commands through the owner."""
    found = connection.settings_dict
    url = f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"
    settings.GATEWAY = replace(django_settings.GATEWAY, database_url=url, owner_socket=str(owner_folder / "owner.sock"))
    # A test before may have started one without saying so, on the database that the settings name.
    runtime.stop()
    yield
    runtime.stop()
    with connection.cursor() as cursor:
        # Django flushes only the tables that it manages.
        cursor.execute("TRUNCATE proxy_call, billing_usageevent")
