"""Deliveries: one message on its way to one address. Each attempt is a job; what is due next stands in the row."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core.clock import now
from core.decision import Principal, Resource
from core.errors import ServiceProblem
from core.events import event_types, record_event
from core.jobs import enqueue_job
from core.models import Event, WebhookDelivery, WebhookEndpoint
from core.net import FetchError, NetPolicy
from core.net.fetch import fetch_sync
from core.permissions import require
from core.webhooks.signers import secrets_for
from core.webhooks.signing import sign

TASK = "core.deliver_webhook"
PAUSES_S = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000)
"""Between attempts: ten in some 51 hours."""
GIVE_UP_AFTER = timedelta(days=3)
"""An endpoint that took nothing for so long is switched off."""
TIMEOUT_S = 15.0
ANSWER_LENGTH = 500
State = WebhookDelivery.State


def fan_out(event: Event) -> None:
    """Queue an event for every endpoint of its workspace that wants it. Called in the event's transaction."""
    known = event_types().get(event.type)
    if not event.workspace or known is None or not known.webhook:
        return
    for endpoint in WebhookEndpoint.objects.filter(workspace=event.workspace, enabled=True).exclude(url=""):
        if not endpoint.types or event.type in endpoint.types:
            queue_delivery(endpoint=endpoint, type=event.type, data=_told(event), event_id=event.id)


def send_webhook(*, workspace_id: str, url: str, type: str, data: Mapping[str, Any]) -> WebhookDelivery:
    """Send to an address that a request named, signed with the workspace's own secret."""
    return _queue(workspace_id, url, type, data, None, "")


def queue_delivery(
    *, endpoint: WebhookEndpoint, type: str, data: Mapping[str, Any], event_id: str = ""
) -> WebhookDelivery:
    return _queue(endpoint.workspace, endpoint.url, type, data, endpoint, event_id)


def replay_delivery(*, actor: Principal, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send it once more, now, under the same id. Raises ServiceProblem while it is still on its way."""
    resource = Resource(kind="webhook", id=delivery.endpoint_id or "", workspace_id=delivery.workspace)
    require(actor, "webhook.manage", resource)
    with transaction.atomic():
        delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
        if delivery.state == State.WAITING and delivery.attempts == 0:
            raise ServiceProblem(_("It is on its way already."), code="waiting")
        if delivery.endpoint is not None:
            delivery.url = delivery.endpoint.url
        delivery.state, delivery.attempts, delivery.next_at = State.WAITING, 0, now()
        delivery.save()
        record_event(
            type="webhook.replayed",
            actor=actor,
            workspace_id=delivery.workspace,
            target_kind="webhook",
            target=delivery.endpoint_id or "",
            data={"delivery": delivery.id},
        )
        enqueue_job(task=TASK, subject=delivery.id, workspace_id=delivery.workspace)
    return delivery


def attempt_delivery(*, delivery_id: str) -> str:
    """One attempt. Returns the state it leaves: delivered, waiting or failed; "skipped" when nothing was to be done."""
    delivery = WebhookDelivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if delivery is None or delivery.state != State.WAITING:
        return "skipped"
    if delivery.endpoint is not None and not delivery.endpoint.enabled:
        return _failed(delivery, None, _("The endpoint is switched off."), final=True)
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    began = time.perf_counter()
    try:
        reply = fetch_sync(
            delivery.url,
            policy=NetPolicy(settings.ENV.allow_networks),
            method="POST",
            headers=_headers(delivery, body),
            body=body,
            timeout_s=TIMEOUT_S,
            max_bytes=64 * 1024,
        )
    except FetchError as problem:
        status, said, answered = None, problem.sentence, False
    else:
        status, said = reply.status, reply.body[: ANSWER_LENGTH * 4].decode("utf-8", "replace").replace("\0", "")
        answered = 200 <= reply.status < 300
    delivery.duration_ms = int((time.perf_counter() - began) * 1000)
    delivery.attempts += 1
    if answered:
        delivery.state, delivery.delivered_at, delivery.next_at = State.DELIVERED, now(), None
        delivery.status, delivery.answer = status, said[:ANSWER_LENGTH]
        delivery.save()
        return str(State.DELIVERED)
    return _failed(delivery, status, said)


def _failed(delivery: WebhookDelivery, status: int | None, said: str, *, final: bool = False) -> str:
    delivery.status, delivery.answer = status, said[:ANSWER_LENGTH]
    last = final or status == 410 or delivery.attempts > len(PAUSES_S)
    with transaction.atomic():
        if last:
            delivery.state, delivery.next_at = State.FAILED, None
        else:
            delivery.next_at = now() + timedelta(seconds=PAUSES_S[delivery.attempts - 1])
            enqueue_job(task=TASK, subject=delivery.id, workspace_id=delivery.workspace, due_at=delivery.next_at)
        delivery.save()
        if last and delivery.endpoint is not None and not final:
            _maybe_disable(delivery.endpoint, gone=status == 410)
    return str(delivery.state)


def _maybe_disable(endpoint: WebhookEndpoint, *, gone: bool) -> None:
    """Switch off an endpoint that said 410 Gone, or that has taken nothing since long."""
    since = now() - GIVE_UP_AFTER
    lives = endpoint.created_at > since or endpoint.deliveries.filter(delivered_at__gte=since).exists()
    if not endpoint.enabled or (lives and not gone):
        return
    endpoint.enabled = False
    endpoint.disabled_reason = _("It answered 410 Gone.") if gone else _("Nothing could be delivered for three days.")
    endpoint.save(update_fields=["enabled", "disabled_reason", "updated_at"])
    record_event(
        type="webhook.disabled",
        actor=None,
        workspace_id=endpoint.workspace,
        target_kind="webhook",
        target=endpoint.id,
        data={"reason": endpoint.disabled_reason},
    )


def _queue(
    workspace_id: str,
    url: str,
    type: str,
    data: Mapping[str, Any],
    endpoint: WebhookEndpoint | None,
    event_id: str,
) -> WebhookDelivery:
    moment = now()
    with transaction.atomic():
        delivery = WebhookDelivery.objects.create(
            workspace=workspace_id,
            endpoint=endpoint,
            url=url,
            event=event_id,
            type=type,
            payload={"type": type, "timestamp": moment.isoformat(), "data": dict(data)},
            next_at=moment,
        )
        enqueue_job(task=TASK, subject=delivery.id, workspace_id=workspace_id)
    return delivery


def _headers(delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    timestamp = int(time.time())
    signatures = [sign(secret, delivery.id, timestamp, body) for secret in secrets_for(delivery)]
    return {
        "content-type": "application/json",
        "user-agent": "Crossroads-Webhooks/1",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _told(event: Event) -> dict[str, Any]:
    return {
        "event": event.id,
        "workspace": event.workspace,
        "actor": {"kind": event.actor_kind, "id": event.actor, "key": event.key},
        "target": {"kind": event.target_kind, "id": event.target},
        "changes": event.changes,
        "data": event.data,
    }
