"""The forms of people, workspaces, members and keys. They check shapes; the services check the rest."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from functools import cache

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Workspace
from accounts.registry import hub_choices
from core.clock import now
from core.events import event_types

SCOPE_WORDS = {
    "mcp": _("Use hubs and call their tools"),
    "read": _("Read servers, tools, hubs and calls over the API"),
    "assistants": _("Talk to assistants; they may call the tools that were chosen for them"),
    "write": _("Change servers, hubs, keys and webhooks over the API"),
    "admin": _("Everything that you may do in this workspace"),
}
EXPIRY_DAYS = (
    ("", _("Never")),
    ("7", _("In 7 days")),
    ("30", _("In 30 days")),
    ("90", _("In 90 days")),
    ("365", _("In a year")),
)


@cache
def _zones() -> list[tuple[str, str]]:
    """Read once: the list is hundreds of files."""
    names = sorted(zoneinfo.available_timezones())
    return [(name, name.replace("_", " ")) for name in names if "/" in name or name == "UTC"]


class PersonForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, required=False, help_text=_("What the others of your workspaces see.")
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    theme = forms.ChoiceField(
        label=_("Colours"),
        choices=[("", _("As the system says")), ("light", _("Light")), ("dark", _("Dark"))],
        required=False,
    )


class SetupForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class WorkspaceForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    slug = forms.CharField(
        label=_("Address"),
        max_length=50,
        required=False,
        help_text=_("Small letters, digits and hyphens. Made from the name when left empty."),
    )


class WorkspaceSettingsForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    slug = forms.CharField(
        label=_("Address"), max_length=50, help_text=_("The old address keeps leading here, also for clients.")
    )


class MemberForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), help_text=_("Of somebody who has an account here."))
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices, initial=Membership.Role.MEMBER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)


class KeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Where it will be used: Claude on my laptop."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=SCOPE_WORDS.items,
        initial=["mcp"],
        widget=forms.CheckboxSelectMultiple,
    )
    hub = forms.ChoiceField(label=_("Hub"), required=False, help_text=_("A key of one hub opens nothing else."))
    expiry = forms.ChoiceField(label=_("Expires"), choices=EXPIRY_DAYS, required=False, initial="90")

    def __init__(self, workspace: Workspace, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        hub = self.fields["hub"]
        assert isinstance(hub, forms.ChoiceField)
        hub.choices = [("", _("All hubs of this workspace"))] + [
            (choice.id, choice.label) for choice in hub_choices(workspace)
        ]

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data.get("expiry")
        return now() + timedelta(days=int(days)) if days else None


def _types() -> list[tuple[str, str]]:
    return [(name, name) for name, known in event_types().items() if known.webhook]


class WebhookForm(forms.Form):
    url = forms.URLField(
        label=_("Address"), max_length=2000, assume_scheme="https", help_text=_("Where we send a POST for each event.")
    )
    types = forms.MultipleChoiceField(
        label=_("Events"),
        choices=_types,
        required=False,
        help_text=_("None chosen means all of them."),
        widget=forms.CheckboxSelectMultiple,
    )


class WebhookEditForm(WebhookForm):
    enabled = forms.BooleanField(label=_("Switched on"), required=False)
