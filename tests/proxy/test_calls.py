"""Recorded calls and their figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from core.clock import now
from core.ids import id_time, is_id
from core.partitions import add_months, month_of, partition_name
from proxy.forms.calls import CallFilterForm
from proxy.models import Call
from proxy.selectors.calls import (
    CallFilter,
    calls_of,
    find_call,
    first_id,
    page_of_calls,
)
from proxy.selectors.stats import (
    BUCKETS_MS,
    Span,
    by_minute,
    histogram,
    last_day,
    summarize,
    tool_stats,
)
from proxy.services.hubs import create_hub
from proxy.tasks import forget
from tests.proxy.calling import record_call
from tests.proxy.conftest import Cast, MakeServer


def test_the_first_id_of_a_moment_is_no_later_than_any_other() -> None:
    moment = now()
    assert is_id(first_id(moment), "call")
    assert abs(id_time(first_id(moment)) - moment) < timedelta(milliseconds=1)
    assert first_id(moment) < first_id(moment + timedelta(milliseconds=1))


def test_pages_follow_each_other_without_gaps(cast: Cast) -> None:
    made = [record_call(cast.workspace.id, minutes_ago=30 - number).id for number in range(7)]
    seen, before = [], ""
    while True:
        lines, before = page_of_calls(cast.workspace, CallFilter(), before=before, limit=3)
        seen += [line.call.id for line in lines]
        if not before:
            break
    assert seen == made[::-1]


def test_calls_of_another_workspace_are_nobody_elses(cast: Cast) -> None:
    mine, theirs = record_call(cast.workspace.id), record_call("wsp_other")
    assert list(calls_of(cast.workspace)) == [mine]
    assert find_call(cast.workspace, theirs.id) is None
    assert find_call(cast.workspace, mine.id) == mine
    assert find_call(cast.workspace, "nonsense") is None


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_of_calls_takes_the_same_queries(
    cast: Cast, make_server: MakeServer, django_assert_num_queries: Any, rows: int
) -> None:
    for number in range(rows):
        server = make_server(f"S{number}", "a")
        hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Main")
        record_call(cast.workspace.id, server=server.id, hub=hub.id, user=cast.users["member"].id)
    with django_assert_num_queries(4):
        lines, _ = page_of_calls(cast.workspace, CallFilter())
    assert len(lines) == rows
    assert all(line.server and line.hub and line.user for line in lines)
    assert (lines[0].duration_ms, lines[0].upstream_ms, lines[0].own_ms) == (12.0, 10.0, 2.0)


def test_the_totals_of_a_day(cast: Cast) -> None:
    for outcome in ("answered", "answered", "input_required", "tool_error", "failed", "refused", "cancelled"):
        record_call(cast.workspace.id, outcome=outcome)
    record_call(cast.workspace.id, method="tools/list")
    record_call(cast.workspace.id, minutes_ago=60 * 25)
    found = summarize(last_day(cast.workspace.id))
    assert (found.calls, found.good, found.bad, found.refused) == (7, 3, 2, 1)
    assert found.success == pytest.approx(0.6)
    assert (found.p50_ms, found.p95_ms, found.own_p95_ms) == (12.0, 12.0, 2.0)
    nothing = summarize(last_day("wsp_nobody"))
    assert (nothing.calls, nothing.success, nothing.p50_ms) == (0, None, None)


def test_how_long_calls_take_falls_into_buckets(cast: Cast) -> None:
    for ms in (0.5, 1, 1.001, 5, 4999, 5000, 5001, 90_000):
        record_call(cast.workspace.id, duration_us=round(ms * 1000))
    record_call(cast.workspace.id, duration_us=1500, outcome="failed")
    buckets = histogram(last_day(cast.workspace.id))
    assert [bucket.up_to_ms for bucket in buckets] == [*BUCKETS_MS, None]
    counts = {bucket.up_to_ms: (bucket.good, bucket.bad) for bucket in buckets if bucket.good or bucket.bad}
    assert counts == {1: (2, 0), 2: (1, 1), 5: (1, 0), 5000: (2, 0), None: (2, 0)}


def test_every_minute_is_there_also_without_calls(cast: Cast) -> None:
    record_call(cast.workspace.id, minutes_ago=3)
    record_call(cast.workspace.id, minutes_ago=3, outcome="refused")
    record_call(cast.workspace.id, minutes_ago=10, outcome="failed")
    minutes = by_minute(Span(workspace_id=cast.workspace.id, since=now() - timedelta(hours=1)))
    assert 60 <= len(minutes) <= 61
    assert (sum(m.good for m in minutes), sum(m.bad for m in minutes), sum(m.refused for m in minutes)) == (1, 1, 1)
    assert [one.at for one in minutes] == sorted({one.at for one in minutes})


def test_the_figures_of_tools_by_the_names_they_are_called_by(cast: Cast) -> None:
    for minutes_ago, name, outcome in [
        (5, "github__search", "answered"),
        (5, "search", "answered"),
        (130, "search", "failed"),
        (5, "search", "refused"),
        (5, "write", "answered"),
    ]:
        record_call(cast.workspace.id, server="srv_1", name=name, outcome=outcome, minutes_ago=minutes_ago)
    record_call(cast.workspace.id, server="srv_2", name="search")
    names = {"ftr_1": [("srv_1", "search"), ("srv_1", "github__search")], "ftr_2": [("srv_1", "nothing")]}
    found = tool_stats(last_day(cast.workspace.id), names)
    assert set(found) == {"ftr_1"}
    stats = found["ftr_1"]
    assert (stats.calls, stats.good, stats.bad, stats.p95_ms) == (4, 2, 1, 12.0)
    assert stats.success == pytest.approx(2 / 3)
    assert (stats.by_hour[23], stats.by_hour[21], sum(stats.by_hour)) == (3, 1, 4)
    assert tool_stats(last_day(cast.workspace.id), {}) == {}


def test_a_span_may_be_of_one_hub_or_server(cast: Cast) -> None:
    record_call(cast.workspace.id, hub="hub_1", server="srv_1")
    record_call(cast.workspace.id, hub="hub_2", server="srv_1")
    assert summarize(last_day(cast.workspace.id, hub="hub_1")).calls == 1
    assert summarize(last_day(cast.workspace.id, server="srv_1")).calls == 2
    assert summarize(last_day(cast.workspace.id, hub="hub_1", server="srv_2")).calls == 0


def test_the_filter_form_leaves_out_what_it_cannot_read(cast: Cast) -> None:
    form = CallFilterForm(
        {"outcome": "magic", "tool": "se", "range": "hour", "server": "srv_x"}, workspace=cast.workspace
    )
    wanted = form.filter()
    assert (wanted.outcome, wanted.tool, wanted.server, wanted.method) == ("", "se", "", "tools/call")
    assert wanted.since is not None
    assert timedelta(minutes=59) < now() - wanted.since < timedelta(minutes=61)
    everything = CallFilterForm({"all": "on"}, workspace=cast.workspace).filter()
    assert (everything.method, everything.since) == ("", None)


@pytest.mark.django_db
def test_months_that_nobody_keeps_are_dropped(settings: Settings) -> None:
    old = add_months(month_of(now().date()), -6)
    name = partition_name("proxy_call", old)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {name} PARTITION OF proxy_call FOR VALUES FROM ('{old}') TO ('{add_months(old, 1)}')"
        )
    record_call("wsp_1", at=now().replace(year=old.year, month=old.month, day=15))
    recent = record_call("wsp_1")
    forget()
    assert list(Call.objects.all()) == [recent]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        assert cursor.fetchone()[0] is None
