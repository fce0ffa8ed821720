"""Listings as rows of a list show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.components.formats import plain_number
from marketplace.catalogue.labels import CATEGORIES
from marketplace.models import Install, Listing

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

NEEDS: dict[str, _StrPromise] = {
    "key": gettext_lazy("needs a key"),
    "oauth": gettext_lazy("needs a sign-in"),
    "model": gettext_lazy("needs a model"),
    "program": gettext_lazy("runs a program"),
}
LEAST_RUNS = 20
"""Below, a share of good runs says nothing."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    listing: Listing
    url: str
    by: str
    verified: bool
    facts: tuple[str, ...]
    """What it does and needs, in a few words each."""
    good: float | None
    """Share of its runs that succeeded, in percent; None where there are too few."""
    installed: bool

    @property
    def runs(self) -> str:
        """How many, in few characters: 9,102 or 412 k."""
        runs = self.listing.runs
        return (
            plain_number(runs) if runs < 100_000 else _("%(thousands)s k") % {"thousands": plain_number(runs // 1000)}
        )

    @property
    def square(self) -> bool:
        """Assistants are squares, servers are round."""
        return self.listing.kind != Listing.Kind.SERVER


def rows_of(listings: Sequence[Listing], user: Any = None) -> list[Row]:
    """`publisher` of each must be loaded. `user`: whose workspaces may have installed them."""
    installed = _installed([listing.pk for listing in listings], user)
    return [
        Row(
            listing=listing,
            url=reverse("marketplace:entry", args=[listing.slug]),
            by=by_line(listing),
            verified=bool(listing.publisher.proof),
            facts=tuple(map(str, _facts(listing))),
            good=100 * listing.runs_ok / listing.runs if listing.runs >= LEAST_RUNS else None,
            installed=listing.pk in installed,
        )
        for listing in listings
    ]


def by_line(listing: Listing) -> str:
    publisher = {"publisher": listing.publisher.name}
    if listing.kind == Listing.Kind.ASSISTANT:
        return _("Assistant by %(publisher)s") % publisher
    if listing.kind == Listing.Kind.SERVER:
        return _("Server by %(publisher)s") % publisher
    return _("%(kind)s by %(publisher)s") % {**publisher, "kind": listing.get_kind_display()}


def _facts(listing: Listing) -> list[object]:
    found: list[object] = []
    if listing.state == Listing.State.DEPRECATED:
        found.append(_("advised against"))
    found += [NEEDS[need] for need in listing.needs if need in NEEDS]
    if listing.offline:
        found.append(_("works offline"))
    if listing.reads_only:
        found.append(_("only reads"))
    elif listing.asks_first:
        found.append(_("asks before it writes"))
    found.append(CATEGORIES.get(listing.category, listing.category))
    return found


def _installed(ids: Sequence[str], user: Any) -> set[str]:
    if not isinstance(user, User):
        return set()
    own = Install.objects.filter(listing__in=ids, removed_at=None, workspace__memberships__user=user)
    return set(own.values_list("listing_id", flat=True))
