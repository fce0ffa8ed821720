"""Core's jobs and timers."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import redis
from celery import signals

from core import mailer, partitions
from core.clock import now
from core.jobs import job_task, prune_jobs, sweep_jobs
from core.models import IdempotentRequest, Message, WebhookDelivery
from core.redis import connection, key
from core.schedule import timer
from core.webhooks.deliveries import TASK, attempt_delivery

KEEP_DONE = timedelta(days=3)
KEEP_FAILED = timedelta(days=30)
KEEP_ANSWERS = timedelta(hours=24)
ALIVE_S = 30
"""A worker, or beat, that was not heard of for so many seconds is away."""

_heard = 0.0


@job_task("core.deliver_message", max_attempts=6, give_up=lambda subject, error: _give_up_message(subject, error))
def deliver_message(subject: str) -> None:
    mailer.deliver_message(message_id=subject)


def _give_up_message(subject: str, error: str) -> None:
    mailer.give_up_message(message_id=subject, error=error)


@job_task(TASK)
def deliver_webhook(subject: str) -> None:
    attempt_delivery(delivery_id=subject)


@timer("core.sweep", every=timedelta(seconds=10))
def sweep() -> None:
    note_alive("beat")
    sweep_jobs()


@timer("core.housekeeping", every=timedelta(hours=1))
def housekeeping() -> None:
    """Make the coming months' partitions; forget what nobody will ask for."""
    moment = now()
    partitions.ensure_partitions(today=moment.date())
    prune_jobs(done_before=moment - KEEP_DONE, failed_before=moment - KEEP_FAILED)
    IdempotentRequest.objects.filter(created_at__lt=moment - KEEP_ANSWERS).delete()
    WebhookDelivery.objects.filter(created_at__lt=moment - KEEP_FAILED).exclude(state="waiting").delete()
    Message.objects.filter(created_at__lt=moment - KEEP_FAILED).delete()


@signals.heartbeat_sent.connect
def _heartbeat(sender: Any = None, **_more: Any) -> None:
    """Celery calls this every two seconds in each worker; every five are enough for us."""
    global _heard
    if time.monotonic() - _heard > 5:
        _heard = time.monotonic()
        note_alive(f"worker:{getattr(getattr(sender, 'eventer', None), 'hostname', '') or 'worker'}")


def note_alive(name: str) -> None:
    """Say that a process lives. Without Redis nobody hears it, and the health page says so."""
    try:
        connection().set(key(f"alive:{name}"), int(time.time()), ex=ALIVE_S)
    except redis.RedisError:
        return
