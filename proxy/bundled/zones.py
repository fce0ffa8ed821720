"""Times and dates: zones, conversions, differences, and when something comes next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta, field

from proxy.bundled.toolbox import Gives, Takes, Toolbox, ToolProblem

toolbox = Toolbox()

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ZoneName = Annotated[str, Meta(description="An IANA zone such as Europe/Berlin, or UTC", max_length=64)]
_MAX_DAYS_AHEAD = 366 * 12


@cache
def zone_names() -> list[str]:
    """Zones that people mean: not the aliases of old, nor the ones for machines."""
    hidden = ("posix/", "right/", "SystemV/", "Etc/")
    return sorted(
        name for name in available_timezones() if ("/" in name or name == "UTC") and not name.startswith(hidden)
    )


def zone_of(name: str) -> ZoneInfo:
    """Raises ToolProblem, with close names, for a zone that does not exist."""
    known = {one.lower(): one for one in (*zone_names(), "UTC", "GMT")}
    found = known.get(name.strip().lower().replace(" ", "_"))
    if found is not None:
        return ZoneInfo(found)
    close = _matching(name)[:3]
    hint = f" Did you mean {', '.join(close)}?" if close else " find_time_zones finds zones by a part of the name."
    raise ToolProblem(f"There is no time zone called {name!r}.{hint}")


def _matching(query: str) -> list[str]:
    words = re.findall(r"[a-z]+", query.lower())
    return [name for name in zone_names() if all(word in name.lower() for word in words)] if words else zone_names()


class Moment(Gives):
    """One moment in one zone."""

    zone: str
    time: Annotated[str, Meta(description="ISO 8601 with the offset")]
    weekday: str
    offset: Annotated[str, Meta(description="From UTC, such as +09:00")]
    daylight_saving: bool
    unix: Annotated[int, Meta(description="Seconds since 1970")]


def moment(when: datetime) -> Moment:
    offset = when.strftime("%z")
    return Moment(
        zone=str(when.tzinfo),
        time=when.isoformat(timespec="seconds"),
        weekday=_WEEKDAYS[when.weekday()],
        offset=f"{offset[:3]}:{offset[3:5]}",
        daylight_saving=bool(when.dst()),
        unix=int(when.timestamp()),
    )


class CurrentTime(Takes):
    zone: ZoneName = "UTC"


@toolbox.tool("Current time", idempotent=False)
def current_time(asked: CurrentTime) -> Moment:
    """The time now in a time zone, with weekday, offset from UTC and whether daylight saving is on."""
    return moment(datetime.now(zone_of(asked.zone)))


class ConvertTime(Takes):
    time: Annotated[str, Meta(description="HH:MM for today, or an ISO 8601 date and time", max_length=40)]
    to: Annotated[
        str | Annotated[list[str], Meta(min_length=1, max_length=20)],
        Meta(description="The zone or zones to convert to"),
    ]
    from_: ZoneName = field(default="UTC", name="from")


class ConvertedTime(Gives):
    source: Moment
    results: list[Moment]
    note: Annotated[str, Meta(description="What is special about this time, such as a clock change; else empty")] = ""


@toolbox.tool("Convert a time")
def convert_time(asked: ConvertTime) -> ConvertedTime:
    """Convert a time from one zone to others, clock changes considered. A time with an offset of its own keeps it."""
    source, note = _parsed(asked.time, zone_of(asked.from_))
    targets = [asked.to] if isinstance(asked.to, str) else asked.to
    results = [moment(source.astimezone(zone_of(name))) for name in targets]
    return ConvertedTime(source=moment(source), results=results, note=note)


def _parsed(text: str, zone: ZoneInfo) -> tuple[datetime, str]:
    text = text.strip()
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text):
        text = f"{datetime.now(zone).date().isoformat()}T{text.zfill(5 if text.count(':') == 1 else 8)}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ToolProblem(f"{text!r} is no time. Write 14:30, or 2026-03-29T14:30.") from None
    if found.tzinfo is not None:
        return found, ""
    found = found.replace(tzinfo=zone)
    try:
        there_and_back = found.astimezone(UTC).astimezone(zone)
    except OverflowError:
        raise ToolProblem(f"{text!r} is too far away to convert.") from None
    if there_and_back.replace(tzinfo=None) != found.replace(tzinfo=None):
        return there_and_back, f"{text} does not exist in {zone}: the clock is set forward then."
    if found.utcoffset() != found.replace(fold=1).utcoffset():
        return found, f"{text} happens twice in {zone}, when the clock is set back; the first one is meant."
    return found, ""


class FindTimeZones(Takes):
    query: Annotated[str, Meta(description="A part of the name, such as a city; empty lists all", max_length=80)] = ""
    limit: Annotated[int, Meta(ge=1, le=600)] = 50


class FoundTimeZones(Gives):
    total: Annotated[int, Meta(description="How many match")]
    zones: list[Moment]


@toolbox.tool("Find time zones", idempotent=False)
def find_time_zones(asked: FindTimeZones) -> FoundTimeZones:
    """Find time zones by a part of their name, with the time there now."""
    names = _matching(asked.query)
    now = datetime.now(UTC)
    return FoundTimeZones(total=len(names), zones=[moment(now.astimezone(ZoneInfo(n))) for n in names[: asked.limit]])


class DateDifference(Takes):
    start: Annotated[str, Meta(description="An ISO 8601 date, or date and time", max_length=40)]
    end: Annotated[str, Meta(description="An ISO 8601 date, or date and time", max_length=40)]
    zone: ZoneName = "UTC"


class DatesApart(Gives):
    """Negative throughout when the end lies before the start."""

    years: int
    months: int
    days: int
    hours: int
    minutes: int
    seconds: int
    total_days: float
    total_seconds: float
    weekdays: Annotated[
        int, Meta(description="Mondays to Fridays from the start's date up to, not including, the end's")
    ]


@toolbox.tool("Difference between dates")
def date_difference(asked: DateDifference) -> DatesApart:
    """How far two dates or times lie apart: in calendar years, months and days, in all, and in weekdays."""
    zone = zone_of(asked.zone)
    start, end = (_parsed(text, zone)[0].astimezone(zone) for text in (asked.start, asked.end))
    sign = 1 if end >= start else -1
    first, last = sorted((start, end))
    months = _whole_months(first, last)
    rest = last - _months_later(first, months)
    hours, seconds = divmod(rest.seconds, 3600)
    total = (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()
    return DatesApart(
        years=sign * (months // 12),
        months=sign * (months % 12),
        days=sign * rest.days,
        hours=sign * hours,
        minutes=sign * (seconds // 60),
        seconds=sign * (seconds % 60),
        total_days=total / 86_400,
        total_seconds=total,
        weekdays=sign * _weekdays_between(first.date(), last.date()),
    )


def _whole_months(first: datetime, last: datetime) -> int:
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - 1 if _months_later(first, months) > last else months


def _months_later(when: datetime, months: int) -> datetime:
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    for day in range(when.day, 27, -1):
        try:
            return when.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue  # the month is shorter
    return when.replace(year=year, month=month + 1)


def _weekdays_between(first: date, last: date) -> int:
    weeks, rest = divmod((last - first).days, 7)
    return weeks * 5 + sum((first.weekday() + day) % 7 < 5 for day in range(rest))


class NextOccurrence(Takes):
    time: Annotated[str, Meta(description="HH:MM", pattern=r"^\d{1,2}:\d{2}$")] = "00:00"
    zone: ZoneName = "UTC"
    weekdays: Annotated[list[Weekday], Meta(description="Only on these days; empty for every day")] = []
    day_of_month: Annotated[int, Meta(ge=0, le=31, description="Only on this day of the month; 0 for every day")] = 0
    month: Annotated[int, Meta(ge=0, le=12, description="Only in this month; 0 for every month")] = 0
    after: Annotated[str, Meta(description="ISO 8601; empty for now", max_length=40)] = ""
    count: Annotated[int, Meta(ge=1, le=50)] = 1


class Occurrence(Moment):
    seconds_until: Annotated[int, Meta(description="From `after`, or from now")]


class Occurrences(Gives):
    occurrences: list[Occurrence]


@toolbox.tool("Next occurrence", idempotent=False)
def next_occurrence(asked: NextOccurrence) -> Occurrences:
    """When a time comes next: each day, on some weekdays, on a day of the month, or once a year."""
    zone = zone_of(asked.zone)
    after = _parsed(asked.after, zone)[0] if asked.after else datetime.now(zone)
    try:
        at = time.fromisoformat(asked.time.zfill(5))
    except ValueError:
        raise ToolProblem(f"{asked.time!r} is no time of day. Write 09:30.") from None
    found: list[Occurrence] = []
    for when in _days(asked, after.astimezone(zone), at, zone):
        one = moment(when)
        until = int((when.astimezone(UTC) - after.astimezone(UTC)).total_seconds())
        found.append(
            Occurrence(
                zone=one.zone, time=one.time, weekday=one.weekday, offset=one.offset,
                daylight_saving=one.daylight_saving, unix=one.unix, seconds_until=until,
            )
        )  # fmt: skip
        if len(found) == asked.count:
            break
    if not found:
        raise ToolProblem("There is no such day in the next twelve years.")
    return Occurrences(occurrences=found)


def _days(asked: NextOccurrence, after: datetime, at: time, zone: ZoneInfo) -> Iterator[datetime]:
    for ahead in range(_MAX_DAYS_AHEAD):
        try:
            day = after.date() + timedelta(days=ahead)
            # There and back, so that a time which a clock change skips becomes the one after it.
            when = datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
        except OverflowError:
            return
        fits = not asked.weekdays or _WEEKDAYS[day.weekday()] in asked.weekdays
        fits = fits and asked.day_of_month in (0, day.day) and asked.month in (0, day.month)
        if fits and when > after:
            yield when
