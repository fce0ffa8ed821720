"""The events of accounts, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.events import register_event


def register_events() -> None:
    person = {"webhook": False}
    register_event("person.signed_up", _("%(actor)s signed up"), **person)
    register_event("person.created", _("%(actor)s made an account"), **person)
    register_event("person.email_verified", _("%(actor)s verified their e-mail address"), **person)
    register_event("person.password_changed", _("%(actor)s changed their password"), **person)
    register_event("person.signed_in", _("%(actor)s signed in"), **person)
    register_event("person.updated", _("%(actor)s changed their settings"), **person)
    register_event("setup.link_made", _("A set-up link was made"), **person)
    register_event("workspace.created", _("%(actor)s made the workspace %(name)s"))
    register_event("workspace.renamed", _("%(actor)s renamed the workspace to %(name)s"))
    register_event("member.added", _("%(actor)s added %(target)s as %(role)s"))
    register_event("member.role_changed", _("%(actor)s made %(target)s %(role)s"))
    register_event("member.removed", _("%(actor)s removed %(target)s"))
    register_event("key.created", _("%(actor)s made the key %(name)s"))
    register_event("key.revoked", _("%(actor)s revoked the key %(name)s"))
