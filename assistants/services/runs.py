"""A run's row through its life: woken, begun once, saved, ended once. Synchronous; `running` drives them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import msgspec
from celery import Celery
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from accounts.permissions import NOBODY, SYSTEM, allowed, in_workspace, principal_again
from assistants.adapters import streams
from assistants.configuration import Configuration, read_configuration
from assistants.gateways.models.places import ModelSettings
from assistants.models import Conversation, Message, Run
from assistants.services.metering import count_usage
from assistants.services.rights import within_run
from assistants.services.settings import instructions_of, settings_of
from assistants.services.sponsors import Sponsor, bounded, sponsor_of
from assistants.signals import run_finished
from core import redis
from core.clock import now
from core.decision import Principal
from proxy.models import Hub

log = logging.getLogger(__name__)

TASK = "assistants.run"
QUEUE = "runs"
CANCELLED = "runs:cancelled"
"""Channel of the gateway's store; the message is the run's id."""
State = Run.State
MOST_HISTORY = 60
"""Messages that a model gets to see again."""


@dataclass(frozen=True)
class Caller:
    """With whose rights tools are called. A guest (a visitor's trial, our own checks) only reads."""

    principal: Principal
    guest: bool = False

    def on(self, hub_id: str) -> Principal:
        if not self.guest:
            return self.principal
        return Principal(kind="anonymous", id=self.principal.id, hub_id=hub_id, label="guest")


@dataclass(frozen=True)
class Assignment:
    """All that a run needs, read in one go."""

    run: Run
    slug: str
    name: str
    configuration: Configuration
    instructions: str
    caller: Caller
    model: ModelSettings | None
    """None: the built-in offline model answers."""
    message: Message
    """The answer; `parts` holds what an earlier leg of this run did."""
    asked: Message
    history: list[Message]
    """What was said before, the oldest first."""
    sponsor: Sponsor | None = None
    """Who pays for this answer of a trial."""


def wake_run(run_id: str) -> bool:
    """Tell the workers. False when the broker is away: the sweeper tries again."""
    if not redis.answers():
        log.warning("the broker is away, the run %s waits for the sweeper", run_id)
        return False
    try:
        app = import_string(settings.JOBS_APP)
        assert isinstance(app, Celery)
        app.send_task(TASK, args=[run_id], queue=QUEUE, retry=False)
    except Exception as problem:
        log.warning("the run %s could not be sent: %s", run_id, type(problem).__name__)
        return False
    return True


def begin_run(run_id: str) -> Assignment | None:
    """Claim a run that waits; None when another has it, or when it may not be answered (it has ended then)."""
    moment = now()
    claimed = Run.objects.filter(pk=run_id, state=State.QUEUED)
    if not claimed.update(state=State.RUNNING, heartbeat_at=moment, updated_at=moment):
        return None
    run = Run.objects.select_related("assistant__workspace", "version", "conversation").get(pk=run_id)
    if run.started_at is None:
        run.started_at = moment
        run.save(update_fields=["started_at"])
    caller = _caller_now(run)
    if caller is None:
        end_run(run=run, state=State.FAILED, kind="not_allowed", error=_("You may not use this assistant any more."))
        return None
    configuration = read_configuration(run.version.configuration if run.version else run.assistant.draft)
    sponsor = sponsor_of(run, configuration.model)
    configuration = msgspec.structs.replace(configuration, limits=bounded(configuration.limits, sponsor))
    rows = list(Message.objects.filter(conversation=run.conversation_id).order_by("-position")[:MOST_HISTORY])
    message = next(row for row in rows if row.run == run.id and row.role == Message.Role.ASSISTANT)
    asked = next(row for row in rows if row.run == run.id and row.role == Message.Role.PERSON)
    return Assignment(
        run=run,
        slug=run.assistant.slug,
        name=run.assistant.name,
        configuration=configuration,
        instructions=instructions_of(run.assistant, configuration, run.given),
        caller=caller,
        model=_model_of(run, configuration, sponsor),
        message=message,
        asked=asked,
        history=[row for row in reversed(rows) if row.position < asked.position],
        sponsor=sponsor,
    )


def _model_of(run: Run, configuration: Configuration, sponsor: Sponsor | None) -> ModelSettings | None:
    if sponsor is not None:
        return sponsor.model
    return None if run.model == "offline" else settings_of(run.assistant.workspace_id, configuration.model)


def save_run(*, run: Run, parts: list[dict[str, Any]]) -> None:
    """Keep what there is so far, so that a crash loses seconds at most."""
    Message.objects.filter(run=run.id, role=Message.Role.ASSISTANT).update(parts=parts, updated_at=now())
    Run.objects.filter(pk=run.pk).update(**_counts(run), updated_at=now())


def pause_run(*, run: Run, parts: list[dict[str, Any]]) -> bool:
    """It asks something and waits. False when it was stopped meanwhile."""
    with transaction.atomic():
        save_run(run=run, parts=parts)
        return bool(
            Run.objects.filter(pk=run.pk, state=State.RUNNING).update(
                state=State.ASKING, heartbeat_at=None, updated_at=now()
            )
        )


def end_run(*, run: Run, state: str, kind: str = "", error: str = "", parts: list[dict[str, Any]] | None = None) -> Run:
    """End a run, once: whoever comes second only adds what it has (parts and counts of a run that was stopped).

    `parts`: from the worker that ran it, which writes the last events itself; without them they are written here.
    """
    with transaction.atomic():
        stored = Run.objects.select_for_update().filter(pk=run.pk).first()
        if stored is None:
            return run
        first = stored.state not in streams.ENDED
        if parts is not None:
            save_run(run=run, parts=parts)
            for name, value in _counts(run).items():
                setattr(stored, name, value)
            count_usage(stored)
        if not first:
            return stored
        was_running = stored.state == State.RUNNING
        stored.state, stored.error_kind, stored.error = state, kind, error[:4000]
        stored.finished_at, stored.heartbeat_at = now(), None
        stored.save(update_fields=["state", "error_kind", "error", "finished_at", "heartbeat_at", "updated_at"])
        if kind and parts is None:
            _add_part(stored, {"kind": "error", "error": kind, "sentence": error})
        if parts is None:
            transaction.on_commit(lambda: _tell(stored, kind, error, was_running=was_running))
            count_usage(stored)
        run_finished.send(sender=Run, run=stored)
    return stored


def fail_run(run_id: str, *, kind: str, error: str) -> None:
    """End a run that could not even begin."""
    run = Run.objects.filter(pk=run_id).first()
    if run is not None:
        end_run(run=run, state=State.FAILED, kind=kind, error=error)


def _caller_now(run: Run) -> Caller | None:
    """Whose rights hold now; None when they are gone."""
    asked = msgspec.convert(run.principal, type=Principal)
    here = in_workspace(run.workspace_id, "assistant", run.assistant_id)
    if run.channel == Conversation.Channel.TRIAL and asked.id.startswith("vis_"):
        return Caller(asked, guest=True)
    if run.channel == Conversation.Channel.CHECK and asked.id == SYSTEM.id:
        return Caller(asked, guest=True)
    principal = _visitor(run, asked) if asked.kind == "anonymous" else principal_again(asked, run.workspace_id)
    if principal is NOBODY:
        return None
    acting = within_run(principal)
    if run.channel == Conversation.Channel.TOOL:
        # An assistant that another one asked: only through a run does a key come here that opens no hub.
        here = in_workspace(run.workspace_id, "tool", run.assistant_id, hub_id=principal.hub_id)
        return Caller(acting) if allowed(acting, "tool.call", here) else None
    return Caller(acting) if allowed(principal, "assistant.use", here) else None


def _visitor(run: Run, asked: Principal) -> Principal:
    """Whoever came over an open hub, for as long as it is open: they may use what it offers, and nothing else."""
    hubs = Hub.objects.filter(pk=asked.hub_id, workspace=run.workspace_id, workspace__suspended_at=None, open=True)
    return asked if run.channel == Conversation.Channel.TOOL and hubs.exists() else NOBODY


def _counts(run: Run) -> dict[str, Any]:
    names = ("model", "provider", "steps", "tool_calls", "tokens_in", "tokens_out", "first_word_at")
    return {name: getattr(run, name) for name in names}


def _add_part(run: Run, part: dict[str, Any]) -> None:
    message = Message.objects.select_for_update().filter(run=run.id, role=Message.Role.ASSISTANT).first()
    if message is not None:
        message.parts = [*message.parts, part]
        message.save(update_fields=["parts", "updated_at"])


def _tell(run: Run, kind: str, error: str, *, was_running: bool) -> None:
    """The worker is told to stop and writes the last events itself; where there is none they are written here."""
    if was_running and run.state == State.CANCELLED:
        try:
            redis.connection().publish(f"{settings.REDIS_PREFIX}ch:{CANCELLED}", run.id)
        except RedisError as problem:
            log.warning("the run %s stops with its next heartbeat: %s", run.id, problem)
        return
    if kind:
        streams.add_event(run.id, "error", {"kind": kind, "sentence": error})
    message = Message.objects.filter(run=run.id, role=Message.Role.ASSISTANT).values_list("pk", flat=True).first()
    streams.add_event(run.id, "done", {"state": str(run.state), "message": message or ""})
