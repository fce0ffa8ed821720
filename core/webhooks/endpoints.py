"""Endpoints: where a workspace wants its events. A secret is shown when it is made, and never again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.decision import Principal, Resource
from core.errors import InvalidProblem
from core.events import event_types, record_event
from core.models import WebhookDelivery, WebhookEndpoint
from core.net import AddressRefused, HostNotFound, NetPolicy, parse_url, resolve
from core.permissions import require
from core.secrets import seal_for
from core.webhooks.deliveries import queue_delivery
from core.webhooks.signers import renew_secret, signer_of
from core.webhooks.signing import new_secret

MOST = 20
"""Endpoints of one workspace."""


def create_endpoint(
    *, actor: Principal, workspace_id: str, url: str, types: Iterable[str] = ()
) -> tuple[WebhookEndpoint, str]:
    """An endpoint and its secret. No types means all. Raises InvalidProblem."""
    _require(actor, workspace_id)
    _check_url(url)
    types = _checked_types(types)
    if WebhookEndpoint.objects.filter(workspace=workspace_id).exclude(url="").count() >= MOST:
        raise InvalidProblem(_("A workspace has at most %d endpoints.") % MOST, field="url", code="too_many")
    secret = new_secret()
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(
            workspace=workspace_id, url=url, types=types, secret=seal_for(workspace_id, {"secret": secret})
        )
        _record("webhook.created", actor, endpoint, data={"types": types})
    return endpoint, secret


def update_endpoint(
    *, actor: Principal, endpoint: WebhookEndpoint, url: str, types: Iterable[str], enabled: bool
) -> WebhookEndpoint:
    """Change where and what, or switch it on again. Raises InvalidProblem."""
    _require(actor, endpoint.workspace, endpoint.id)
    if url != endpoint.url:
        _check_url(url)
    types = _checked_types(types)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        # An address may carry a token in its query: the event tells only that it changed.
        moved = {"url": ["…", "…"]} if url != endpoint.url else {}
        before = {"types": endpoint.types, "enabled": endpoint.enabled}
        after = {"types": types, "enabled": enabled}
        changes = {name: [before[name], value] for name, value in after.items() if before[name] != value} | moved
        if changes:
            endpoint.url, endpoint.types, endpoint.enabled = url, types, enabled
            endpoint.disabled_reason = "" if enabled else endpoint.disabled_reason
            endpoint.save()
            _record("webhook.updated", actor, endpoint, changes=changes)
    return endpoint


def rotate_secret(*, actor: Principal, endpoint: WebhookEndpoint) -> str:
    """A new secret; the old one signs beside it for a day."""
    _require(actor, endpoint.workspace, endpoint.id)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        secret = renew_secret(endpoint)
        _record("webhook.secret_rotated", actor, endpoint)
    return secret


def rotate_call_secret(*, actor: Principal, workspace_id: str) -> str:
    """The secret that signs deliveries to addresses which a request named. Made anew, shown once."""
    _require(actor, workspace_id)
    with transaction.atomic():
        endpoint = signer_of(workspace_id, lock=True)
        secret = renew_secret(endpoint)
        _record("webhook.secret_rotated", actor, endpoint)
    return secret


def delete_endpoint(*, actor: Principal, endpoint: WebhookEndpoint) -> None:
    """Remove it with its log."""
    _require(actor, endpoint.workspace, endpoint.id)
    with transaction.atomic():
        _record("webhook.deleted", actor, endpoint)
        endpoint.delete()


def send_test(*, actor: Principal, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a `webhook.test` now, whatever types the endpoint wants."""
    _require(actor, endpoint.workspace, endpoint.id)
    return queue_delivery(endpoint=endpoint, type="webhook.test", data={"endpoint": endpoint.id})


def _require(actor: Principal, workspace_id: str, id: str = "") -> None:
    require(actor, "webhook.manage", Resource(kind="webhook", id=id, workspace_id=workspace_id))


def _check_url(url: str) -> None:
    """Deliveries check the address again; here a wrong one is told at once. A name that nobody knows may come to be."""
    try:
        target = parse_url(url)
        asyncio.run(resolve(target.host, target.port, NetPolicy(settings.ENV.allow_networks)))
    except (ValueError, AddressRefused) as problem:
        raise InvalidProblem(str(problem), field="url") from None
    except (HostNotFound, OSError):
        return


def _checked_types(types: Iterable[str]) -> list[str]:
    wanted = sorted(set(types))
    unknown = [name for name in wanted if name not in event_types() or not event_types()[name].webhook]
    if unknown:
        raise InvalidProblem(_("There is no such event: %s.") % ", ".join(unknown), field="types")
    return wanted


def _record(type: str, actor: Principal, endpoint: WebhookEndpoint, **more: Any) -> None:
    record_event(
        type=type,
        actor=actor,
        workspace_id=endpoint.workspace,
        target_kind="webhook",
        target=endpoint.id,
        **more,
    )
