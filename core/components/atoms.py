"""The smallest components: state, bullet, tile, person, badge, button, rating."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.components.formats import plain_number
from core.components.html import EMPTY, attributes, classes, icon, initials, point

WORDS: dict[str, Promise] = {
    "running": gettext_lazy("running"),
    "paused": gettext_lazy("paused"),
    "broken": gettext_lazy("not answering"),
    "warn": gettext_lazy("needs a decision"),
    "live": gettext_lazy("live"),
    "off": gettext_lazy("off"),
}
LEAST_RATINGS = 10


def state(kind: str, word: str = "") -> SafeString:
    """A state with its shape and always with a word."""
    name = "" if kind == "running" else kind
    return format_html('<span class="{}">{}</span>', classes("state", name), word or WORDS[kind])


def badge(text: str, *, icon_name: str = "", tone: str = "") -> SafeString:
    return format_html('<span class="{}">{}{}</span>', classes("tag", tone), icon(icon_name) if icon_name else "", text)


def bullet(code: str, line: int = 0, state: str = "running", size: str = "", name: str = "") -> SafeString:
    """A server's station: two letters in its line's colour; without a line it is hollow and in ink."""
    shape = state if state in {"paused", "broken"} else ""
    css = classes("bullet", f"l{(line - 1) % 8 + 1}" if line else "off", shape if line else "", size)
    said = format_html('<span class="sr">{}</span>', name) if name else EMPTY
    return format_html('<span class="{}" aria-hidden="true">{}</span>{}', css, code[:2], said)


def tile(code: str, size: str = "") -> SafeString:
    """An assistant or a publisher: a square with two letters."""
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes("tile", size), code[:2])


def avatar(name: str, size: str = "") -> SafeString:
    """A person: a small grey circle."""
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes("who", size), initials(name))


def person(name: str, note: str = "") -> SafeString:
    extra = format_html(' <span class="quiet">{}</span>', note) if note else EMPTY
    return format_html('<span class="named">{}<span>{}{}</span></span>', avatar(name), name, extra)


def named(
    name: str,
    *,
    code: str = "",
    line: int = 0,
    state: str = "running",
    href: str = "",
    mono: bool = False,
    note: str = "",
) -> SafeString:
    """A bullet and a name, for the first cell of a row."""
    text = format_html('<a href="{}">{}</a>', href, name) if href else format_html("{}", name)
    small = format_html(" <small>{}</small>", note) if note else EMPTY
    mark = bullet(code, line, state) if code else EMPTY
    return format_html(
        '<span class="named">{}<span{}>{}{}</span></span>', mark, attributes(class_="mono" * mono), text, small
    )


def button(
    label: str,
    *,
    href: str = "",
    icon_name: str = "",
    main: bool = False,
    bare: bool = False,
    danger: bool = False,
    big: bool = False,
    wide: bool = False,
    disabled: bool = False,
    icon_only: bool = False,
    type: str = "submit",
    name: str = "",
    value: str = "",
    form: str = "",
    popup: str = "",
    css: str = "",
    id: str = "",
) -> SafeString:
    """A link that looks like a button when it has an href, else a button. `popup` opens the dialog with that id."""
    flags = {"main": main, "bare": bare, "danger": danger, "big": big, "wide": wide, "icon": icon_only}
    css = classes("btn", *(flag for flag, on in flags.items() if on), css)
    inside = format_html("{}{}", icon(icon_name) if icon_name else "", "" if icon_only else label)
    said = label if icon_only else ""
    if href and not disabled:
        return format_html("<a{}>{}</a>", attributes(class_=css, href=href, id=id, aria_label=said, title=said), inside)
    kind = "button" if popup or href else type
    rest = attributes(
        class_=css, type=kind, id=id, name=name, value=value or None, form=form, disabled=disabled, aria_label=said,
        title=said, command="show-modal" if popup else "", commandfor=popup,
    )  # fmt: skip
    return format_html("<button{}>{}</button>", rest, inside)


def scale(mean: float, low: float, high: float) -> SafeString:
    """The likely range of a rating on a scale of 1 to 5, 84 by 12."""

    def x(value: float) -> float:
        return 2 + (min(5.0, max(1.0, value)) - 1) * 20

    said = _("likely between %(low)s and %(high)s of 5") % {"low": f"{low:.1f}", "high": f"{high:.1f}"}
    return format_html(
        '<svg class="scale" viewBox="0 0 84 12" role="img" aria-label="{}">'
        '<path class="scale-base" d="M2 6H82M2 3.5V8.5M22 3.5V8.5M42 3.5V8.5M62 3.5V8.5M82 3.5V8.5"/>'
        '<rect class="scale-range" x="{}" y="2" width="{}" height="8" rx="1.5"/>'
        '<path class="scale-dot" d="M{} 0V12"/></svg>',
        said, point(x(low)), point(max(2.0, x(high) - x(low))), point(x(mean)),
    )  # fmt: skip


def rating(mean: float, low: float, high: float, count: int) -> SafeString:
    """A rating is a measurement: number, range, count of people. Under ten ratings there is no number."""
    if count < LEAST_RATINGS:
        few = _("(%(count)s of %(least)s)") % {"count": count, "least": LEAST_RATINGS}
        return format_html('<span class="two">{} <span class="quiet">{}</span></span>', _("Too few to rate"), few)
    people = _("%(count)s ratings") % {"count": plain_number(count)}
    return format_html(
        '<span class="rating">{}<b>{}</b>{}<span class="quiet">{}</span></span>',
        icon("star", "star"), f"{mean:.1f}", scale(mean, low, high), people,
    )  # fmt: skip


def kv(rows: Iterable[tuple[object, object]]) -> SafeString:
    """Labels and values; an empty value is said in words."""
    none = format_html('<span class="quiet">{}</span>', _("none"))
    pairs = ((label, none if value is None or value == "" else value) for label, value in rows)
    return format_html('<dl class="kv">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs))
