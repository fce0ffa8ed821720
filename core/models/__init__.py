"""What every app needs to keep: events, messages, webhooks, jobs, keys of encryption."""

from core.models.base import PrefixedModel, prefixed_id
from core.models.events import Event, EventPersonal
from core.models.jobs import IdempotentRequest, Job
from core.models.messages import Message
from core.models.secrets import DataKey
from core.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "DataKey",
    "Event",
    "EventPersonal",
    "IdempotentRequest",
    "Job",
    "Message",
    "PrefixedModel",
    "WebhookDelivery",
    "WebhookEndpoint",
    "prefixed_id",
]
