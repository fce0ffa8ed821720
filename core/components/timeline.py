"""Rows of things that happened, the way of a call, and the steps of a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.formats import duration, when
from core.components.html import EMPTY, attributes, classes, point

Text = str | Promise


@dataclass(frozen=True)
class TimelineItem:
    """One event: newest first in a list. `text` may be safe HTML."""

    title: Text
    text: Text = ""
    when: datetime | None = None
    who: str = ""
    tone: Literal["", "ok", "warn", "bad", "live"] = ""


@dataclass(frozen=True)
class Stage:
    """One stage of a call. `start` and `share` are parts of the whole time, 0 to 1; `upstream` is the server's own."""

    name: Text
    what: Text
    ms: float
    start: float
    share: float
    upstream: bool = False
    failed: bool = False


@dataclass(frozen=True)
class Step:
    """One step of a task."""

    label: Text
    state: Literal["done", "now", "next"] = "next"
    url: str = ""
    note: Text = ""


def timeline(items: Sequence[TimelineItem]) -> SafeString:
    rows = (
        (
            attributes(class_=item.tone),
            item.title,
            format_html(' <span class="quiet">{}</span>', item.who) if item.who else EMPTY,
            when(item.when, "ago") if item.when else EMPTY,
            format_html("<p>{}</p>", item.text) if item.text else EMPTY,
        )
        for item in items
    )
    return format_html(
        '<ol class="timeline">{}</ol>', format_html_join("", "<li{}><span><b>{}</b>{}</span>{}{}</li>", rows)
    )


def way(stages: Sequence[Stage], line: int = 0, label: str = "") -> SafeString:
    """The way of a call: its stages as stops on the server's line, each with a bar and its milliseconds."""
    rows = (
        (
            attributes(class_=classes("up" if stage.upstream else "", "broken" if stage.failed else "")),
            stage.name,
            stage.what,
            point(min(stage.start, 0.995) * 100),
            point(max(min(stage.share, 1 - min(stage.start, 0.995)) * 100, 0.8)),
            duration(stage.ms),
        )
        for stage in stages
    )
    items = format_html_join(
        "",
        '<li{}><b>{}</b><span class="st-what">{}</span>'
        '<span class="st-bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="base" y="3.5" width="100" height="1"/>'
        '<rect class="go" x="{}" width="{}" height="8" rx="1"/></svg></span>'
        '<span class="st-ms num">{}</span></li>',
        rows,
    )
    css = f"way-list l{(line - 1) % 8 + 1}" if line else "way-list l0"
    return format_html('<ol class="{}" aria-label="{}">{}</ol>', css, label or _("The way of this call"), items)


def stepper(steps: Sequence[Step], label: str = "") -> SafeString:
    """Where one is in a task of several steps."""
    words = {"done": _("done"), "now": _("now"), "next": _("to come")}
    rows = (
        (
            step.state,
            attributes(aria_current="step" if step.state == "now" else None),
            format_html('<a href="{}">{}</a>', step.url, step.label) if step.url else step.label,
            words[step.state],
            format_html("<small>{}</small>", step.note) if step.note else EMPTY,
        )
        for step in steps
    )
    items = format_html_join("", '<li class="{}"{}><b>{}</b><span class="sr"> {}</span>{}</li>', rows)
    return format_html('<ol class="stepper" aria-label="{}">{}</ol>', label or _("Steps"), items)
