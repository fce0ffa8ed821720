"""Fields for what a server needs: one argument a line, one `NAME=value` a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class LinesField(forms.CharField):
    """A list of texts, one on each line; empty lines are dropped, spaces at the ends stay."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").replace("\r\n", "\n").split("\n")
        return tuple(line for line in lines if line.strip())


class PairsField(forms.CharField):
    """Names with values, one pair on each line; `#` begins a comment. `separator` stands between name and value.

    A name with nothing after it keeps what is stored. Shown again, values are left out: secrets stay on the server.
    """

    widget = forms.Textarea

    def __init__(self, *, separator: str = "=", **kwargs: Any) -> None:
        self.separator = separator
        super().__init__(strip=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return "\n".join(f"{name}{self.separator}" for name in value)

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        text = (super().to_python(value) or "").replace("\r\n", "\n")
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            name, separator, rest = line.partition(self.separator)
            name = name.strip().removeprefix("export ").strip()
            if not separator or not name:
                raise forms.ValidationError(
                    _("Line %(line)d needs a name, then “%(separator)s”, then the value."),
                    code="pair",
                    params={"line": number, "separator": self.separator},
                )
            if name in found:
                raise forms.ValidationError(_("%(name)s stands here twice."), code="twice", params={"name": name})
            found[name] = _unquoted(rest.strip())
        return found


def _unquoted(text: str) -> str:
    """`"two words"` as in a .env file is two words."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text
