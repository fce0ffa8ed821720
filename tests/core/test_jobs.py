"""Jobs: rows that run once at a time, come back when they fail, and are found when they were lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import LazySettings
from django.db import connection, transaction

from core import jobs
from core.clock import now
from core.errors import PermissionProblem, ServiceProblem
from core.jobs import JobLater, enqueue_job, job_task, prune_jobs, queue_lengths, retry_failed, run_job, sweep_jobs
from core.models import Event, Job
from core.redis import OPTIONS
from tests.cast import Cast
from tests.launch.waiting import wait_until

State = Job.State


class Work:
    """A task that does what the test says next."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.given_up: list[tuple[str, str]] = []
        self.then: Callable[[], object] = lambda: None

    def __call__(self, subject: str) -> None:
        self.seen.append(subject)
        self.then()

    def fail(self) -> None:
        raise RuntimeError("no luck")


@pytest.fixture
def work(db: None, monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setattr(jobs, "_handlers", dict(jobs._handlers))
    found = Work()
    job_task("test.work", queue="calls", max_attempts=2, give_up=lambda *said: found.given_up.append(said))(found)
    return found


def get(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def make_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(due_at=now() - timedelta(seconds=1), leased_until=None)


def test_a_job_runs_once(work: Work) -> None:
    job = enqueue_job(task="test.work", subject="srv_1", workspace_id="wsp_1")
    assert (job.queue, job.state) == ("calls", State.WAITING)
    assert run_job(job.id) == "done"
    assert run_job(job.id) == "skipped"
    assert work.seen == ["srv_1"]
    assert get(job).finished_at is not None


def test_a_job_waits_once_for_a_subject(work: Work) -> None:
    first = enqueue_job(task="test.work", subject="srv_1", due_at=now() + timedelta(hours=2))
    later = enqueue_job(task="test.work", subject="srv_1", due_at=now() + timedelta(hours=3))
    sooner = enqueue_job(task="test.work", subject="srv_1")
    assert first.id == later.id == sooner.id
    assert get(first).due_at <= now()
    assert enqueue_job(task="test.work", subject="srv_2").id != first.id


def test_a_job_that_is_not_due_does_not_run(work: Work) -> None:
    job = enqueue_job(task="test.work", subject="s", due_at=now() + timedelta(hours=1))
    assert run_job(job.id) == "skipped"
    assert work.seen == []


def test_a_failure_comes_back_later_and_is_given_up_in_the_end(work: Work) -> None:
    work.then = work.fail
    job = enqueue_job(task="test.work", subject="s")
    assert run_job(job.id) == "waiting"
    again = get(job)
    assert again.due_at > now()
    assert (again.attempts, again.error) == (1, "RuntimeError: no luck")
    make_due(job)
    assert run_job(job.id) == "failed"
    assert work.given_up == [("s", "RuntimeError: no luck")]
    assert run_job(job.id) == "skipped"


def test_a_job_may_ask_to_come_back_without_failing(work: Work) -> None:
    def later() -> None:
        raise JobLater(30)

    work.then = later
    job = enqueue_job(task="test.work", subject="s")
    assert run_job(job.id) == "waiting"
    assert (get(job).attempts, get(job).error) == (0, "")


def test_a_change_made_while_it_runs_is_not_lost_and_twins_do_not_overlap(work: Work) -> None:
    made: list[Job] = []

    def enqueue_twin() -> None:
        if made:
            return
        made.append(enqueue_job(task="test.work", subject="s"))
        assert run_job(made[0].id) == "skipped"

    work.then = enqueue_twin
    job = enqueue_job(task="test.work", subject="s")
    assert run_job(job.id) == "done"
    twin = made[0]
    assert twin.id != job.id
    make_due(twin)
    assert run_job(twin.id) == "done"
    assert work.seen == ["s", "s"]


def test_a_failure_while_the_next_one_waits_leaves_the_retry_to_that(work: Work) -> None:
    def enqueue_and_fail() -> None:
        enqueue_job(task="test.work", subject="s")
        work.fail()

    work.then = enqueue_and_fail
    job = enqueue_job(task="test.work", subject="s")
    assert run_job(job.id) == "failed"
    assert Job.objects.filter(state=State.WAITING, subject="s").count() == 1
    assert work.given_up == []


def test_a_job_whose_worker_died_is_taken_over(work: Work) -> None:
    job = enqueue_job(task="test.work", subject="s")
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=1, leased_until=now() + timedelta(minutes=1))
    assert run_job(job.id) == "skipped"
    Job.objects.filter(pk=job.pk).update(leased_until=now() - timedelta(seconds=1))
    assert run_job(job.id) == "done"
    assert get(job).attempts == 2


def test_who_was_taken_for_dead_does_not_end_the_job(work: Work) -> None:
    def overtaken() -> None:
        Job.objects.update(attempts=2)

    work.then = overtaken
    job = enqueue_job(task="test.work", subject="s")
    run_job(job.id)
    assert get(job).state == State.RUNNING


def test_the_sweeper_wakes_what_was_lost_and_only_that(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []

    def wake(job: Job) -> bool:
        woken.append(job.subject)
        return True

    monkeypatch.setattr(jobs, "wake_job", wake)
    moment = now()
    rows: dict[str, dict[str, Any]] = {
        "lost": {"due_at": moment - timedelta(minutes=5)},
        "woken": {"due_at": moment, "leased_until": moment + timedelta(seconds=30)},
        "later": {"due_at": moment + timedelta(hours=1)},
        "dead": {"due_at": moment, "state": State.RUNNING, "leased_until": moment - timedelta(seconds=1)},
        "runs": {"due_at": moment, "state": State.RUNNING, "leased_until": moment + timedelta(minutes=5)},
        "done": {"due_at": moment, "state": State.DONE},
    }
    for subject, values in rows.items():
        Job.objects.create(task="test.work", subject=subject, **values)
    assert sweep_jobs() == 2
    assert sorted(woken) == ["dead", "lost"]
    woken.clear()
    sweep_jobs()
    assert woken == ["dead"]  # `lost` was woken a moment ago and is trusted to be on its way


def test_a_broker_that_is_away_fails_nothing_and_holds_nobody_up(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis(host="127.0.0.1", port=1, **OPTIONS)
    monkeypatch.setattr("core.redis.connection", lambda: away)
    job = enqueue_job(task="test.work", subject="s")
    began = time.monotonic()
    assert jobs.wake_job(job) is False
    assert time.monotonic() - began < 3
    make_due(job)
    assert sweep_jobs() == 0
    assert get(job).state == State.WAITING


def test_a_broker_that_takes_nothing_fails_nothing(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def send_task(self, *args: Any, **kwargs: Any) -> None:
            raise OSError("full")

    monkeypatch.setattr(jobs, "_celery", Full)
    assert jobs.wake_job(enqueue_job(task="test.work", subject="s")) is False


def test_a_job_is_woken_after_its_transaction(
    work: Work, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    woken: list[str] = []

    def wake(job: Job) -> bool:
        woken.append(job.id)
        return True

    monkeypatch.setattr(jobs, "wake_job", wake)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        job = enqueue_job(task="test.work", subject="s")
        enqueue_job(task="test.work", subject="later", due_at=now() + timedelta(hours=1))
        assert woken == []
    assert woken == [job.id]


@pytest.mark.django_db(transaction=True)
def test_a_message_that_comes_while_somebody_enqueues_the_same_is_not_lost(work: Work) -> None:
    """Else the job would lie until the sweeper doubts the message, a minute later."""
    job = enqueue_job(task="test.work", subject="srv_1")
    ran: list[str] = []

    def run() -> None:
        try:
            ran.append(run_job(job.id))
        finally:
            connection.close()

    worker = threading.Thread(target=run)
    with transaction.atomic():
        enqueue_job(task="test.work", subject="srv_1")
        worker.start()
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: ran or _count(waits), "the worker waits for us, or gave up")
        assert work.seen == []
    worker.join(20)
    assert (ran, work.seen) == (["done"], ["srv_1"])


def _count(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_job_that_stays_locked_is_left_to_the_sweeper(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LOCK_WAIT_MS", 50)
    job = enqueue_job(task="test.work", subject="srv_1")
    ran: list[str] = []

    def run() -> None:
        try:
            ran.append(run_job(job.id))
        finally:
            connection.close()

    worker = threading.Thread(target=run)
    with transaction.atomic():
        enqueue_job(task="test.work", subject="srv_1")
        worker.start()
        worker.join(20)
    assert (ran, work.seen) == (["skipped"], [])
    assert run_job(job.id) == "done"


def test_only_the_operator_starts_a_failed_job_again(work: Work, cast: Cast) -> None:
    job = Job.objects.create(task="test.work", subject="s", queue="calls", state=State.FAILED, due_at=now())
    with pytest.raises(PermissionProblem):
        retry_failed(actor=cast.principal("owner"), job=job)
    fresh = retry_failed(actor=cast.principal("operator"), job=job)
    assert (fresh.state, fresh.queue) == (State.WAITING, "calls")
    assert Event.objects.get(type="job.retried").data["fresh"] == fresh.id
    job.task = "gone.task"
    with pytest.raises(ServiceProblem):
        retry_failed(actor=cast.principal("operator"), job=job)


def test_old_jobs_are_forgotten(work: Work) -> None:
    old = now() - timedelta(days=10)
    for state in (State.DONE, State.FAILED):
        Job.objects.create(task="test.work", subject=state, state=state, due_at=old, finished_at=old)
    assert prune_jobs(done_before=now() - timedelta(days=3), failed_before=now() - timedelta(days=30)) == 1
    assert Job.objects.get().state == State.FAILED


def test_queues_are_counted_by_what_waits(work: Work) -> None:
    enqueue_job(task="test.work", subject="a")
    enqueue_job(task="test.work", subject="b")
    enqueue_job(task="test.work", subject="c", due_at=now() + timedelta(hours=1))
    enqueue_job(task="core.deliver_message", subject="d")
    assert queue_lengths() == {"calls": 2, "default": 1}


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_takes_it_from_a_real_broker(settings: LazySettings) -> None:
    from celery.contrib.testing.worker import start_worker

    from config.celery import app
    from core.models import Message

    message = Message.objects.create(to="a@example.com", subject="Hello", text="Hello", state="sent")
    with start_worker(app, perform_ping_check=False, shutdown_timeout=30, queues=["default"]):
        job = enqueue_job(task="core.deliver_message", subject=message.id)
        deadline = now() + timedelta(seconds=20)
        while get(job).state != State.DONE and now() < deadline:
            threading.Event().wait(0.02)
    assert get(job).state == State.DONE
