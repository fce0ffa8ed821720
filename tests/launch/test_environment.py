"""What the launcher hands on, and how `manage.py` finds the same through the data folder."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.launch.environment import (
    BASE_DIR,
    children_environment,
    forget_run,
    kept_secrets,
    last_run,
    load_environment,
    owner_socket,
    write_run,
)
from config.launch.folders import LaunchError
from config.launch.runas import Runner
from config.launch.statics import is_current, mark_current, sources_digest
from core.crypto import Keyring


def test_secrets_are_made_once_and_kept_closed(tmp_path: Path) -> None:
    made = kept_secrets(tmp_path)
    assert set(made) == {"SECRET_KEY", "MASTER_KEY", "OWNER_TOKEN"}
    assert len(set(made.values())) == 3
    assert kept_secrets(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    plain, wrapped = Keyring.from_env(made["MASTER_KEY"]).new_data_key()
    assert Keyring.from_env(made["MASTER_KEY"]).unwrap(wrapped) == plain


def test_a_secret_that_is_new_in_a_release_joins_the_old_ones(tmp_path: Path) -> None:
    made = kept_secrets(tmp_path)
    del made["OWNER_TOKEN"]
    (tmp_path / "secrets.json").write_text(json.dumps(made))
    again = kept_secrets(tmp_path)
    assert again["MASTER_KEY"] == made["MASTER_KEY"]
    assert again["OWNER_TOKEN"]


def test_broken_secrets_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(LaunchError, match=r"secrets\.json cannot be read"):
        kept_secrets(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_children_get_what_the_person_set_before_what_we_choose(tmp_path: Path) -> None:
    chosen = children_environment(tmp_path, {"SECRET_KEY": "mine", "ALLOW_NETWORKS": ""}, "http://x:1", demo=False)
    assert chosen["SECRET_KEY"] == "mine"
    assert chosen["ALLOW_NETWORKS"] == "127.0.0.0/8,::1/128"
    assert chosen["MASTER_KEY"] == kept_secrets(tmp_path)["MASTER_KEY"]
    assert (chosen["PUBLIC_URL"], chosen["DEMO"], chosen["DEBUG"]) == ("http://x:1", "0", "0")
    assert chosen["DATA_DIR"] == str(tmp_path)


def test_the_owner_s_socket_has_a_path_that_fits() -> None:
    assert owner_socket(Path("/short")) == Path("/short/owner/owner.sock")
    deep = Path("/deep" + "/" + "é" * 50)
    assert len(os.fsencode(owner_socket(deep))) <= 100
    assert owner_socket(deep) == owner_socket(deep) != owner_socket(deep / "er")


def test_manage_finds_the_secrets_and_what_the_run_said(tmp_path: Path) -> None:
    secrets = kept_secrets(tmp_path)
    stores = {"DATABASE_URL": "postgresql://far/away", "REDIS_URL": "redis://far"}
    write_run(tmp_path, {"PUBLIC_URL": "http://localhost:9", "SECRET_KEY": "not told", **stores})
    assert "SECRET_KEY" not in last_run(tmp_path)
    env = {"DATA_DIR": str(tmp_path), "OWNER_TOKEN": "mine"}
    load_environment(env)
    assert env == {
        **secrets,
        **stores,
        "DATA_DIR": str(tmp_path),
        "OWNER_TOKEN": "mine",
        "OWNER_SOCKET": str(tmp_path / "owner/owner.sock"),
        "PUBLIC_URL": "http://localhost:9",
    }
    forget_run(tmp_path)
    env = {"DATA_DIR": str(tmp_path)}
    load_environment(env)
    assert "DATABASE_URL" not in env, "nothing runs, nothing is started"


def test_nothing_is_made_where_there_is_no_data_folder(tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path / "none")}
    load_environment(env)
    assert env == {"DATA_DIR": str(tmp_path / "none")}
    assert not (tmp_path / "none").exists()


def test_static_files_are_collected_again_only_after_a_change(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static/a.css").write_text("a{}")
    before = sources_digest(tmp_path)
    assert sources_digest(tmp_path) == before
    assert not is_current(tmp_path, before)
    mark_current(tmp_path, before)
    assert is_current(tmp_path, before)
    (tmp_path / "static/a.css").write_text("a{b:c}")
    assert not is_current(tmp_path, sources_digest(tmp_path))


def test_the_launcher_and_the_stores_do_without_django() -> None:
    code = "import sys, config.launch.run; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_root_runs_postgres_as_somebody_else(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    shown = subprocess.run(
        [*runner.arguments("postgres")[:-1], sys.executable, "-c", "import os; print(os.geteuid())"],
        capture_output=True,
        text=True,
        **runner.options,
    )
    assert shown.stdout.strip() not in {"", "0"}
