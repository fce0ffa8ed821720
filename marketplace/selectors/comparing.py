"""Up to four listings beside each other: the same facts of each, and where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from core.components.formats import plain_number
from marketplace.catalogue.labels import CATEGORIES, RUNTIMES
from marketplace.catalogue.schema import Stdio
from marketplace.manifest_words import sentences_of
from marketplace.models import Listing
from marketplace.packages import AssistantPackage, Manifest, Package, read_manifest, read_package
from marketplace.selectors.finding import Ask, find, hydrate
from marketplace.selectors.listed import hosts_of, language_names
from marketplace.selectors.needs import model_words
from marketplace.selectors.rows import LEAST_RUNS, NEEDS, Row, rows_of

MOST = 4
CANDIDATES = 6
FEW_TOOLS = 12
NONE = "–"  # noqa: RUF001  # a dash where there is nothing


class Facts(msgspec.Struct, frozen=True):
    """A listing with its package read."""

    row: Row
    package: Package
    manifest: Manifest

    @property
    def listing(self) -> Listing:
        return self.row.listing


class Cell(msgspec.Struct, frozen=True):
    """`text` is the value; `items` are the parts of one that is a list; `kind` asks for a drawing of its own."""

    text: str
    items: tuple[str, ...] = ()
    kind: str = ""
    listing: Listing | None = None


class Line(msgspec.Struct, frozen=True):
    """One fact of all of them. `differs`: they do not all say the same."""

    key: str
    label: str
    cells: tuple[Cell, ...]
    differs: bool


class Comparison(msgspec.Struct, frozen=True):
    facts: tuple[Facts, ...]
    lines: tuple[Line, ...]
    missing: tuple[str, ...]
    """Slugs that lead to nothing."""


def compare(slugs: Sequence[str], user: Any = None) -> Comparison:
    """The first MOST of them, each once, in their order. A handful of queries."""
    wanted = list(dict.fromkeys(slug[:80] for slug in slugs if slug and "\0" not in slug))[:MOST]
    shown = Listing.objects.filter(slug__in=wanted, state__in=Listing.SHOWN, current__isnull=False)
    found = {row.slug: row for row in shown.select_related("publisher", "current").defer("draft", "current__readme")}
    rows = rows_of([found[slug] for slug in wanted if slug in found], user)
    facts = tuple(_facts(row) for row in rows)
    lines = tuple(_line(key, label, make, facts) for key, label, make in _lines()) if facts else ()
    return Comparison(facts, lines, tuple(slug for slug in wanted if slug not in found))


def candidates(text: str, taken: Sequence[str]) -> list[Row]:
    """What might be meant by a text, without those that are there already."""
    found = hydrate(find(Ask(text=text, size=CANDIDATES + MOST, facets=False)).ids)
    return rows_of([one for one in found if one.slug not in taken][:CANDIDATES])


def _facts(row: Row) -> Facts:
    version = row.listing.current
    assert version is not None  # asked for
    return Facts(row, read_package(version.package), read_manifest(version.manifest))


def _line(key: str, label: str, make: Callable[[Facts], Cell], facts: tuple[Facts, ...]) -> Line:
    cells = tuple(make(one) for one in facts)
    return Line(key, label, cells, len({(cell.text, cell.items) for cell in cells}) > 1)


def _lines() -> Sequence[tuple[str, str, Callable[[Facts], Cell]]]:
    return (
        ("kind", _("Kind"), lambda one: Cell(str(one.listing.get_kind_display()))),
        ("category", _("Category"), lambda one: Cell(str(CATEGORIES.get(one.listing.category, one.listing.category)))),
        ("price", _("Price"), _price),
        ("rating", _("Rating"), _rating),
        ("evidence", _("Evidence"), _health),
        ("runs", _("Runs that succeed"), _runs),
        ("used", _("Workspaces, 30 days"), lambda one: Cell(plain_number(one.listing.workspaces))),
        ("runtime", _("Runs on"), _runtime),
        ("needs", _("Needs"), _needs),
        ("tools", _("Tools"), _tools),
        ("may", _("May"), _may),
        ("hosts", _("Sends to"), lambda one: _many(hosts_of(one.manifest), _("nobody"))),
        ("secrets", _("Secrets"), lambda one: _many([secret.label or secret.name for secret in one.manifest.secrets])),
        ("languages", _("Languages"), lambda one: _many(language_names(one.listing.languages))),
        ("licence", _("Licence"), lambda one: Cell(one.listing.licence or NONE)),
        (
            "publisher",
            _("Publisher"),
            lambda one: Cell(one.listing.publisher.name, kind="publisher", listing=one.listing),
        ),
        ("version", _("Version"), lambda one: Cell(one.listing.current.version if one.listing.current else NONE)),
        ("updated", _("Last version"), _updated),
    )


def _price(one: Facts) -> Cell:
    yours = isinstance(one.package, AssistantPackage)
    return Cell(_("Free, you pay your model") if yours else _("Free"))


def _rating(one: Facts) -> Cell:
    listing = one.listing
    text = f"{listing.rating_mean:.1f} {listing.rating_low:.1f} {listing.rating_high:.1f} {listing.rating_count}"
    return Cell(text, kind="rating", listing=listing)


def _health(one: Facts) -> Cell:
    words = {
        "good": _("Checks pass"), "poor": _("Some checks fail"), "bad": _("Checks fail"),
        "unprobed": _("Not probed"), "unknown": _("Not looked at yet"),
    }  # fmt: skip
    return Cell(words.get(one.listing.health, one.listing.health), kind="health", listing=one.listing)


def _runs(one: Facts) -> Cell:
    if one.row.good is None:
        return Cell(_("fewer than %d runs") % LEAST_RUNS)
    return Cell(_("%(share).1f %% of %(runs)s") % {"share": one.row.good, "runs": one.row.runs})


def _runtime(one: Facts) -> Cell:
    """What must be there for it to run; a remote way comes first."""
    if isinstance(one.package, AssistantPackage):
        words = _("a model of the class %(class)s") % {"class": model_words()[one.package.model]}
        return Cell(_("%(said)s, or the offline one") % {"said": words} if one.package.works_offline else words)
    ways = one.package.transports
    found = [_("its own host")] if any(not isinstance(way, Stdio) for way in ways) else []
    found += list(dict.fromkeys(str(RUNTIMES[way.runtime]) for way in ways if isinstance(way, Stdio)))
    return _many(found)


def _needs(one: Facts) -> Cell:
    return _many([str(NEEDS[need]) for need in one.listing.needs if need in NEEDS], _("nothing"))


def _tools(one: Facts) -> Cell:
    names = [tool.tool for tool in one.manifest.tools]
    if not names:
        return Cell(NONE)
    rest = len(names) - FEW_TOOLS
    shown = names[:FEW_TOOLS] + ([_("and %d more") % rest] if rest > 0 else [])
    return Cell(plain_number(len(names)), tuple(shown), kind="tools")


def _may(one: Facts) -> Cell:
    said = sentences_of(one.manifest)
    return _many([*said.may, *said.asks], NONE)


def _updated(one: Facts) -> Cell:
    version = one.listing.current
    at = version.published_at if version else None
    return Cell(at.date().isoformat() if at else NONE, kind="when" if at else "", listing=one.listing)


def _many(values: Sequence[str], none: str = NONE) -> Cell:
    values = tuple(dict.fromkeys(map(str, values)))
    return Cell(values[0] if len(values) == 1 else "", values if len(values) > 1 else ()) if values else Cell(none)
