"""The sections of the operator's moderation page. Areas of the marketplace register their own.

register_section(Section("reports", _("Reports"), "marketplace/moderation_reports.html", rows, count))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from core.http import SiteRequest

MOST = 50
"""Rows of a section on the page: what waits longest."""


@dataclass(frozen=True)
class Section:
    """`template` draws `rows` (as `section.rows`); a section without rows is left out."""

    key: str
    title: str | Promise
    template: str
    rows: Callable[[SiteRequest], Sequence[Any]]
    count: Callable[[], int]
    order: int = 50


@dataclass(frozen=True)
class Shown:
    section: Section
    rows: Sequence[Any]
    count: int


_sections: dict[str, Section] = {}


def register_section(section: Section) -> None:
    """Add a section, or replace the one of the same key."""
    _sections[section.key] = section


def sections_for(request: SiteRequest) -> list[Shown]:
    """Those with something in them, in their order."""
    ordered = sorted(_sections.values(), key=lambda section: section.order)
    shown = [Shown(section, section.rows(request), section.count()) for section in ordered]
    return [found for found in shown if found.rows]


def count_waiting() -> int:
    return sum(section.count() for section in _sections.values())
