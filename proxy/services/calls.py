"""Calls asked for by API: stored as a job, run by a worker, answered by polling or a webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.permissions import in_workspace, principal_again, require
from core.clock import now
from core.decision import Principal, Resource
from core.errors import InvalidProblem, ServiceProblem
from core.events import record_event
from core.ids import new_id
from core.jobs import enqueue_job
from core.json_values import shown_json
from core.secrets import open_bytes_for, open_for, seal_bytes_for, seal_for
from core.webhooks import send_webhook
from proxy.models import CallJob, Hub
from proxy.selectors.calls import find_call
from proxy.selectors.offers import Offered, offered
from proxy.services.drafts import url_problem

RUN = "proxy.run_call"
State = CallJob.State
KEPT = timedelta(days=7)
"""How long a job and its result can be asked for."""


def request_call(
    *,
    actor: Principal,
    hub: Hub,
    tool: str,
    arguments: Mapping[str, Any] | None = None,
    webhook_url: str = "",
) -> CallJob:
    """Have a tool of a hub called by a worker, as `actor`. Raises InvalidProblem or PermissionProblem.

    The answer is in the job once its state is done or failed, and goes to `webhook_url` when there is one.
    """
    require(actor, "call.run", in_workspace(hub.workspace_id, "hub", hub.id, hub_id=hub.id))
    found = _tool(hub, tool)
    require(actor, "tool.call", _resource(hub, found))
    body = json.dumps(arguments or {}, ensure_ascii=False)
    if len(body.encode("utf-8", "replace")) > settings.ENV.max_body_bytes:
        raise InvalidProblem(_("The arguments are too large."), field="arguments", code="too_large")
    if webhook_url and (problem := url_problem(webhook_url)):
        raise InvalidProblem(problem, field="webhook_url")
    with transaction.atomic():
        job = CallJob.objects.create(
            workspace=hub.workspace_id,
            hub=hub.id,
            tool=tool,
            arguments=seal_for(hub.workspace_id, dict(arguments or {})),
            principal=_who(actor),
            webhook_url=webhook_url,
        )
        record_event(
            type="call.requested",
            actor=actor,
            workspace_id=hub.workspace_id,
            target_kind="hub",
            target=hub.id,
            data={"tool": tool, "run": job.id},
        )
        enqueue_job(task=RUN, subject=job.id, workspace_id=hub.workspace_id, queue="calls")
    return job


def begin_call(*, job_id: str) -> CallJob | None:
    """Claim a queued job; the id of its call is fixed from here on. None when there is nothing left to run.

    A job that is running already was left by a worker that died: whether its call had an effect, nobody can tell, so
    it is never made twice. It ends with what is recorded of it.
    """
    with transaction.atomic():
        job = CallJob.objects.select_for_update().filter(pk=job_id).first()
        if job is None or job.state in (State.DONE, State.FAILED):
            return None
        if job.state == State.QUEUED:
            job.state, job.call, job.started_at = State.RUNNING, new_id("call"), now()
            job.save(update_fields=["state", "call", "started_at", "updated_at"])
            return job
    record = find_call(job.workspace, job.call)
    if record is not None and record.error:
        _finish(job, State.FAILED, None, record.error)
    else:
        lost = _("The worker ended while the call ran. It may or may not have had its effect.")
        _finish(job, State.FAILED, None, lost)
    return None


def principal_now(job: CallJob) -> Principal:
    """Who asked, with what they may do now: a key that was revoked meanwhile may nothing."""
    return principal_again(msgspec.convert(job.principal, type=Principal), job.workspace)


def opened_arguments(job: CallJob) -> dict[str, Any]:
    """What the call is to be made with."""
    return open_for(job.workspace, job.arguments)


def opened_result(job: CallJob) -> Any:
    """What the tool answered, as JSON value; None while there is none."""
    return None if job.result is None else shown_json(open_bytes_for(job.workspace, job.result))


def finish_call(*, job: CallJob, result: bytes | None, error: str = "") -> None:
    """Keep the answer (the result's JSON bytes, or what went wrong) and tell the webhook, once."""
    _finish(job, State.FAILED if error else State.DONE, result, error)


def fail_call(*, job_id: str, error: str) -> None:
    """The worker gave up: say so, whatever state the job was left in."""
    with transaction.atomic():
        job = (
            CallJob.objects.select_for_update().filter(pk=job_id).exclude(state__in=(State.DONE, State.FAILED)).first()
        )
        if job is not None:
            CallJob.objects.filter(pk=job.pk).update(state=State.RUNNING)
            _finish(job, State.FAILED, None, error)


def forget_old_runs() -> int:
    """Delete jobs that ended long ago."""
    return CallJob.objects.filter(created_at__lt=now() - KEPT).delete()[0]


def _finish(job: CallJob, state: str, result: bytes | None, error: str) -> None:
    sealed = None if result is None else seal_bytes_for(job.workspace, result)
    with transaction.atomic():
        ended = CallJob.objects.filter(pk=job.pk, state=State.RUNNING).update(
            state=state, result=sealed, error=error.replace("\0", "")[:4000], finished_at=now(), updated_at=now()
        )
        if ended and job.webhook_url:
            told: dict[str, Any] = {"id": job.id, "state": state, "call": job.call, "tool": job.tool, "hub": job.hub}
            told |= {"error": error} if error else {"result": None if result is None else shown_json(result)}
            send_webhook(workspace_id=job.workspace, url=job.webhook_url, type="call.finished", data=told)


def _tool(hub: Hub, name: str) -> Offered:
    found = next((offer for offer in offered(hub, kind="tool") if offer.name == name), None)
    if found is None or found.state not in ("offered", "writes"):
        raise InvalidProblem(_("This hub has no tool “%s”.") % name[:200], field="tool", code="not_found")
    if hub.paused_at is not None:
        raise ServiceProblem(_("The hub is paused."), code="hub_paused")
    return found


def _resource(hub: Hub, found: Offered) -> Resource:
    return Resource(
        kind="tool",
        id=found.name,
        workspace_id=hub.workspace_id,
        hub_id=hub.id,
        read_only=found.feature.read_only,
        hub_read_only=hub.read_only,
    )


def _who(actor: Principal) -> dict[str, Any]:
    """The principal as stored: ids alone, no names."""
    kept: dict[str, Any] = msgspec.to_builtins(actor)
    return kept | {"label": "", "scopes": sorted(actor.scopes)}
