"""Fields of the studio."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.json_values import checked_json


class JsonField(forms.CharField):
    """A JSON object in a text box; empty is None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=2, ensure_ascii=False) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            found = checked_json(text)
        except ValueError as problem:
            raise forms.ValidationError(_("This is not JSON: %(why)s"), params={"why": str(problem)}) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write a JSON object, beginning with {."))
        return found


def name_of_variable(label: str) -> str:
    """`Home town` becomes home_town."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40]
    return name if name[:1].isalpha() else f"v_{name}"[:40].rstrip("_") if name else "value"
