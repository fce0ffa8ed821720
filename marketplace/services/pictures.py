"""Pictures of a listing: read with care, drawn anew, and only what was drawn is kept."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.permissions import INSTALLATION, require
from core.decision import Principal
from core.errors import InvalidProblem, ServiceProblem
from marketplace.models import Listing, ListingPicture
from marketplace.scanning.hidden import find_hidden
from marketplace.scanning.looks import looks_of
from marketplace.scanning.parts import Part
from marketplace.scanning.poison import find_poison
from marketplace.scanning.secret_texts import find_secrets
from marketplace.services.lifecycle import locked_listing
from marketplace.services.listings import record_event_of, require_listing
from marketplace.states import L

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 1_600
"""Pixels of the longer side that is kept."""
MIN_SIDE = 64
MAX_PICTURES = 8
MAX_ALT = 200
_BROKEN = (
    UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)  # fmt: skip
"""What the library raises over files that are broken or made to hurt."""


def add_picture(*, actor: Principal, listing: Listing, data: bytes, alt: str) -> ListingPicture:
    """Add a PNG, JPEG or WebP. It is kept as WebP without anything that was not to be seen. Raises InvalidProblem.

    One of a verified publisher is shown at once when the scan finds nothing; all others wait for the operator.
    """
    require_listing(actor, listing.publisher, listing)
    alt = " ".join(alt.split())
    if not alt or len(alt) > MAX_ALT or "\0" in alt:
        raise InvalidProblem(_("Say in a few words what the picture shows."), field="alt")
    body, width, height = redrawn(data)
    looks = looks_of(body)
    with transaction.atomic():
        listing = locked_listing(listing)
        if listing.state == L.REMOVED:
            raise ServiceProblem(_("The listing was removed."), code="state")
        taken = listing.pictures.count()
        if taken >= MAX_PICTURES:
            raise ServiceProblem(_("A listing has at most %d pictures.") % MAX_PICTURES, code="limit")
        picture = ListingPicture(
            listing=listing, position=taken, alt=alt, media_type="image/webp", width=width, height=height, body=body,
            looks=looks,
        )  # fmt: skip
        picture.state, picture.state_reason = _judged(picture)
        picture.save(force_insert=True)
        record_event_of(actor, listing, "listing.changed", {"fields": ["pictures"]})
    return picture


def decide_picture(*, actor: Principal, picture: ListingPicture, show: bool, note: str = "") -> ListingPicture:
    """The operator's word on one that waits, or a change of mind. A refusal needs a note, which its publisher reads."""
    require(actor, "operator.manage", INSTALLATION)
    note = note.strip()[:500]
    if not show and not note:
        raise InvalidProblem(_("Say why."), field="note")
    with transaction.atomic():
        listing = locked_listing(picture.listing)
        found = ListingPicture.objects.select_for_update().defer("body").filter(pk=picture.pk).first()
        if found is None:
            raise ServiceProblem(_("The picture was removed meanwhile."), code="gone")
        found.state = ListingPicture.State.SHOWN if show else ListingPicture.State.REFUSED
        found.state_reason = "" if show else note
        found.save(update_fields=["state", "state_reason", "updated_at"])
        found.listing = listing
        data = {"picture": found.id, "alt": found.alt} | ({"note": note} if note else {})
        record_event_of(actor, listing, "listing.picture_shown" if show else "listing.picture_refused", data)
    return found


def _judged(picture: ListingPicture) -> tuple[str, str]:
    """Whether it is shown at once, else why it waits."""
    part = Part("alt", "text", picture.alt)
    for finding in (*find_secrets(part), *find_hidden(part), *find_poison(part)):
        return ListingPicture.State.WAITING, finding.sentence
    listing = picture.listing
    if picture.looks is not None:
        alike = ListingPicture.objects.filter(looks=picture.looks).exclude(listing__publisher=listing.publisher_id)
        other = alike.select_related("listing").defer("body").order_by("id").first()
        if other is not None:
            return ListingPicture.State.WAITING, _now("It looks like a picture of %s.") % other.listing.name
    if listing.publisher.proof and listing.publisher.suspended_at is None:
        return ListingPicture.State.SHOWN, ""
    return ListingPicture.State.WAITING, ""


def remove_picture(*, actor: Principal, picture: ListingPicture) -> None:
    require_listing(actor, picture.listing.publisher, picture.listing)
    with transaction.atomic():
        listing = locked_listing(picture.listing)
        listing.pictures.filter(pk=picture.pk).delete()
        for position, left in enumerate(listing.pictures.order_by("position", "id").defer("body")):
            ListingPicture.objects.filter(pk=left.pk).update(position=position)
        record_event_of(actor, listing, "listing.changed", {"fields": ["pictures"]})


def arrange_pictures(*, actor: Principal, listing: Listing, picture_ids: Sequence[str]) -> None:
    """Set their order. Raises InvalidProblem unless each is named once."""
    require_listing(actor, listing.publisher, listing)
    with transaction.atomic():
        listing = locked_listing(listing)
        known = set(listing.pictures.values_list("pk", flat=True))
        if len(picture_ids) != len(known) or set(picture_ids) != known:
            raise InvalidProblem(_("Name every picture once."), field="pictures")
        for position, id in enumerate(picture_ids):
            ListingPicture.objects.filter(pk=id).update(position=position)
        record_event_of(actor, listing, "listing.changed", {"fields": ["pictures"]})


def redrawn(data: bytes) -> tuple[bytes, int, int]:
    """WebP bytes, width and height of a picture that somebody sent. Raises InvalidProblem with what is wrong."""
    if len(data) > MAX_BYTES:
        raise InvalidProblem(_("Use a picture of at most 5 MB."), field="picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _drawn(data)
    except InvalidProblem:
        raise
    except _BROKEN as problem:
        raise InvalidProblem(_("This is not a whole PNG, JPEG or WebP picture."), field="picture") from problem


def _drawn(data: bytes) -> tuple[bytes, int, int]:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise InvalidProblem(_("Use a picture of at most 25 million pixels."), field="picture")
        if min(width, height) < MIN_SIDE:
            raise InvalidProblem(_("Use a picture of at least 64 pixels each way."), field="picture")
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        plain = upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
    plain.thumbnail((MAX_SIDE, MAX_SIDE))
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    fresh.save(out, "WEBP", quality=84, method=4)
    return out.getvalue(), *fresh.size
