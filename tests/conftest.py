"""One pair of real stores for a run of the tests, and the environment that the settings read.

All of it happens while this file is imported: conftest files below may import models at their top, and Django reads
the environment once. A guard process holds the stores and ends them when this process is gone, however it goes.

With DATABASE_URL and REDIS_URL set, these are used instead, under names of this run's own.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
RUN_FOLDER = "CROSSROADS_TEST_RUN"


def _start_guarded_stores(folder: Path) -> dict[str, str]:
    """Start a pair in a process of its own. It ends when our end of the pipe is closed: at exit, or by kill -9."""
    guard = subprocess.Popen(
        [sys.executable, "-m", "config.launch.dev_stores", str(folder), "--guard"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert guard.stdin and guard.stdout
    line = guard.stdout.readline()
    found = dict(re.findall(r"(\w+)='([^']*)'", line))
    if not found:
        raise SystemExit("The test stores do not start; the reason stands above.")

    def end() -> None:
        assert guard.stdin
        guard.stdin.close()
        guard.wait(30)

    atexit.register(end)
    return found


def _prepare_run() -> None:
    """What all workers of a run share. Under xdist only the controller comes here; workers inherit its environment."""
    run = Path(tempfile.mkdtemp(prefix="cr-test-"))
    atexit.register(shutil.rmtree, run, ignore_errors=True)
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        os.environ.update(_start_guarded_stores(run))
    elif "--reuse-db" not in sys.argv:
        given = urlsplit(os.environ["DATABASE_URL"])
        os.environ["DATABASE_URL"] = given._replace(path=f"{given.path}_{os.getpid()}").geturl()
    os.environ.update(
        {
            RUN_FOLDER: str(run),
            "SECRET_KEY": secrets.token_urlsafe(32),
            "MASTER_KEY": secrets.token_urlsafe(32),
            "OWNER_TOKEN": secrets.token_urlsafe(32),
            "PUBLIC_URL": "http://localhost:8000",
            "ALLOW_NETWORKS": "127.0.0.0/8,::1/128",
            "STDIO_POLICY": "operator",
            "DEBUG": "0",
            "DEMO": "0",
        }
    )
    for name in ("EMAIL_URL", "ALLOWED_HOSTS", "OPEN_PORT", "OPEN_SIGNUP", "TRUSTED_PROXIES"):
        os.environ.pop(name, None)


def _prepare_worker() -> None:
    """What each process has for itself: data folder, Redis database and prefix. pytest-django names the databases."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    run = Path(os.environ[RUN_FOLDER])
    data = run / (worker or "data")
    data.mkdir(mode=0o700, exist_ok=True)
    number = int(worker.removeprefix("gw") or 0) if worker else 0
    redis = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = redis._replace(path=f"/{number % 15 + 1}").geturl()
    os.environ["REDIS_PREFIX"] = f"{run.name}-{worker or 'main'}:"
    os.environ["DATA_DIR"] = str(data)
    # Made once from installed weights, the same for every run.
    os.environ.setdefault("MODEL_DIR", str(ROOT / ".models"))
    os.environ["OWNER_SOCKET"] = str(data / "owner.sock")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"


if "PYTEST_XDIST_WORKER" not in os.environ:
    _prepare_run()
_prepare_worker()

from collections.abc import Iterator  # noqa: E402

import django  # noqa: E402
import pytest  # noqa: E402
from celery.signals import setup_logging  # noqa: E402
from django.conf import settings  # noqa: E402

from tests.scheduling import Scheduling, put_slow_ones_first  # noqa: E402

django.setup()
# A worker in a test's process would set the root logger to errors alone, for all tests after it.
setup_logging.connect(lambda **_: None, weak=False)
# The product's scrypt takes a tenth of a second for each sign-in; it stays second, so that its hashes are understood.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def pytest_configure(config: pytest.Config) -> None:
    """A worker that finds settings named reads them before this file gives it a Redis and a folder of its own."""
    if config.getoption("dist", "no") != "no":
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("dist", "no") != "no" or os.environ.get("PYTEST_XDIST_WORKER"):
        put_slow_ones_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    return Scheduling(config, log)


def pytest_sessionstart() -> None:
    assert os.environ["REDIS_PREFIX"] == settings.REDIS_PREFIX, "two processes of the tests would share one Redis"


@pytest.fixture(autouse=True)
def _forget_partitioned(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that commit are cleaned up by flushing Django's tables; it does not know of the partitioned ones."""
    blocker = request.getfixturevalue("django_db_blocker")
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = bool(marker and marker.kwargs.get("transaction"))
    if commits or {"transactional_db", "live_server"} & set(request.fixturenames):
        with blocker.unblock(), django.db.connection.cursor() as cursor:
            cursor.execute("TRUNCATE proxy_call, billing_usageevent")


def pytest_sessionfinish() -> None:
    """End the engine that a test may have started, before what it logs to is gone."""
    from proxy.adapters import runtime

    runtime.stop()
