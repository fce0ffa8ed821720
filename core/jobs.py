"""Background work: every job is a row, the broker's message only wakes it, a sweeper wakes what was lost.

    @job_task("proxy.discover", queue="discovery")            # in an app's tasks.py
    def discover(subject: str) -> None: ...                   # takes an id, may run twice without harm

    enqueue_job(task="proxy.discover", subject=server.id, workspace_id=server.workspace_id)

A job waits once for a task and subject: enqueueing it again brings it forward if that is sooner. While one runs, the
next may wait already, so that a change made meanwhile is not lost, but the two never run at the same time.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import Celery, shared_task
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Count, F, Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from psycopg.errors import LockNotAvailable

from core import redis
from core.clock import now
from core.decision import Principal
from core.errors import ServiceProblem
from core.events import record_event
from core.models import Job
from core.permissions import INSTALLATION, require

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
WAKE_AGAIN = timedelta(seconds=60)
"""How long the sweeper trusts a message that was sent to the broker."""
BUSY_RETRY = timedelta(seconds=5)
LOCK_WAIT_MS = 10_000
BACKOFF_S = (5, 30, 120, 600, 3600)
State = Job.State


class JobLater(Exception):
    """Raised by a task that wants to run again in `seconds`, without that being a failure."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Handler:
    """A task's function and how to run it. `give_up(subject, error)` is told after the last attempt."""

    name: str
    function: Callable[[str], object]
    queue: str
    lease: timedelta
    max_attempts: int
    give_up: Callable[[str, str], object] | None


_handlers: dict[str, Handler] = {}


def job_task(
    name: str,
    *,
    queue: str = "default",
    lease: timedelta = LEASE,
    max_attempts: int = 5,
    give_up: Callable[[str, str], object] | None = None,
) -> Callable[[Callable[[str], object]], Callable[[str], object]]:
    """Declare a task. `lease` must be longer than it may ever run; then it is taken for dead and started again."""

    def declare(function: Callable[[str], object]) -> Callable[[str], object]:
        _handlers[name] = Handler(name, function, queue, lease, max_attempts, give_up)
        shared_task(name=name)(run_job)
        return function

    return declare


def enqueue_job(
    *, task: str, subject: str = "", workspace_id: str = "", queue: str = "", due_at: datetime | None = None
) -> Job:
    """Store a job in the caller's transaction; workers hear of it when that commits, or later if the broker is away."""
    handler = _handlers[task]
    moment = now()
    due_at = due_at or moment
    wake = due_at <= moment
    job = Job(
        workspace=workspace_id,
        task=task,
        queue=queue or handler.queue,
        subject=subject,
        max_attempts=handler.max_attempts,
        due_at=due_at,
        leased_until=moment + WAKE_AGAIN if wake else None,
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        waiting = Job.objects.select_for_update().filter(task=task, subject=subject, state=State.WAITING)
        with transaction.atomic():
            found = waiting.first()
            if found is None:  # it began to run between our two statements
                return enqueue_job(task=task, subject=subject, workspace_id=workspace_id, queue=queue, due_at=due_at)
            if due_at < found.due_at:
                found.due_at, found.leased_until = due_at, job.leased_until
                found.save(update_fields=["due_at", "leased_until", "updated_at"])
            else:
                wake = False
        job = found
    if wake:
        transaction.on_commit(lambda: wake_job(job))
    return job


def wake_job(job: Job) -> bool:
    """Tell the workers. False when the broker is away: the sweeper will try again.

    The broker's client waits for seconds where Redis is away; a request must not, so Redis is asked first.
    """
    if not redis.answers():
        log.warning("the broker is away, job %s waits for the sweeper", job.id)
        return False
    try:
        _celery().send_task(job.task, args=[job.id], queue=job.queue, retry=False)
    except Exception as problem:
        log.warning("job %s could not be sent, it waits for the sweeper: %s", job.id, type(problem).__name__)
        return False
    return True


def _celery() -> Celery:
    """The application that config wires; named in the settings, so that web processes need not import it at start."""
    app = import_string(settings.JOBS_APP)
    assert isinstance(app, Celery)
    return app


def run_job(job_id: str) -> str:
    """Run a job if it is due and nobody runs it. Returns what became of it: skipped, done, waiting or failed."""
    job = _lease(job_id)
    if job is None:
        return "skipped"
    handler = _handlers[job.task]
    try:
        handler.function(job.subject)
    except JobLater as later:
        return _again(job, now() + timedelta(seconds=later.seconds), "", counts=False)
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"[:4000]
        if job.attempts < job.max_attempts:
            log.warning("job %s (%s %s) failed, attempt %d: %s", job.id, job.task, job.subject, job.attempts, error)
            return _again(job, now() + backoff(job.attempts), error)
        log.exception("job %s (%s %s) failed for the last time", job.id, job.task, job.subject)
        return _finish(job, State.FAILED, error, handler)
    return _finish(job, State.DONE, "", handler)


def backoff(attempts: int) -> timedelta:
    """The pause after the n-th failure, with a fifth of chance so that many do not come back at once."""
    seconds = BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]
    return timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311


def sweep_jobs(*, limit: int = 500) -> int:
    """Wake what is due and was not woken, and what a dead worker left running. Returns how many."""
    moment = now()
    lost = Q(state=State.WAITING, due_at__lte=moment) & (Q(leased_until=None) | Q(leased_until__lt=moment))
    dead = Q(state=State.RUNNING, leased_until__lt=moment)
    with transaction.atomic():
        rows = Job.objects.select_for_update(skip_locked=True).filter(lost | dead).order_by("due_at")
        jobs = list(rows[:limit])
        Job.objects.filter(pk__in=[job.pk for job in jobs], state=State.WAITING).update(
            leased_until=moment + WAKE_AGAIN
        )
    for count, job in enumerate(jobs):
        if not wake_job(job):
            return count
    return len(jobs)


def retry_failed(*, actor: Principal, job: Job) -> Job:
    """Start a failed job afresh, as a new one. For the operator. Raises PermissionProblem or ServiceProblem."""
    require(actor, "operator.manage", INSTALLATION)
    if job.task not in _handlers:
        raise ServiceProblem(_("No part of this version does such jobs any more."), code="gone")
    with transaction.atomic():
        fresh = enqueue_job(task=job.task, subject=job.subject, workspace_id=job.workspace, queue=job.queue)
        Job.objects.filter(pk=job.pk, state=State.FAILED).update(state=State.DONE, updated_at=now())
        record_event(
            type="job.retried",
            actor=actor,
            target_kind="job",
            target=job.id,
            data={"task": job.task, "subject": job.subject, "fresh": fresh.id},
        )
    return fresh


def prune_jobs(*, done_before: datetime, failed_before: datetime) -> int:
    """Forget jobs that ended long ago."""
    old = Q(state=State.DONE, finished_at__lt=done_before) | Q(state=State.FAILED, finished_at__lt=failed_before)
    return Job.objects.filter(old).delete()[0]


def _lease(job_id: str) -> Job | None:
    """Take the job for ourselves, or None. A job whose twin runs is put off for a moment."""
    try:
        return _lease_locked(job_id)
    except OperationalError as problem:
        if not isinstance(problem.__cause__, LockNotAvailable):
            raise
        log.warning("job %s stayed locked, it waits for the sweeper", job_id)
        return None


def _lease_locked(job_id: str) -> Job | None:
    """Whoever enqueues a job that waits already holds it to the end of their transaction. This message may be the only
    one, so it waits for that end: skipped, the job would lie until the sweeper doubts the message."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_WAIT_MS}ms"])
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        moment = now()
        if job is None or job.task not in _handlers:
            return None
        dead = job.state == State.RUNNING and job.leased_until is not None and job.leased_until < moment
        if not dead and (job.state != State.WAITING or job.due_at > moment):
            return None
        twins = Job.objects.filter(task=job.task, subject=job.subject, state=State.RUNNING, leased_until__gte=moment)
        if twins.exclude(pk=job.pk).exists():
            Job.objects.filter(pk=job.pk).update(due_at=moment + BUSY_RETRY, leased_until=None)
            return None
        job.state, job.started_at = State.RUNNING, moment
        job.attempts += 1
        job.leased_until = moment + _handlers[job.task].lease
        job.save(update_fields=["state", "started_at", "attempts", "leased_until", "updated_at"])
    return job


def _mine(job: Job) -> Q:
    """Still leased by this attempt? Another one may have taken it for dead."""
    return Q(pk=job.pk, state=State.RUNNING, attempts=job.attempts)


def _finish(job: Job, state: str, error: str, handler: Handler) -> str:
    ended = Job.objects.filter(_mine(job)).update(
        state=state, error=error, finished_at=now(), leased_until=None, updated_at=now()
    )
    if ended and state == State.FAILED and handler.give_up is not None:
        handler.give_up(job.subject, error)
    return str(state)


def _again(job: Job, due_at: datetime, error: str, *, counts: bool = True) -> str:
    """Back to waiting. Where the next one waits already, that one is the retry and this one has ended."""
    values = {"due_at": due_at, "error": error, "leased_until": None, "updated_at": now()}
    try:
        with transaction.atomic():
            Job.objects.filter(_mine(job)).update(
                state=State.WAITING, attempts=F("attempts") if counts else F("attempts") - 1, **values
            )
    except IntegrityError:
        Job.objects.filter(_mine(job)).update(state=State.FAILED, finished_at=now(), error=error, leased_until=None)
        return str(State.FAILED)
    return str(State.WAITING)


def queue_lengths() -> dict[str, int]:
    """Jobs that are due and not begun, by queue."""
    due = Job.objects.filter(state=State.WAITING, due_at__lte=now()).order_by("queue")
    return dict(due.values_list("queue").annotate(Count("pk")))
