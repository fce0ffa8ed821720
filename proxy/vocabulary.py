"""The events of servers, hubs and calls, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.events import register_event


def register_events() -> None:
    register_event("server.connected", _("%(actor)s connected the server %(name)s"))
    register_event("server.changed", _("%(actor)s changed the server %(name)s"))
    register_event("server.deleted", _("%(actor)s removed the server %(name)s"))
    register_event("server.paused", _("%(actor)s paused the server %(name)s"))
    register_event("server.resumed", _("%(actor)s resumed the server %(name)s"))
    register_event("server.broken", _("The server %(name)s does not answer: %(problem)s"))
    register_event("server.running", _("The server %(name)s answers"))
    register_event("server.offers_changed", _("The server %(name)s changed what it offers"))
    register_event("feature.changed", _("%(actor)s changed %(name)s of the server %(server)s"))
    register_event("hub.created", _("%(actor)s made the hub %(name)s"))
    register_event("hub.changed", _("%(actor)s changed the hub %(name)s"))
    register_event("hub.deleted", _("%(actor)s removed the hub %(name)s"))
    register_event("hub.paused", _("%(actor)s paused the hub %(name)s"))
    register_event("hub.resumed", _("%(actor)s resumed the hub %(name)s"))
    register_event("hub.server_added", _("%(actor)s put the server %(server)s on the hub %(name)s"))
    register_event("hub.server_removed", _("%(actor)s took the server %(server)s off the hub %(name)s"))
    register_event("hub.offers_changed", _("%(actor)s chose what the hub %(name)s offers of %(server)s"))
    register_event("hub.clash_found", _("The hub %(name)s does not offer %(other)s: its name is taken by %(holder)s"))
    register_event("call.requested", _("%(actor)s asked for a call of %(tool)s"))
