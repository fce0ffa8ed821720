"""Runs that live say so; those whose process died are ended, and those that nobody took are woken again."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from assistants.models import Run
from assistants.services.runs import end_run, wake_run
from core.clock import now

HEARTBEAT_S = 5.0
DEAD = timedelta(seconds=30)
FORGOTTEN = timedelta(seconds=10)
"""A run that waits longer than this is woken again."""
GIVEN_UP = timedelta(minutes=15)
ASKED_FOR = timedelta(days=7)
"""A question that nobody answers for so long is closed."""
State = Run.State


def beat_runs(ids: list[str]) -> set[str]:
    """Say that these runs live. Returns those that still do: the others were stopped."""
    rows = Run.objects.filter(pk__in=ids, state__in=Run.LIVE)  # those that wait for room here are cared for too
    rows.update(heartbeat_at=now(), updated_at=now())
    return set(rows.values_list("pk", flat=True))


def sweep_runs() -> int:
    """End what a dead process left, wake what nobody took. Returns how many were touched."""
    moment = now()
    dead = Run.objects.filter(state=State.RUNNING).filter(Q(heartbeat_at__lt=moment - DEAD) | Q(heartbeat_at=None))
    waiting = Run.objects.filter(state=State.QUEUED, updated_at__lt=moment - FORGOTTEN)
    count = 0
    for run in dead[:500]:
        lost = _("The answer broke off: the process that made it ended. What it said so far is kept.")
        end_run(run=run, state=State.FAILED, kind="lost", error=lost)
        count += 1
    for run in waiting.order_by("updated_at")[:500]:
        count += 1
        if run.updated_at < moment - GIVEN_UP:
            nobody = _("No worker answered within fifteen minutes.")
            end_run(run=run, state=State.FAILED, kind="lost", error=nobody)
        elif not wake_run(run.id):
            break
    stale = Run.objects.filter(state=State.ASKING, updated_at__lt=moment - ASKED_FOR)
    for run in stale.order_by("updated_at")[:500]:
        end_run(run=run, state=State.CANCELLED)
        count += 1
    return count
