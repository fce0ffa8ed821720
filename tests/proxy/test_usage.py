"""What was used: by day, server, key and member, on the page, in the file and over the API."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import ApiKey
from accounts.services import create_key
from billing.models import Meter, UsageHour
from core.clock import now
from core.partitions import add_months
from core.permissions import SYSTEM
from proxy.selectors.usage import kept_months, month_usage, starts, this_month
from proxy.services.hubs import create_hub
from tests.cast import cast
from tests.proxy.calling import record_call
from tests.site.conftest import Things, things

__all__ = ["cast", "things"]

PAGE = "/w/acme/usage/"


def used(things: Things, **more: Any) -> None:
    record_call(things.cast.workspace.id, hub=things.hub.id, **{"minutes_ago": 0, **more})


def key_of(things: Things, name: str) -> ApiKey:
    made, _secret = create_key(
        actor=SYSTEM, workspace=things.cast.workspace, user=things.cast.users["owner"], name=name, scopes=["mcp"]
    )
    return made


def test_a_month_is_counted_by_day_server_key_and_member(things: Things) -> None:
    workspace, owner = things.cast.workspace, things.cast.users["owner"]
    key = key_of(things, "Laptop")
    used(things, server=things.server.id, user=owner.id, key=key.id, reply_bytes=100)
    used(things, server=things.server.id, user=owner.id, outcome="tool_error", reply_bytes=20)
    used(things, server="srv_gone", user="usr_gone")
    for other in ({"outcome": "failed"}, {"outcome": "refused"}, {"method": "tools/list"}):
        used(things, server=things.server.id, **other)
    used(things, at=starts(this_month()) - timedelta(minutes=1))
    record_call("wsp_other")
    usage = month_usage(workspace.id, this_month())
    # The call of the place's fixture has a server, and no key and no person.
    assert (usage.total.calls, usage.total.errors, usage.total.reply_bytes) == (4, 1, 120)
    assert [(one.name, one.calls, one.errors) for one in usage.servers] == [("Up", 3, 1), ("srv_gone", 1, 0)]
    assert {one.name: one.calls for one in usage.keys} == {"Laptop": 1, "Without a key, in the browser": 3}
    assert {one.name: one.calls for one in usage.members} == {"Owner": 2, "usr_gone": 1, "Nobody: an open hub": 1}
    today = now().astimezone(UTC).date()
    assert len(usage.days) == today.day
    assert (usage.days[-1].id, usage.days[-1].calls) == (today.isoformat(), 4)
    assert sum(day.calls for day in usage.days) == usage.total.calls
    before = month_usage(workspace.id, add_months(this_month(), -1))
    assert before.total.calls == 1
    assert before.days[-1].calls == 1


def test_the_page_shows_it_and_asks_no_more_when_there_is_more(
    things: Things, django_assert_max_num_queries: Any
) -> None:
    browser = things.cast.browser("viewer")
    for number in range(60):
        used(things, server=f"srv_{number}", key=f"key_{number}", user=f"usr_{number}")
    UsageHour.objects.create(workspace=things.cast.workspace.id, meter="calls", hour=now(), quantity=41)
    Meter.objects.get_or_create(name="calls", defaults={"title": "Calls", "unit": "calls"})
    with django_assert_max_num_queries(24):
        answer = browser.get(PAGE)
    page = answer.content.decode()
    assert "as metered" in page
    assert ">41<" in page
    assert "11 more are in the file" in page
    assert f'href="{PAGE}"' in page, "the sidebar leads there"
    months = kept_months()
    assert browser.get(f"{PAGE}?month={months[-1]:%Y-%m}").context["usage"].month == months[-1]
    assert browser.get(f"{PAGE}?month=1999-01").context["usage"].month == this_month()
    assert browser.get(f"{PAGE}?month=nonsense").status_code == 200


def test_the_file_has_every_combination_and_no_formulas(things: Things) -> None:
    cells = ["=HYPERLINK(1)", "+1+1", "-2", "@SUM(A1)", "\t=1", "  =1", "\uff1d1"]
    keys = [key_of(things, f"x{number}") for number in range(len(cells))]
    for key, name in zip(keys, cells, strict=True):
        ApiKey.objects.filter(pk=key.pk).update(name=name)
        used(things, server=things.server.id, key=key.id, user=things.cast.users["owner"].id)
    type(things.server).objects.filter(pk=things.server.pk).update(title='=cmd|"/c calc"!A0, "quoted"')
    answer = things.cast.browser("viewer").get(f"{PAGE}calls.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="acme-{this_month():%Y-%m}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert {row["server"] for row in rows} == {'\'=cmd|"/c calc"!A0, "quoted"'}
    assert {row["key"] for row in rows} == {"", *(f"'{cell}" for cell in cells)}
    assert [row["calls"] for row in rows] == ["1"] * (len(cells) + 1)
    assert not [
        cell for row in rows for cell in row.values() if cell.strip().startswith(("=", "+", "-", "@", "\uff1d"))
    ]


def test_the_api_says_the_same(things: Things) -> None:
    used(things, server=things.server.id, outcome="tool_error")
    address = "/api/v1/workspaces/acme/usage"
    answer = things.cast.api("viewer", "read").get(address)
    assert answer.status_code == 200
    body = answer.json()
    assert body["month"] == f"{this_month():%Y-%m}"
    assert body["total"] == {"calls": 2, "tool_errors": 1, "reply_bytes": 0}
    assert body["servers"] == [
        {"id": things.server.id, "name": "Up", "calls": 2, "tool_errors": 1, "reply_bytes": 0}
    ]  # fmt: skip
    assert body["days"][-1]["day"] == f"{now().astimezone(UTC):%Y-%m-%d}"
    for wrong in ("1999-01", "2026-13", "x"):
        refused = things.cast.api("viewer", "read").get(address, {"month": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "month")
    assert things.cast.api("viewer", "mcp").get(address).status_code == 403


def test_a_key_of_a_hub_sees_that_hubs_usage(things: Things) -> None:
    other = create_hub(actor=SYSTEM, workspace=things.cast.workspace, title="Other")
    record_call(things.cast.workspace.id, hub=other.id)
    client = things.cast.api("viewer")
    assert client.get("/api/v1/workspaces/acme/usage").json()["total"]["calls"] == 2
    secret = things.cast.key("viewer", "read", hub=other.id)
    client.logout()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    UsageHour.objects.create(
        workspace=things.cast.workspace.id, meter="calls", subject=things.hub.id, hour=now(), quantity=9
    )
    body = client.get("/api/v1/workspaces/acme/usage").json()
    assert body["total"]["calls"] == 1
    assert {meter["meter"]: meter["quantity"] for meter in body["meters"]}.get("calls", 0) == 0


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_days_are_of_utc_wherever_one_is(things: Things, zone: str) -> None:
    things.cast.users["owner"].timezone = zone
    things.cast.users["owner"].save()
    page = things.cast.browser("owner").get(PAGE)
    first = datetime.fromisoformat(page.context["usage"].days[0].id)
    assert f"{first.day} {first:%b}" in page.content.decode()
