"""Pictures are drawn anew: nothing of the file that was sent is kept."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from accounts.permissions import SYSTEM
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from marketplace.services.pictures import MAX_PICTURES, add_picture, arrange_pictures, redrawn, remove_picture
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]


def picture(format: str = "PNG", size: tuple[int, int] = (200, 100), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, format, **more)  # type: ignore[arg-type]
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says that it is 40,000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_what_is_kept_was_drawn_anew(format: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    sent = picture(format, exif=exif) + b"<script>trailing</script>"
    body, width, height = redrawn(sent)
    assert (width, height) == (200, 100)
    assert body[8:12] == b"WEBP"
    assert b"secret place" not in body
    assert b"script" not in body


def test_large_ones_are_made_smaller() -> None:
    _body, width, height = redrawn(picture(size=(3000, 1500)))
    assert (width, height) == (1600, 800)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', b"<?xml version='1.0'?><svg/>",
        picture("GIF"), picture("BMP"), picture("TIFF"), picture()[:80], bomb(), picture(size=(20, 20)),
        b"\0" * (5 * 1024 * 1024 + 1),
    ],
)  # fmt: skip
def test_what_is_no_good_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidProblem):
        redrawn(data)


def test_pictures_of_a_listing_are_added_arranged_and_removed(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    first = add_picture(actor=cast.principal("admin"), listing=listing, data=picture(), alt="The chat")
    second = add_picture(actor=cast.principal("admin"), listing=listing, data=picture(), alt="The record")
    arrange_pictures(actor=SYSTEM, listing=listing, picture_ids=[second.id, first.id])
    assert list(listing.pictures.order_by("position").values_list("id", flat=True)) == [second.id, first.id]
    remove_picture(actor=SYSTEM, picture=second)
    assert list(listing.pictures.values_list("id", "position")) == [(first.id, 0)]
    with pytest.raises(InvalidProblem):
        add_picture(actor=SYSTEM, listing=listing, data=picture(), alt=" ")
    with pytest.raises(PermissionProblem):
        add_picture(actor=cast.principal("member"), listing=listing, data=picture(), alt="Mine")
    for number in range(MAX_PICTURES - 1):
        add_picture(actor=SYSTEM, listing=listing, data=picture(), alt=f"Picture {number}")
    with pytest.raises(ServiceProblem, match="at most"):
        add_picture(actor=SYSTEM, listing=listing, data=picture(), alt="One more")
