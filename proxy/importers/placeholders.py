"""The placeholders of client configurations become variables to fill in.

`${input:id}` (VS Code), `${env:NAME}` (Cursor, VS Code), `${NAME}` and `${NAME:-default}` (Claude Code), folders such
as `${workspaceFolder}`, and texts that only stand for a value: `<your key>`, `YOUR_API_KEY`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from proxy.importers.drafts import Variable
from proxy.importers.hiding import sounds_secret

_REFERENCE = re.compile(r"\$\{(?:(input|env|config|command|secret|fill):)?([^${}:]{1,120})(?::-([^{}]*))?\}")
_STAND_IN = re.compile(
    r"<[^<>]{2,60}>"
    r"|(?:your|my|insert|enter|put|replace)[-_ ]+[\w -]*(?:key|token|secret|password|id|url|here|value)[\w -]*"
    r"|x{6,}|\*{4,}|\.{3}|…",
    re.IGNORECASE,
)
_PLACES = {
    "workspaceFolder": _("Folder of the project"),
    "workspaceFolderBasename": _("Name of the project's folder"),
    "workspaceRoot": _("Folder of the project"),
    "userHome": _("Home folder"),
    "cwd": _("Folder to work in"),
    "HOME": _("Home folder"),
}
_SEPARATORS = {"/": "/", "pathSeparator": "/", "\\": "/"}


class Placeholders:
    """Collects the variables of one configuration's entry. `inputs`: VS Code's declarations by id."""

    def __init__(self, inputs: Mapping[str, Mapping[str, Any]]) -> None:
        self._inputs = inputs
        self.found: dict[str, Variable] = {}

    def read(self, text: str, *, field: str = "") -> str:
        """`text` with every placeholder as `${fill:name}`. `field`: the name of what the text is the value of."""
        if field and _STAND_IN.fullmatch(text.strip()):
            return self._add(Variable(name=_name(field), label=field, secret=True)).mark
        scheme, space, rest = text.partition(" ")
        if field and space and scheme.lower() in {"bearer", "basic", "token"} and _STAND_IN.fullmatch(rest.strip()):
            return f"{scheme} {self._add(Variable(name=_name(field), label=field)).mark}"
        return _REFERENCE.sub(lambda found: self._reference(found[1] or "", found[2], found[3] or ""), text)

    def _reference(self, kind: str, name: str, default: str) -> str:
        if kind == "" and name in _SEPARATORS:
            return _SEPARATORS[name]
        if kind == "input":
            return self._add(self._input(name)).mark
        if kind == "" and name in _PLACES:
            return self._add(Variable(name=_name(name), label=_PLACES[name], secret=False, default=default)).mark
        return self._add(Variable(name=_name(name), label=name, secret=sounds_secret(name), default=default)).mark

    def _input(self, name: str) -> Variable:
        said = self._inputs.get(name, {})
        options = said.get("options")
        choices = [str(_of(option, "value")) for option in options] if isinstance(options, list) else []
        default = said.get("default", "")
        return Variable(
            name=_name(name),
            label=str(said.get("description") or name)[:200],
            secret=bool(said.get("password", sounds_secret(name))),
            default=default if isinstance(default, str) else "",
            choices=tuple(choices),
        )

    def _add(self, variable: Variable) -> Variable:
        return self.found.setdefault(variable.name, variable)


def _of(option: Any, name: str) -> Any:
    return option.get(name, "") if isinstance(option, Mapping) else option


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:80] or "value"
