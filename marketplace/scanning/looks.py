"""What a picture looks like, in 64 bits: the same for a copy that was scaled, recoloured a little or saved anew."""

from __future__ import annotations

import io

from PIL import Image

WIDTH, HEIGHT = 9, 8
PLAIN = 6
"""Bits that must be set, and not: a picture of one colour looks like every other such one."""


def looks_of(body: bytes) -> int | None:
    """Which of its neighbours each of 64 places is brighter than, as a signed number; None for a plain picture."""
    with Image.open(io.BytesIO(body)) as opened:
        flat = Image.new("RGB", opened.size, "white")
        flat.paste(opened, mask=opened.getchannel("A") if "A" in opened.getbands() else None)
    small = flat.convert("L").resize((WIDTH, HEIGHT), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(HEIGHT):
        for column in range(WIDTH - 1):
            at = row * WIDTH + column
            # A step of two, so that the noise of saving does not count.
            bits = bits << 1 | (small[at] > small[at + 1] + 2)
    if not PLAIN <= bits.bit_count() <= 64 - PLAIN:
        return None
    return bits - (1 << 64) if bits >> 63 else bits
