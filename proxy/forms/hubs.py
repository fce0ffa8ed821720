"""Forms of hubs. Services check; forms read and keep what was typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from proxy.models import Hub, Server


class HubForm(forms.Form):
    """A hub's settings. `slug` and `servers` are asked once, when it is made; `open` of the operator alone."""

    title = forms.CharField(label=_("Name"), max_length=80)
    slug = forms.CharField(
        label=_("Address"),
        max_length=40,
        required=False,
        help_text=_("The last part of the endpoint. It never changes. Empty: made from the name."),
    )
    servers = forms.ModelMultipleChoiceField(
        label=_("Servers"),
        queryset=Server.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everything they have is offered; choose tools later."),
    )
    naming = forms.ChoiceField(
        label=_("Names of tools"),
        choices=Hub.Naming.choices,
        initial=Hub.Naming.PREFIXED,
        help_text=_("With a prefix, a second server never changes the names of the first."),
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What a client's model is told of this hub as a whole."),
    )
    read_only = forms.BooleanField(
        label=_("Only tools that read"),
        required=False,
        help_text=_("Tools that do not say that they only read are not offered, and refused when called."),
    )
    record_payloads = forms.BooleanField(
        label=_("Keep arguments and results"),
        required=False,
        help_text=_("Stored encrypted, shown to admins. Without it only that a call happened is recorded."),
    )
    open = forms.BooleanField(
        label=_("Open without a key on the loopback listener"),
        required=False,
        help_text=_("For programs on the same machine, when the operator has switched the listener on."),
    )

    def __init__(
        self, data: Any = None, *, workspace: Workspace, hub: Hub | None = None, is_operator: bool = False
    ) -> None:
        initial = {name: getattr(hub, name) for name in SETTINGS} if hub else None
        super().__init__(data, initial=initial)
        if not is_operator:
            del self.fields["open"]
        if hub is not None:
            del self.fields["slug"], self.fields["servers"]
            return
        field = self.fields["servers"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Server.objects.filter(workspace=workspace).order_by("title", "id")
        if not field.queryset.exists():
            del self.fields["servers"]

    def values(self) -> dict[str, Any]:
        """What the services take, of the fields that are there."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.fields}


SETTINGS = ("title", "instructions", "naming", "read_only", "record_payloads", "open")
