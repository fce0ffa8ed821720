"""The picture that stands beside a link to a listing elsewhere: 1200 x 630 PNG, drawn with our own fonts and tokens."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.core.cache import cache
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from marketplace.models import Listing
from marketplace.selectors.rows import by_line

SIZE = (1200, 630)
PAPER, SHEET, INK, INK_2, RULE, ACCENT = "#faf9f5", "#ffffff", "#211f1a", "#55524a", "#e0ddd4", "#1e4fb4"
FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
MARGIN = 88
KEPT_S = 7 * 24 * 3600
LEAST_RATINGS = 10
FORMAT = "1"


def card_png(listing: Listing) -> bytes:
    """Drawn once for what it says. `publisher` must be loaded."""
    said = (FORMAT, listing.kind, listing.letters, listing.name, listing.summary, by_line(listing), _rated(listing))
    name = "card:" + hashlib.md5("\0".join(said).encode(), usedforsecurity=False).hexdigest()
    found = cache.get(name)
    if not isinstance(found, bytes):
        found = draw(listing)
        cache.set(name, found, KEPT_S)
    return found


def draw(listing: Listing) -> bytes:
    said = Card(listing.letters, by_line(listing), _rated(listing) or "Crossroads", listing.name, listing.summary)
    return _draw(said, round=listing.kind == Listing.Kind.SERVER)


@dataclass(frozen=True)
class Card:
    """A picture of something that is no listing: what stands in the square, two lines beside it, title and text."""

    letters: str
    above: str
    below: str
    title: str
    text: str


def plain_card_png(card: Card) -> bytes:
    """Drawn once for what it says."""
    said = (FORMAT, card.letters, card.above, card.below, card.title, card.text)
    name = "card:" + hashlib.md5("\0".join(said).encode(), usedforsecurity=False).hexdigest()
    found = cache.get(name)
    if not isinstance(found, bytes):
        found = _draw(card)
        cache.set(name, found, KEPT_S)
    return found


def _draw(card: Card, *, round: bool = False) -> bytes:
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, SIZE[1] - 12, SIZE[0], SIZE[1]), fill=ACCENT)
    _bullet(pen, card.letters, round)
    _text(pen, (MARGIN + 152, MARGIN + 10), card.above, _font("inter", 32), INK_2, 1, 900)
    _text(pen, (MARGIN + 152, MARGIN + 58), card.below, _font("inter", 32), INK_2, 1, 900)
    below = _text(pen, (MARGIN, 260), card.title, _font("schibsted-grotesk", 68), INK, 2, SIZE[0] - 2 * MARGIN)
    _text(pen, (MARGIN, below + 18), card.text, _font("inter", 34), INK_2, 3, SIZE[0] - 2 * MARGIN)
    body = io.BytesIO()
    picture.save(body, "PNG", optimize=True)
    return body.getvalue()


def _bullet(pen: ImageDraw.ImageDraw, letters: str, round: bool) -> None:
    """Round is a server, square anything else."""
    box = (MARGIN, MARGIN, MARGIN + 112, MARGIN + 112)
    if round:
        pen.ellipse(box, fill=SHEET, outline=INK_2, width=4)
    else:
        pen.rounded_rectangle(box, 12, fill=SHEET, outline=RULE, width=3)
    pen.text((MARGIN + 56, MARGIN + 56), letters, INK, _font("inter", 42), anchor="mm")


def _rated(listing: Listing) -> str:
    if listing.rating_count < LEAST_RATINGS:
        return ""
    return f"{listing.rating_mean:.1f} ({listing.rating_low:.1f} to {listing.rating_high:.1f}, {listing.rating_count})"


def _text(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, font: FreeTypeFont, colour: str, lines: int, width: int
) -> int:
    """Draw at most `lines` lines; where the next one would stand."""
    height = int(font.size * 1.28)
    rows = wrapped(text, font, width, lines)
    for number, row in enumerate(rows):
        pen.text((at[0], at[1] + number * height), row, colour, font)
    return at[1] + len(rows) * height


def wrapped(text: str, font: FreeTypeFont, width: int, lines: int) -> list[str]:
    """Lines no wider than `width`, the last one cut with an ellipsis where there is more."""
    rows: list[str] = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and font.getlength(longer) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    cut = len(rows) > lines or font.getlength(rows[-1]) > width
    rows = rows[:lines]
    last = rows[-1]
    while cut and last and font.getlength(last + "…") > width:
        last = last[:-1]
    return [*rows[:-1], last.rstrip() + "…" if cut else last]


@lru_cache(maxsize=8)
def _font(name: str, size: int) -> FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{name}.woff2", size)
