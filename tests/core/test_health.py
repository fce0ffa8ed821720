"""Is everything well: for machines at /healthz, for the operator in words."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import redis
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from core import health, tasks
from core import redis as core_redis
from core.clock import now
from core.health import Finding, register_check, sections
from core.models import IdempotentRequest, Job, Message, WebhookDelivery
from core.partitions import add_months, ensure_partitions, month_of, stray_rows
from core.redis import OPTIONS, key
from core.redis import connection as redis_connection
from core.schedule import beat_schedule
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _own(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {name: check for name, check in health._checks.items() if check[1].__module__ == "core.health"}
    monkeypatch.setattr(health, "_checks", own)


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis(host="127.0.0.1", port=1, **OPTIONS)
    for place in (health, "redis_connection"), (tasks, "connection"), (core_redis, "connection"):
        monkeypatch.setattr(*place, lambda: away)


def found(name: str) -> Finding:
    return next(section.finding for section in sections() if section.name == name)


def test_healthz_says_that_the_stores_answer(db: None) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"postgres": "ok", "redis": "ok"})


def test_without_redis_the_site_goes_on(db: None, no_redis: None) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["redis"]) == (200, "away")
    assert found("redis").state == "bad"
    assert found("workers").state == "warn"
    tasks.note_alive("beat")


def test_without_postgres_it_does_not(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.views.postgres_answers", lambda: False)
    assert Client().get("/healthz").status_code == 503


def test_workers_and_beat_are_heard(db: None) -> None:
    client = redis_connection()
    for name in client.scan_iter(match=key("alive:*")):
        client.delete(name)
    assert found("workers").state == "bad"
    tasks.note_alive("worker:one@here")
    assert "beat" in found("workers").text
    tasks.sweep()
    assert found("workers").state == "ok"
    assert 0 < int(client.ttl(key("alive:beat"))) <= tasks.ALIVE_S
    assert int(client.get(key("alive:beat")) or 0) <= time.time()


def test_queues_that_stand_still_are_bad(db: None) -> None:
    assert found("queues").state == "ok"
    Job.objects.create(task="core.deliver_message", subject="a", state="failed", due_at=now())
    assert found("queues").state == "warn"
    Job.objects.create(task="core.deliver_message", subject="b", due_at=now() - timedelta(minutes=10))
    assert found("queues").state == "bad"


def test_mail_without_a_server_is_said(db: None, settings: LazySettings) -> None:
    assert found("mail").state == "warn"
    settings.EMAIL_CONFIGURED = True
    assert found("mail").state == "ok"
    Message.objects.create(to="a@example.com", subject="s", text="t", state="failed")
    assert found("mail").state == "bad"


def test_a_row_outside_every_month_is_an_alarm(db: None) -> None:
    ensure_partitions(today=now().date())
    assert found("partitions").state == "ok"
    far = add_months(month_of(now().date()), 40)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO proxy_call (id, month, workspace, method, outcome, started_at, duration_us, hub, server, "
            'principal, "user", key, client_name, client_version, protocol, name, error_code, error, stages, '
            "request_bytes, reply_bytes, request_id) VALUES ('call_1', %s, 'w', 'm', 'answered', now(), 1, '', '', "
            "'', '', '', '', '', '', '', 0, '', '{}', 0, 0, '')",
            [far],
        )
    assert stray_rows()["proxy_call"] == 1
    assert found("partitions").state == "bad"


def test_a_check_that_breaks_is_a_finding(db: None) -> None:
    def broken() -> Finding:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nonsense")
        return Finding("ok", "")

    register_check("broken", "Broken", broken, order=1)
    assert sections()[0].finding.state == "bad"
    assert found("postgres").state == "ok"


def test_the_page_says_the_worst(cast: Cast) -> None:
    register_check("sick", "Sick part", lambda: Finding("bad", "it hurts", [("where", "here")]))
    page = cast.browser("operator").get("/operator/").content.decode()
    assert "something is broken" in page
    assert "Sick part" in page
    assert "It hurts" in page


def test_timers_are_told_to_beat() -> None:
    schedule = beat_schedule()
    assert schedule["core.sweep"]["schedule"] == timedelta(seconds=10)
    assert schedule["core.housekeeping"]["options"] == {"queue": "default", "expires": 3600.0}


def test_housekeeping_forgets_what_is_old(db: None, django_assert_max_num_queries: Callable[[int], object]) -> None:
    old = now() - timedelta(days=40)
    Message.objects.create(to="a@example.com", subject="old", text="t")
    WebhookDelivery.objects.create(workspace="w", url="http://x/", type="t", payload={}, state="failed")
    WebhookDelivery.objects.create(workspace="w", url="http://x/", type="t", payload={}, state="waiting")
    IdempotentRequest.objects.create(owner="o", key="k", fingerprint="f")
    for model in (Message, WebhookDelivery, IdempotentRequest):
        model.objects.update(created_at=old)
    Message.objects.create(to="a@example.com", subject="new", text="t")
    tasks.housekeeping()
    assert Message.objects.get().subject == "new"
    assert WebhookDelivery.objects.get().state == "waiting"
    assert not IdempotentRequest.objects.exists()


def test_months_are_made_ahead(db: None) -> None:
    day = date(2031, 11, 15)
    made = ensure_partitions(today=day)
    assert "proxy_call_2031_10" in made
    assert "proxy_call_2032_02" in made
    assert ensure_partitions(today=day) == []
