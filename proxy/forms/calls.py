"""The filters of the calls page, read from its address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, Membership, Workspace
from core.clock import now
from proxy.models import Hub, Server
from proxy.selectors.calls import CallFilter

RANGES = {
    "hour": (_("Last hour"), timedelta(hours=1)),
    "day": (_("Last 24 hours"), timedelta(days=1)),
    "week": (_("Last 7 days"), timedelta(days=7)),
    "month": (_("Last 30 days"), timedelta(days=30)),
}
OUTCOMES = [
    ("", _("any")),
    ("ok", _("Succeeded")),
    ("bad", _("Failed")),
    ("refused", _("Refused by a rule")),
    ("cancelled", _("Cancelled")),
    ("input_required", _("Asked for input")),
]


class CallFilterForm(forms.Form):
    """All optional. Whatever cannot be read is left out, so that an old link still shows calls."""

    range = forms.ChoiceField(
        label=_("Time"), choices=[(key, label) for key, (label, _span) in RANGES.items()], required=False
    )
    hub = forms.ChoiceField(label=_("Hub"), required=False)
    server = forms.ChoiceField(label=_("Server"), required=False)
    outcome = forms.ChoiceField(label=_("Result"), choices=OUTCOMES, required=False)
    user = forms.ChoiceField(label=_("Member"), required=False)
    key = forms.ChoiceField(label=_("Key"), required=False)
    tool = forms.CharField(label=_("Tool"), max_length=200, required=False)
    all = forms.BooleanField(label=_("Also lists and other requests"), required=False)

    def __init__(self, *args: object, workspace: Workspace, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        hubs = Hub.objects.filter(workspace=workspace).order_by("title").values_list("id", "title")
        servers = Server.objects.filter(workspace=workspace).order_by("title").values_list("id", "title")
        members = Membership.objects.filter(workspace=workspace).select_related("user").order_by("user__name")
        keys = ApiKey.objects.filter(workspace=workspace).order_by("name").values_list("id", "name")
        people = [(member.user_id, str(member.user)) for member in members]
        for name, pairs in (("hub", hubs), ("server", servers), ("user", people), ("key", keys)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("any")), *pairs]

    def filter(self) -> CallFilter:
        """What to list."""
        self.is_valid()
        values = self.cleaned_data
        wanted: dict[str, Any] = {
            name: values.get(name) or "" for name in ("hub", "server", "outcome", "user", "key", "tool")
        }
        return CallFilter(**wanted, method="" if values.get("all") else "tools/call", since=self.since())

    def since(self) -> datetime | None:
        """When the chosen time begins; None where none is chosen."""
        chosen = self.cleaned_data.get("range") if self.is_bound and hasattr(self, "cleaned_data") else ""
        return now() - RANGES[chosen][1] if chosen in RANGES else None
