"""What the interchange picture is made of, and the parts that the wide and the tall one share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.html import EMPTY, attributes, classes, point

State = Literal["running", "paused", "broken"]


@dataclass(frozen=True)
class Client:
    """A program that connects. `note` stands below the name, `rate` beside it on a phone. `expected`: not there yet."""

    name: str
    note: str = ""
    rate: str = ""
    expected: bool = False


@dataclass(frozen=True)
class Line:
    """A server. `note` stands below the name, `rate` at the end; `per_minute` sets the speed of its trains."""

    id: str
    name: str
    code: str
    line: int
    state: State = "running"
    note: str = ""
    rate: str = ""
    per_minute: float = 0
    grouped: int = 0
    """How many servers this line stands for, when it stands for a group."""


@dataclass(frozen=True)
class HubPicture:
    """A hub with its clients and servers. `note` stands below its name."""

    id: str
    name: str
    clients: tuple[Client, ...] = ()
    lines: tuple[Line, ...] = ()
    note: str = ""


def text(x: float, y: float, said: str, css: str, most: int = 40) -> SafeString:
    """A text of at most that many letters; nothing where there is none."""
    if not said:
        return EMPTY
    short = said if len(said) <= most else said[: most - 1].rstrip(" ,") + "…"
    return format_html("<text{}>{}</text>", attributes(class_=css, x=point(x), y=point(y)), short)


def line_class(line: Line) -> str:
    """Colour and state of a line's group."""
    colour = f"l{(line.line - 1) % 8 + 1}" if line.line else "l0"
    state = line.state if line.state != "running" else "" if line.per_minute > 0 else "idle"
    return classes("line-of", colour, state, "group" if line.grouped else "")


def _speed(per_minute: float) -> int:
    """Seven speeds: below one call a minute, then each about twice the one before."""
    return 1 if per_minute < 1 else min(7, 2 + int(math.log2(per_minute) / 1.2))


def way(line: Line, path: str, index: int) -> SafeString:
    """A line from the hall to its stop, with a core for when it is paused and trains for when it runs."""
    return format_html(
        '<g class="{}" data-server="{}"><path class="way" d="{}"/><path class="core" d="{}"/><g class="trains a{} s{}">'
        '<path class="train" pathLength="400" d="{}"/><path class="train in" pathLength="400" d="{}"/></g></g>',
        line_class(line), line.id, path, path, index % 8, _speed(line.per_minute), path, path,
    )  # fmt: skip


def stop(line: Line, x: float, y: float, radius: float) -> SafeString:
    """A station with two letters, or the count of a group."""
    code = f"+{line.grouped}" if line.grouped else line.code[:2]
    r = radius if line.state == "running" and not line.grouped else radius - 1.5
    return format_html(
        '<circle class="{}" cx="{}" cy="{}" r="{}"/><text class="code2" x="{}" y="{}">{}</text>',
        "more" if line.grouped else "stop", point(x), point(y), point(r), point(x), point(y + 3.8), code,
    )  # fmt: skip


def client_class(client: Client) -> str:
    return "client none" if client.expected else "client"


def line_group(line: Line, inside: SafeString) -> SafeString:
    return format_html('<g class="{}" data-server="{}">{}</g>', line_class(line), line.id, inside)


def rate_of(line: Line) -> str:
    """What stands at a line's end: its calls, or why there are none."""
    return line.rate or {"broken": _("not answering"), "paused": _("paused")}.get(line.state, "")


def picture(css: str, width: float, height: float, said: str, inside: SafeString) -> SafeString:
    box = f"0 0 {point(width)} {math.ceil(height)}"
    return format_html('<svg class="map {}" viewBox="{}" role="img" aria-label="{}">{}</svg>', css, box, said, inside)
