"""What workers do for assistants: answer, and look after what nobody answers any more."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown

from assistants.services.conversations import forget_expired
from assistants.services.hub_doors import push_offers
from assistants.services.runner import start_run, stop_runs, warm_up
from assistants.services.runs import QUEUE, TASK
from assistants.services.sweeping import sweep_runs
from core.jobs import job_task
from core.schedule import timer

PUSH = "assistants.push_offers"
"""Subject: a workspace, whose hubs are told which assistants run in it."""


@shared_task(name=TASK)
def answer(run_id: str) -> None:
    """Returns at once: the run goes on in the worker's event loop, and its row says how it does."""
    start_run(run_id)


@job_task(PUSH, max_attempts=10)
def push(workspace_id: str) -> None:
    push_offers(workspace_id=workspace_id)


@timer("assistants.sweep_runs", every=timedelta(seconds=10))
def sweep() -> None:
    sweep_runs()


@timer("assistants.forget_expired", every=timedelta(minutes=10))
def forget() -> None:
    forget_expired()


@worker_ready.connect
def _warm(sender: Any = None, **_more: object) -> None:
    """The worker of the runs loads what is heavy before the first of them comes."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()


@worker_shutdown.connect
def _stop(**_more: object) -> None:
    stop_runs()
