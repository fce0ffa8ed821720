"""Segmented snippets: one text for each client, chosen by radios, so that they work without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Snippet:
    """What to paste for one client. `where` says where it goes, `note` what happens next; `one_line` is a command."""

    key: str
    label: Text
    text: str
    lang: str = "text"
    note: Text = ""
    where: Text = ""
    one_line: bool = False
    prompt: str = ""


@dataclass(frozen=True)
class Snippets:
    """A set of snippets on a page; `name` tells several sets apart."""

    items: Sequence[Snippet]
    name: str
    title: Text = ""
    chosen: str = ""

    def panes(self) -> list[tuple[int, Snippet, bool]]:
        """Number, snippet, and whether it is the one shown first."""
        keys = [item.key for item in self.items]
        first = keys.index(self.chosen) if self.chosen in keys else 0
        return [(number, item, number == first) for number, item in enumerate(self.items)]
