"""Forms for model providers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assistants.enums import MODEL_CLASSES
from assistants.models import ModelProvider
from assistants.presets import Preset

_KEY = forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False)
_CLASSES = {"fast": _("Fast"), "balanced": _("Balanced"), "best": _("Best")}
_FOR = {
    "fast": _("Short and simple work, many times a day."),
    "balanced": _("What most assistants ask for."),
    "best": _("Hard work that may take longer and cost more."),
}


class ProviderForm(forms.Form):
    """Where models are reached. `provider`: change one; a key that is left blank stays."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("It speaks the API of"), choices=ModelProvider.Kind.choices)
    base_url = forms.CharField(
        label=_("Address"), max_length=500, required=False, help_text=_("Empty: the provider's own address.")
    )
    key = forms.CharField(
        label=_("Key"), max_length=4000, required=False, widget=_KEY, help_text=_("Kept encrypted, never shown again.")
    )

    def __init__(
        self, *args: Any, preset: Preset | None = None, provider: ModelProvider | None = None, **kwargs: Any
    ) -> None:
        if provider is not None:
            kwargs["initial"] = {"name": provider.name, "kind": provider.kind, "base_url": provider.base_url}
        elif preset is not None:
            name = "" if preset.slug == "other" else preset.name
            kwargs["initial"] = {"name": name, "kind": preset.kind, "base_url": preset.base_url}
        super().__init__(*args, **kwargs)
        self.provider = provider
        if provider is not None:
            del self.fields["kind"]
            if provider.secret:
                self.fields["key"].help_text = _("%(hint)s is stored. Blank keeps it.") % {"hint": provider.key_hint}
        if preset is not None and not preset.needs_key:
            self.fields["key"].help_text = _("Only if it asks for one. Kept encrypted, never shown again.")

    def values(self) -> dict[str, Any]:
        """Arguments for `connect_provider` or `update_provider`."""
        values = dict(self.cleaned_data)
        if self.provider is not None and not values["key"]:
            values["key"] = None
        return values


class ClassesForm(forms.Form):
    """Which model serves which class. Any name may be written; those that the provider lists are proposed."""

    def __init__(self, *args: Any, provider: ModelProvider, **kwargs: Any) -> None:
        kwargs["initial"] = dict(provider.classes)
        super().__init__(*args, **kwargs)
        for klass in MODEL_CLASSES:
            self.fields[klass] = forms.CharField(
                label=_CLASSES[klass],
                max_length=120,
                required=False,
                help_text=_FOR[klass],
                widget=forms.TextInput(attrs={"list": "offered", "spellcheck": "false", "autocomplete": "off"}),
            )
