"""Listings of others that a listing could be taken for, or was copied from."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Length, Reverse
from django.utils.translation import gettext as _

from marketplace.models import Listing, ListingVersion
from marketplace.packages import AssistantPackage, Package
from marketplace.scanning.findings import Finding
from marketplace.scanning.shingles import bands_of, likeness, shingles_of
from marketplace.scanning.skeleton import distance, skeleton

LEAST = 5
"""Letters of a name that a slip of the finger may turn into another: shorter ones differ by one letter all the time."""
EDGE = 3
MOST_NEAR = 5_000
LEAST_COPIED = 200
"""Characters of instructions below which equal ones are no copy."""
HELD, TOLD = 0.8, 0.5
"""Of the runs of words that two instructions share: from here on it is held back, from there on it is looked at."""
MOST_ALIKE = 100
"""Instructions that are read whole and compared."""


def find_likeness(listing: Listing, name: str, package: Package, version: ListingVersion | None) -> list[Finding]:
    """Findings about names and instructions of other publishers. A handful of queries, all by index."""
    found = [*_same_names(listing, name), *_near_names(listing, name)][:1]
    if isinstance(package, AssistantPackage) and version and len(package.instructions) >= LEAST_COPIED:
        found += list(_copies(listing, version)) or list(_near_copies(listing, package.instructions))
    return found


def _others(listing: Listing) -> QuerySet[Listing]:
    shown = Listing.objects.filter(state__in=(*Listing.SHOWN, Listing.State.QUARANTINE), published_at__isnull=False)
    return shown.exclude(publisher=listing.publisher_id).exclude(pk=listing.pk).select_related("publisher")


def _same_names(listing: Listing, name: str) -> Iterator[Finding]:
    looks = skeleton(name)
    for other in _others(listing).filter(skeleton=looks).order_by("-score", "id")[:1]:
        if other.name.casefold() == name.casefold():
            sentence = _("%(other)s by %(publisher)s has the same name.")
        else:
            sentence = _("It looks like %(other)s by %(publisher)s, in other letters.")
        yield _name_finding("impersonation", "block", sentence, other)


def _near_names(listing: Listing, name: str) -> Iterator[Finding]:
    looks = skeleton(name)
    if len(looks) < LEAST:
        return
    rows = _others(listing).annotate(size=Length("skeleton"), back=Reverse("skeleton"))
    edges = Q(skeleton__startswith=looks[:EDGE]) | Q(back__startswith=looks[::-1][:EDGE])
    near = rows.filter(edges, size__gte=len(looks) - 1, size__lte=len(looks) + 1).values_list("pk", "skeleton")
    ids = [pk for pk, other in near[:MOST_NEAR] if other != looks and distance(looks, other, 1) <= 1]
    for other in rows.filter(pk__in=ids).order_by("-score", "id")[:1]:
        trusted = bool(other.publisher.proof) or other.workspaces >= 10
        sentence = _("Its name is one letter away from %(other)s by %(publisher)s.")
        yield _name_finding(
            "impersonation" if trusted else "similar_name", "block" if trusted else "warn", sentence, other
        )


def _name_finding(code: str, severity: str, sentence: str, other: Listing) -> Finding:
    said = sentence % {"other": other.name, "publisher": other.publisher.name}
    return Finding(code=code, severity=severity, where="name", sentence=said)  # type: ignore[arg-type]


def _copies(listing: Listing, version: ListingVersion) -> Iterator[Finding]:
    copies = ListingVersion.objects.filter(copy_hash=version.copy_hash, listing__published_at__isnull=False)
    others = copies.exclude(listing__publisher=listing.publisher_id).select_related("listing__publisher")
    for other in others.order_by("created_at", "id")[:1]:
        yield Finding(
            code="copied",
            severity="block",
            where="instructions",
            sentence=_("The instructions are those of %(other)s by %(publisher)s.")
            % {"other": other.listing.name, "publisher": other.listing.publisher.name},
        )


def _near_copies(listing: Listing, instructions: str) -> Iterator[Finding]:
    """The likest of those of others that share a band: words were changed here and there, or put around."""
    bands, mine = bands_of(instructions), shingles_of(instructions)
    rows = ListingVersion.objects.filter(copy_bands__overlap=bands, listing__published_at__isnull=False)
    rows = rows.exclude(listing__publisher=listing.publisher_id).order_by("created_at", "id")
    texts = rows.annotate(said=KeyTextTransform("instructions", "package")).values_list("pk", "said")[:MOST_ALIKE]
    found = [(likeness(mine, shingles_of(said)), pk) for pk, said in texts if said and len(said) >= LEAST_COPIED]
    share, nearest = max(found, key=lambda one: one[0], default=(0.0, ""))
    if share < TOLD:
        return
    other = ListingVersion.objects.select_related("listing__publisher").get(pk=nearest)
    yield Finding(
        code="near_copy",
        severity="block" if share >= HELD else "warn",
        where="instructions",
        sentence=_("%(share)d %% of the instructions are those of %(other)s by %(publisher)s.")
        % {
            "share": round(share * 100),
            "other": other.listing.name,
            "publisher": other.listing.publisher.name,
        },
    )
