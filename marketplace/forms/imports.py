"""Starting an import: a file, or the address of a registry."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.importers.files import FORMATS

FORMAT_WORDS = {
    "lobehub": _("Assistants of LobeHub"),
    "toolsdk": _("Server packages of ToolSDK"),
    "docker": _("Servers of Docker's registry"),
    "registry": _("Servers as server.json"),
}


class FileForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("JSON Lines: one entry a line, at most 64 MB."))
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[("auto", _("Found out by itself")), *((name, FORMAT_WORDS[name]) for name in FORMATS)],
    )


class RegistryForm(forms.Form):
    address = forms.CharField(
        label=_("Address"),
        max_length=400,
        help_text=_("Of any registry that speaks the registry API of MCP."),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://registry.example.com"}),
    )
    whole = forms.BooleanField(label=_("Everything, not only what changed since the last time"), required=False)
