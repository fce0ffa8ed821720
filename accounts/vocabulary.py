"""What accounts tells core at start: its events and messages in words, its places, and where Ctrl-K looks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts import find
from core.components.places import register_place, register_switcher
from core.events import register_event
from core.find import register_source
from core.mailer import register_message


def register_events() -> None:
    person = {"webhook": False}
    register_event("person.signed_up", _("%(actor)s signed up"), **person)
    register_event("person.created", _("%(actor)s made an account"), **person)
    register_event("person.email_verified", _("%(actor)s verified their e-mail address"), **person)
    register_event("person.password_changed", _("%(actor)s changed their password"), **person)
    register_event("person.signed_in", _("%(actor)s signed in"), **person)
    register_event("person.sessions_ended", _("%(actor)s signed out %(count)s other browsers"), **person)
    register_event("person.updated", _("%(actor)s changed their settings"), **person)
    register_event("setup.link_made", _("A set-up link was made"), **person)
    register_event("workspace.created", _("%(actor)s made the workspace %(name)s"))
    register_event("workspace.renamed", _("%(actor)s renamed the workspace to %(name)s"))
    register_event("member.added", _("%(actor)s added %(target)s as %(role)s"))
    register_event("member.role_changed", _("%(actor)s made %(target)s %(role)s"))
    register_event("member.removed", _("%(actor)s removed %(target)s"))
    register_event("key.created", _("%(actor)s made the key %(name)s"))
    register_event("key.revoked", _("%(actor)s revoked the key %(name)s"))


def register_messages() -> None:
    register_message("account.email_confirmation", _("Confirm your address"))
    register_message("account.email_confirmation_signup", _("Confirm your address"))
    register_message("account.password_reset_key", _("Choose a new password"))
    register_message("account.account_already_exists", _("You have an account already"))
    register_message("account.unknown_account", _("There is no such account"))


def register_places() -> None:
    register_place("admin", _("Keys"), "accounts:keys", "key-round", 50, permission="key.manage_own")
    register_place("admin", _("Webhooks"), "accounts:webhooks", "webhook", 60, permission="webhook.manage")
    register_place("admin", _("Settings"), "accounts:settings", "settings", 90, permission="workspace.manage")
    register_place("person", _("Your settings"), "accounts:me", "circle-user", 10)
    register_place("person", _("New workspace"), "accounts:workspace_new", "plus", 20)
    register_place("operator", _("Workspaces"), "accounts:operator_workspaces", "building-2", 30, None, "operator.view")
    register_switcher(find.switcher)
    register_source(find.find_workspaces, order=60)
    register_source(find.find_people, order=70)
    register_source(find.find_keys, order=80)
