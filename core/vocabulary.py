"""What core registers with itself: events in words, places, sealed columns, health checks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import events, find, health, webhooks
from core.api.views import find_operations
from core.components.places import register_place
from core.secrets import register_sealed


def register() -> None:
    events.register_event("webhook.created", _("%(actor)s made a webhook endpoint"))
    events.register_event("webhook.updated", _("%(actor)s changed a webhook endpoint"))
    events.register_event("webhook.secret_rotated", _("%(actor)s renewed a webhook's secret"))
    events.register_event("webhook.deleted", _("%(actor)s removed a webhook endpoint"))
    events.register_event("webhook.disabled", _("A webhook endpoint was switched off: %(reason)s"))
    events.register_event("webhook.replayed", _("%(actor)s sent a webhook again"))
    events.register_event("job.retried", _("%(actor)s started a failed job again"), webhook=False)
    register_place("operator", _("Health"), "core:health", "heart-pulse", 10, permission="operator.view")
    register_place("operator", _("Jobs"), "core:jobs", "list-filter", 20, permission="operator.view")
    register_place("operator", _("Outbox"), "core:outbox", "mail", 40, permission="operator.view")
    register_place("foot", _("API"), "api-docs", "", 20)
    find.register_source(find.find_pages, order=10)
    find.register_source(find_operations, order=90)
    events.subscribe(webhooks.fan_out)
    register_sealed("core.WebhookEndpoint", "secret", workspace="workspace")
    health.register()
