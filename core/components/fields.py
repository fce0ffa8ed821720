"""A Django form drawn with our fields: label, control, help, error, and what was typed."""

from __future__ import annotations

from typing import Any

from django.forms import BoundField, widgets
from django.forms.forms import BaseForm
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.components.html import EMPTY, join, safe

_BOXED = (widgets.CheckboxSelectMultiple, widgets.RadioSelect)


def _kind(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, widgets.CheckboxInput):
        return "check"
    if isinstance(widget, _BOXED):
        return "group"
    return "select" if isinstance(widget, widgets.Select) and not widget.allow_multiple_selected else "box"


def field(
    bound: BoundField,
    *,
    switch: bool = False,
    prefix: str = "",
    suffix: str = "",
    mono: bool = False,
    icon: str = "",
    label: str = "",
    placeholder: str = "",
    optional: bool = True,
) -> SafeString:
    """One field. `switch` draws a checkbox as a switch; prefix and suffix stand inside the box.

    What may stay empty says so, but for a list to choose from, which says it by its choices. `optional=False` keeps
    that away from a field that is needed only beside certain others.
    """
    if bound.is_hidden:
        return safe(str(bound))
    kind = _kind(bound)
    ids = [f"{bound.auto_id}_help"] * bool(bound.help_text) + [f"{bound.auto_id}_error"] * bool(bound.errors)
    attrs: dict[str, Any] = {"aria-describedby": " ".join(ids) or None, "placeholder": placeholder or None}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if kind == "check" and switch:
        attrs |= {"class": "toggle", "role": "switch"}
    attrs = {name: value for name, value in attrs.items() if value is not None}
    context = {
        "field": bound, "kind": kind, "switch": switch, "prefix": prefix, "suffix": suffix, "mono": mono, "icon": icon,
        "label": label or bound.label, "control": bound.as_widget(attrs=attrs) if kind != "group" else EMPTY,
        "choices": list(bound) if kind == "group" else [],
        "optional": optional and not bound.field.required and kind != "select",
    }  # fmt: skip
    return safe(render_to_string("components/field.html", context))


def form(given: BaseForm, switch: bool = False) -> SafeString:
    """The form's own errors, then every field in order. The `<form>` element around it is the page's."""
    errors = render_to_string("components/form_errors.html", {"form": given}) if given.non_field_errors() else ""
    return safe(errors) + join([field(bound, switch=switch) for bound in given])
