"""Small helpers to write HTML and SVG from Python. Everything that is not marked safe is escaped."""

from __future__ import annotations

from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

Attribute = str | int | float | bool | None
EMPTY = SafeString("")


def classes(*names: str | None) -> str:
    """The names that are not empty, in one string."""
    return " ".join(name for name in names if name)


def attributes(**given: Attribute) -> SafeString:
    """Attributes with a leading space each. None, False and "" are left out, True stands alone; `_` becomes `-`."""
    parts = []
    for name, value in given.items():
        if value is None or value is False or value == "":
            continue
        key = name.rstrip("_").replace("_", "-")
        parts.append(
            f" {key}"
            if value is True
            else f' {key}="{conditional_escape(str(value) if isinstance(value, int | float) else value)}"'
        )
    return safe("".join(parts))


def safe(text: str) -> SafeString:
    """Declare text safe that was put together from escaped parts."""
    return mark_safe(text)  # noqa: S308


def join(parts: list[SafeString]) -> SafeString:
    return safe("".join(parts))


def point(value: float) -> str:
    """A coordinate with one decimal at most."""
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")
    )


def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite. It says nothing to a screen reader: the text beside it does."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes("i", css), static("icons.svg"), name
    )


def initials(name: str) -> str:
    """Two letters of a name: of its first and last word, of its capitals, or its first two. An e-mail ends at the @."""
    words = name.partition("@")[0].replace("-", " ").replace("_", " ").replace(".", " ").split()
    if not words:
        return "?"
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    capitals = [letter for letter in words[0] if letter.isupper()]
    letters = "".join(capitals[:2]) if len(capitals) > 1 else words[0][:2]
    return letters.upper()
