"""Numbers with units, times with a zone, money with its currency."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.components.html import EMPTY

NBSP = "\u00a0"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_AGO = ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h"), (5_184_000, 86_400, "d"))


def _united(number: str, unit: str) -> SafeString:
    if not unit:
        return format_html('<span class="num">{}</span>', number)
    return format_html('<span class="num">{}<span class="unit">{}{}</span></span>', number, NBSP, unit)


def plain_number(value: float | Decimal, digits: int | None = None) -> str:
    """Grouped by thousands. Without `digits` a fraction keeps what it needs, two places at most."""
    if digits is None:
        digits = 0 if float(value).is_integer() else len(f"{float(value):.2f}".rstrip("0").partition(".")[2])
    return number_format(round(Decimal(str(value)), digits), decimal_pos=digits, force_grouping=True)


def number(value: float | Decimal | None, unit: str = "", digits: int | None = None) -> SafeString:
    """48,429 or 98.1 %. None is said in words."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return format_html('<span class="quiet">{}</span>', _("none"))
    return _united(plain_number(value, digits), unit)


def duration_parts(ms: float) -> tuple[str, str]:
    """Milliseconds to 10 s (0.01 at least), then seconds, minutes, hours, days: (number, unit)."""
    if 0 < ms < 0.095:
        return plain_number(max(round(ms, 2), 0.01)), "ms"
    if ms < 9.95:
        return plain_number(round(ms, 1)), "ms"
    if ms < 9_999.5:
        return plain_number(round(ms)), "ms"
    for limit, divisor, unit in ((120_000, 1000, "s"), (7_200_000, 60_000, "min"), (172_800_000, 3_600_000, "h")):
        if ms < limit:
            return plain_number(round(ms / divisor)), unit
    return plain_number(round(ms / 86_400_000)), "d"


def plain_duration(ms: float) -> str:
    return NBSP.join(duration_parts(ms))


def duration(ms: float | timedelta | None) -> SafeString:
    """A duration in milliseconds, or a timedelta."""
    if ms is None:
        return EMPTY
    return _united(*duration_parts(ms.total_seconds() * 1000 if isinstance(ms, timedelta) else float(ms)))


def byte_parts(count: int) -> tuple[str, str]:
    """Decimal units: 312 B, 3.1 kB, 412 kB, 1.2 MB."""
    if count < 1000:
        return plain_number(count), "B"
    size = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5 or unit == "TB":
            return plain_number(round(size, 1 if size < 99.95 else 0)), unit
    raise AssertionError


def byte_size(count: int | None) -> SafeString:
    return EMPTY if count is None else _united(*byte_parts(count))


def plain_price(micros: int, currency: str) -> str:
    """Integer micro-units of a currency as people write it: $3, $0.02, CHF 1.50."""
    amount = Decimal(micros) / 1_000_000
    digits = 0 if amount == amount.to_integral() else max(2, -int(amount.normalize().as_tuple().exponent))
    text = number_format(abs(amount), decimal_pos=digits, force_grouping=True)
    sign = "\u2212" if micros < 0 else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{currency}{NBSP}{text}"


def price(micros: int, currency: str = "USD", per: str = "", zero: str | None = None) -> SafeString:
    """A price; nothing to pay is Free, or what `zero` says."""
    if micros == 0:
        return format_html("{}", _("Free") if zero is None else zero)
    text = plain_price(micros, currency)
    return format_html('<span class="num">{}</span>', f"{text} / {per}" if per else text)


def ago(moment: datetime, now: datetime) -> str:
    """4 min ago, in 2 d; more than sixty days away it is the date."""
    seconds = (now - moment).total_seconds()
    for limit, divisor, unit in _AGO:
        if abs(seconds) < limit:
            count = int(abs(seconds) // divisor)
            if unit == "s" and count < 5:
                return _("now")
            amount = f"{count}{NBSP}{unit}"
            return _("%(amount)s ago") % {"amount": amount} if seconds >= 0 else _("in %(amount)s") % {"amount": amount}
    return date_format(timezone.localtime(moment), "j M Y")


def _short(local: datetime, now: datetime) -> str:
    here = timezone.localtime(now)
    if local.date() == here.date():
        return date_format(local, "H:i")
    return date_format(local, "j M, H:i" if local.year == here.year else "j M Y")


def _clock(local: datetime, now: datetime) -> str:
    """To the second today; an older moment needs its day more than its seconds."""
    today = local.date() == timezone.localtime(now).date()
    return date_format(local, "H:i:s") if today else _short(local, now)


def exact(moment: datetime) -> str:
    """The moment to the second in the person's zone and in UTC, for the hover."""
    utc = date_format(moment.astimezone(UTC), "j M Y, H:i:s") + " UTC"
    local = timezone.localtime(moment)
    if local.utcoffset() == timedelta(0):
        return utc
    zone = timezone.get_current_timezone_name()
    return f"{date_format(local, 'j M Y, H:i:s')} {zone} · {utc}"


def when(
    moment: datetime | None, style: str = "short", never: str | None = None, now: datetime | None = None
) -> SafeString:
    """A moment in the person's zone, exact and in UTC on hover. Styles: short, ago, time, date, full."""
    if moment is None:
        return format_html('<span class="quiet">{}</span>', _("never") if never is None else never)
    if timezone.is_naive(moment):
        moment = moment.replace(tzinfo=UTC)
    now = now or timezone.now()
    local = timezone.localtime(moment)
    text = {
        "short": lambda: _short(local, now),
        "ago": lambda: ago(moment, now),
        "time": lambda: _clock(local, now),
        "date": lambda: date_format(local, "j M Y"),
        "full": lambda: f"{date_format(local, 'j M Y, H:i')} {local.tzname() or ''}".strip(),
    }[style]()
    iso = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', iso, exact(moment), text)
