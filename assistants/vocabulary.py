"""The events of assistants and model providers, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.events import register_event


def register_events() -> None:
    register_event("assistant.created", _("%(actor)s made the assistant %(name)s"))
    register_event("assistant.draft_saved", _("%(actor)s changed the draft of %(name)s"))
    register_event("assistant.version_kept", _("%(actor)s kept version %(version)s of %(name)s"))
    register_event("assistant.deployed", _("%(actor)s deployed version %(version)s of %(name)s"))
    register_event("assistant.renamed", _("%(actor)s changed the name or summary of %(name)s"))
    register_event("assistant.offers_changed", _("%(actor)s changed where the assistant %(name)s is offered"))
    register_event("assistant.values_filled", _("%(actor)s filled in values of the assistant %(name)s"))
    register_event("assistant.paused", _("%(actor)s paused the assistant %(name)s"))
    register_event("assistant.resumed", _("%(actor)s resumed the assistant %(name)s"))
    register_event("assistant.deleted", _("%(actor)s removed the assistant %(name)s"))
    register_event("provider.connected", _("%(actor)s connected the model provider %(name)s"))
    register_event("provider.changed", _("%(actor)s changed the model provider %(name)s"))
    register_event("provider.tested", _("%(actor)s tested the model provider %(name)s"))
    register_event("provider.removed", _("%(actor)s removed the model provider %(name)s"))
    register_event("conversation.started", _("%(actor)s began a conversation with %(name)s"), webhook=False)
    register_event("conversation.deleted", _("%(actor)s deleted a conversation of their own"), webhook=False)
