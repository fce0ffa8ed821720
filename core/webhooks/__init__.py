"""The one webhook sender: endpoints of workspaces, signed deliveries with retries, a log, and replay.

    endpoint, secret = create_endpoint(actor=principal, workspace_id=…, url="https://…", types=["key.revoked"])
    send_webhook(workspace_id=…, url="https://…", type="call.done", data={…})     # to an address that a request named

Signatures follow Standard Webhooks (https://www.standardwebhooks.com): headers webhook-id, webhook-timestamp and
webhook-signature (`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`). An id stays the same over all attempts.
"""

from core.webhooks.deliveries import attempt_delivery, fan_out, replay_delivery, send_webhook
from core.webhooks.endpoints import (
    create_endpoint,
    delete_endpoint,
    rotate_call_secret,
    rotate_secret,
    send_test,
    update_endpoint,
)
from core.webhooks.signing import sign, verify

__all__ = [
    "attempt_delivery",
    "create_endpoint",
    "delete_endpoint",
    "fan_out",
    "replay_delivery",
    "rotate_call_secret",
    "rotate_secret",
    "send_test",
    "send_webhook",
    "sign",
    "update_endpoint",
    "verify",
]
