"""Forms for servers: connect, change, fill in what a draft still lacks."""

from __future__ import annotations

import shlex
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from proxy.enums import CONNECTABLE, MAX_TIMEOUT_MS, MIN_TIMEOUT_MS
from proxy.forms.fields import LinesField, PairsField
from proxy.importers.drafts import Scope, ServerDraft, Transport, Variable
from proxy.models import Server
from proxy.selectors.servers import draft_of

_KEEP = _("A name with nothing after it keeps the value that is stored.")


class ServerForm(forms.Form):
    """A server by hand. `draft()` is what it says; services check the rest and know the permissions.

    `ServerForm(server=server)` changes one: secrets are shown by name alone and stay where they are left blank.
    `ServerForm(draft=draft)` begins with what an import or a catalogue found.
    """

    title = forms.CharField(label=_("Name"), max_length=80)
    slug = forms.SlugField(
        label=_("Short name"),
        max_length=40,
        required=False,
        help_text=_("Stands before the names of its tools, and never changes. Made from the name when left empty."),
    )
    transport = forms.ChoiceField(
        label=_("How it is reached"),
        choices=[pair for pair in Server.Transport.choices if pair[0] in CONNECTABLE],
        initial=Server.Transport.HTTP,
        widget=forms.RadioSelect,
    )
    url = forms.CharField(label=_("Address"), max_length=2000, required=False, help_text=_("Begins with https://"))
    headers = PairsField(
        label=_("Headers"),
        separator=":",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One on each line: Authorization: Bearer … They are kept encrypted."),
    )
    command = forms.CharField(
        label=_("Command"),
        max_length=500,
        required=False,
        help_text=_("The program, or the whole line with its arguments."),
    )
    args = LinesField(
        label=_("Arguments"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One on each line."),
    )
    env = PairsField(
        label=_("Environment"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One on each line: NAME=value. They are kept encrypted."),
    )
    cwd = forms.CharField(label=_("Folder to run in"), max_length=500, required=False)
    hidden = PairsField(
        label=_("Secrets in arguments or address"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One on each line: NAME=value. Write ${secret:NAME} where the value belongs."),
    )
    session_scope = forms.ChoiceField(
        label=_("Sessions"),
        choices=[("", _("As suits the transport")), *Server.Scope.choices],
        required=False,
    )
    timeout_s = forms.IntegerField(
        label=_("Time limit, seconds"),
        min_value=MIN_TIMEOUT_MS // 1000,
        max_value=MAX_TIMEOUT_MS // 1000,
        initial=60,
    )

    error_names = {"timeout_ms": "timeout_s"}
    """Services name fields by the model; here one is called otherwise."""

    def __init__(
        self, *args: Any, server: Server | None = None, draft: ServerDraft | None = None, **kwargs: Any
    ) -> None:
        self.server = server
        self.start = draft_of(server) if server is not None else draft
        if self.start is not None:
            kwargs["initial"] = _initial(self.start) | dict(kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if server is not None:
            del self.fields["slug"]
            for name in ("headers", "env", "hidden"):
                field = self.fields[name]
                field.help_text = f"{field.help_text} {_KEEP}"

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        needed = "command" if values.get("transport") == "stdio" else "url"
        if needed not in self.errors and not values.get(needed):
            self.add_error(needed, self.fields[needed].error_messages["required"])
        if values.get("transport") == "stdio" and values.get("command") and not values.get("args"):
            self._split_command(values)
        return values

    def draft(self) -> ServerDraft:
        """What a valid form says."""
        values = self.cleaned_data
        start = self.start
        return ServerDraft(
            title=values["title"],
            slug=values.get("slug", ""),
            letters=start.letters if start else "",
            transport=cast(Transport, values["transport"]),
            command=values["command"],
            args=values["args"],
            cwd=values["cwd"],
            url=values["url"],
            env=values["env"],
            headers=values["headers"],
            hidden=values["hidden"],
            session_scope=cast("Scope | None", values["session_scope"] or None),
            timeout_ms=values["timeout_s"] * 1000,
            catalogue=start.catalogue if start else "",
        )

    def _split_command(self, values: dict[str, Any]) -> None:
        """`npx -y some-server` pasted as a whole. A path with spaces is one program."""
        line = values["command"]
        if " " not in line or line.startswith("/"):
            return
        try:
            program, *words = shlex.split(line)
        except ValueError:
            self.add_error("command", _("A quote is not closed."))
            return
        values["command"], values["args"] = program, tuple(words)


class VariablesForm(forms.Form):
    """One field for each variable of a draft; `values()` goes to `fill_draft`."""

    def __init__(self, variables: tuple[Variable, ...], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variables = variables
        for variable in variables:
            self.fields[variable.name] = variable_field(variable)

    def values(self) -> dict[str, str]:
        return {variable.name: self.cleaned_data.get(variable.name, "") for variable in self.variables}


def variable_field(variable: Variable) -> forms.Field:
    """The field of one variable. A secret is never shown again, so it is typed again after an error."""
    needed = variable.required and not variable.default
    common: dict[str, Any] = {"label": variable.label, "required": needed, "help_text": variable.description}
    if variable.choices:
        pairs = [(choice, choice) for choice in variable.choices]
        return forms.ChoiceField(choices=pairs, initial=variable.default, **common)
    if variable.secret:
        widget = forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False)
        return forms.CharField(max_length=8000, widget=widget, **common)
    return forms.CharField(max_length=8000, initial=variable.default, **common)


def _initial(draft: ServerDraft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "slug": draft.slug,
        "transport": draft.transport,
        "command": draft.command,
        "args": draft.args,
        "cwd": draft.cwd,
        "url": draft.url,
        "env": draft.env,
        "headers": draft.headers,
        "hidden": draft.hidden,
        "session_scope": draft.session_scope or "",
        "timeout_s": draft.timeout_ms // 1000,
    }
