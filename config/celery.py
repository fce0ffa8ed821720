"""Celery: queues `calls`, `discovery`, `billing`, `default` and `runs`, so that slow ones starve none."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_shutdown, worker_ready, worker_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("crossroads")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="tasks")


@app.on_after_finalize.connect
def _set_timers(sender: Celery, **_: Any) -> None:
    """Beat reads the schedule after every app has declared its timers."""
    from core.schedule import beat_schedule

    sender.conf.beat_schedule = dict(beat_schedule())


@worker_ready.connect
def _open_doors(sender: Any = None, **_: Any) -> None:
    """The worker of the runs takes what the gateways ask of assistants."""
    from assistants.services.keeping import keep_doors
    from assistants.services.runs import QUEUE

    if QUEUE in sender.app.amqp.queues.consume_from:
        keep_doors()


@worker_shutdown.connect
def _close_doors(**_: Any) -> None:
    from assistants.services.keeping import close_doors

    close_doors()


@worker_process_shutdown.connect
def _stop_engine(**_: Any) -> None:
    from proxy.adapters import runtime

    runtime.stop()
