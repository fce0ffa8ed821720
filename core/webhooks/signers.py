"""The secrets that sign: an endpoint's own, or the workspace's for addresses that a request named."""

from __future__ import annotations

from datetime import timedelta

from core.clock import now
from core.models import WebhookDelivery, WebhookEndpoint
from core.secrets import open_for, seal_for
from core.webhooks.signing import new_secret

OVERLAP = timedelta(hours=24)
"""After a rotation both secrets sign, so that a receiver can change over in peace."""


def signer_of(workspace_id: str, *, lock: bool = False) -> WebhookEndpoint:
    """The row without an address that holds the workspace's own secret; made when it is first needed."""
    rows = WebhookEndpoint.objects.select_for_update() if lock else WebhookEndpoint.objects.all()
    found = rows.filter(workspace=workspace_id, url="").order_by("id").first()
    if found is not None:
        return found
    secret = seal_for(workspace_id, {"secret": new_secret()})
    return WebhookEndpoint.objects.create(workspace=workspace_id, url="", secret=secret, enabled=False)


def secrets_for(delivery: WebhookDelivery) -> list[str]:
    """The secrets that sign a delivery: the newest, and for a day the one before it."""
    signer = delivery.endpoint or signer_of(delivery.workspace)
    kept = open_for(signer.workspace, signer.secret)
    secrets = [str(kept["secret"])]
    if kept.get("previous") and kept["previous_until"] > now().timestamp():
        secrets.append(str(kept["previous"]))
    return secrets


def renew_secret(endpoint: WebhookEndpoint) -> str:
    """Give an endpoint a new secret, which is returned once."""
    kept = open_for(endpoint.workspace, endpoint.secret)
    secret = new_secret()
    until = (now() + OVERLAP).timestamp()
    values = {"secret": secret, "previous": kept.get("secret"), "previous_until": until}
    endpoint.secret = seal_for(endpoint.workspace, values)
    endpoint.save(update_fields=["secret", "updated_at"])
    return secret
