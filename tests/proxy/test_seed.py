"""The demo: made once by the real services, the same after a second start."""

from __future__ import annotations

import json
import shlex
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import ApiKey, User, Workspace
from accounts.permissions import SYSTEM
from accounts.selectors import key_of_token
from accounts.services import create_workspace
from billing.models import UsageEvent
from billing.selectors import calls_this_month
from core.clock import now
from proxy.models import Call, Hub, Server
from proxy.selectors.offers import offered
from proxy.selectors.stats import Span, summarize
from proxy.services.demo import demo_key_path
from proxy.services.secrets import opened_secrets

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    from dataclasses import replace

    settings.ENV = replace(settings.ENV, data_dir=tmp_path / "var")


def seed() -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("seed_demo", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_demo_is_made_once_and_printed_each_time() -> None:
    said, wrong = seed()
    assert wrong == ""
    workspace = Workspace.objects.get(slug="demo")
    server, hub = Server.objects.get(workspace=workspace), Hub.objects.get(workspace=workspace)
    assert (server.state, server.problem, hub.slug) == ("running", "", "main")
    assert opened_secrets(server)["env"]["NOTES_DIR"].endswith(f"notes/{workspace.id}")
    names = [row.name for row in offered(hub, kind="tool") if row.offered]
    assert "toolbox__calculate" in names
    secret = demo_key_path().read_text().strip()
    assert stat.S_IMODE(demo_key_path().stat().st_mode) == 0o600
    assert key_of_token(secret).hub == hub.id
    assert secret in said
    words = shlex.split(next(line for line in said.splitlines() if line.strip().startswith("curl")))
    assert words[2] == "http://localhost:8000/mcp/demo/main"
    assert json.loads(words[words.index("-d") + 1])["params"]["name"] in names
    calls = Call.objects.filter(workspace=workspace.id)
    count = calls.count()
    assert count > 300
    assert set(calls.values_list("name", flat=True)) <= set(names)
    assert {call.month for call in calls} == {call.started_at.date().replace(day=1) for call in calls}
    assert max(call.started_at for call in calls) <= now()
    figures = summarize(Span(workspace_id=workspace.id, since=now() - timedelta(days=8)))
    assert figures.success is not None
    assert 0.9 < figures.success < 1
    assert UsageEvent.objects.filter(workspace=workspace.id, meter="calls").count() > 300
    assert calls_this_month(workspace.id) > 0
    visitor = User.objects.get(is_demo=True)
    assert not visitor.has_usable_password()
    assert not visitor.is_operator
    again, wrong = seed()
    assert (again, wrong) == (said, "")
    assert Call.objects.filter(workspace=workspace.id).count() == count
    assert Server.objects.count() == Hub.objects.count() == 1


def test_a_lost_key_is_made_anew_and_the_old_one_ends() -> None:
    seed()
    first = demo_key_path().read_text().strip()
    demo_key_path().unlink()
    said, _ = seed()
    second = demo_key_path().read_text().strip()
    assert second != first
    assert second in said
    assert [key.revoked_at is None for key in ApiKey.objects.filter(name="First steps").order_by("id")] == [False, True]


def test_somebodys_own_workspace_of_that_name_is_left_alone() -> None:
    owner = User.objects.create_user("mara@example.com")
    create_workspace(actor=SYSTEM, name="Mine", slug="demo", owner=owner)
    said, wrong = seed()
    assert said == ""
    assert "somebody's own" in wrong
    assert not User.objects.filter(is_demo=True).exists()
