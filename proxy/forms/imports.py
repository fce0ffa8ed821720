"""The form that takes a client's configuration: paste or upload, look, choose, fill in, connect.

One form for both steps. While nothing is chosen yet it shows what was found; what was typed stays in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from proxy.forms.servers import variable_field
from proxy.importers.client_config import Entry, Reading, read_client_config
from proxy.importers.drafts import fill_draft
from proxy.importers.jsonc import MAX_CHARS
from proxy.services.imports import ImportItem

LOOK, CONNECT = "look", "connect"


@dataclass(frozen=True)
class Row:
    """One server of the text: whether to take it, and fields for what it lacks (None and () where it is unusable)."""

    entry: Entry
    take: forms.BoundField | None
    variables: tuple[forms.BoundField, ...]


class ImportForm(forms.Form):
    """`rows` after `is_valid()`; `items()` when `step` is CONNECT and it is valid."""

    text = forms.CharField(
        label=_("Configuration"),
        required=False,
        max_length=MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("The JSON of Claude Desktop, Cursor or VS Code. Comments are fine."),
    )
    file = forms.FileField(
        label=_("Or a file"), required=False, widget=forms.FileInput(attrs={"accept": ".json,.jsonc"})
    )
    step = forms.ChoiceField(
        choices=[(LOOK, LOOK), (CONNECT, CONNECT)], required=False, initial=LOOK, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reading = Reading()
        if self.is_bound:
            self._read()

    def _read(self) -> None:
        data = {name: self.data.get(name) for name in self.data}
        uploaded = self._uploaded()
        if uploaded:
            # It takes the place of the text, so that it stays for the second step.
            data[self.add_prefix("text")] = uploaded
        self.reading = read_client_config(str(data.get(self.add_prefix("text")) or ""))
        connecting = data.get(self.add_prefix("step")) == CONNECT
        for number, entry in enumerate(self.reading.entries):
            if entry.draft is None:
                continue
            self.fields[f"take_{number}"] = forms.BooleanField(
                label=entry.draft.title, required=False, initial=not entry.disabled
            )
            if not connecting and not entry.disabled:
                data[self.add_prefix(f"take_{number}")] = "on"
            taken = bool(data.get(self.add_prefix(f"take_{number}")))
            for variable in entry.draft.variables:
                field = variable_field(variable)
                field.required = field.required and connecting and taken
                name = f"var_{number}_{variable.name}"
                self.fields[name] = field
                if not connecting:
                    data.setdefault(self.add_prefix(name), variable.default)
        self.data = data

    def _uploaded(self) -> str:
        file = self.files.get(self.add_prefix("file"))
        if file is None or (file.size or 0) > MAX_CHARS:
            return ""
        return str(file.read().decode("utf-8", "replace"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        file = values.get("file")
        if file is not None and (file.size or 0) > MAX_CHARS:
            self.add_error("file", _("The file is larger than a megabyte."))
        elif self.reading.problem:
            self.add_error("text", str(self.reading.problem))
        elif values.get("step") == CONNECT and not any(
            values.get(f"take_{n}") for n in range(len(self.reading.entries))
        ):
            self.add_error(None, _("Choose at least one server."))
        return values

    @property
    def rows(self) -> list[Row]:
        """Every server of the text, in its order."""
        found = []
        for number, entry in enumerate(self.reading.entries):
            names = [f"var_{number}_{v.name}" for v in entry.draft.variables] if entry.draft else []
            take = self[f"take_{number}"] if entry.draft else None
            found.append(Row(entry, take, tuple(self[name] for name in names)))
        return found

    def items(self) -> list[ImportItem]:
        """The chosen servers with their values filled in."""
        values = self.cleaned_data
        found = []
        for number, entry in enumerate(self.reading.entries):
            if entry.draft is not None and values.get(f"take_{number}"):
                filled = {v.name: values.get(f"var_{number}_{v.name}", "") for v in entry.draft.variables}
                found.append(ImportItem(entry.key, fill_draft(entry.draft, filled)))
        return found
