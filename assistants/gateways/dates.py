"""Days, weekdays, months and times of day in a message, as people write them in five languages."""

# Some signs that people write look like those of ASCII.
# ruff: noqa: RUF001

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS: dict[str, int] = {}
for _names in (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
):
    MONTHS |= {name: number for number, name in enumerate(_names.split(), 1)}
MONTHS |= {"sept": 9, "jän": 1, "jänner": 1, "fevrier": 2, "aout": 8, "decembre": 12, "maerz": 3}
WEEKDAYS = {
    "monday": r"mondays?|montags?|lundis?|lunes|(?:星期|周|礼拜)一",
    "tuesday": r"tuesdays?|dienstags?|mardis?|martes|(?:星期|周|礼拜)二",
    "wednesday": r"wednesdays?|mittwochs?|mercredis?|miércoles|miercoles|(?:星期|周|礼拜)三",
    "thursday": r"thursdays?|donnerstags?|jeudis?|jueves|(?:星期|周|礼拜)四",
    "friday": r"fridays?|freitags?|vendredis?|viernes|(?:星期|周|礼拜)五",
    "saturday": r"saturdays?|samstags?|sonnabends?|samedis?|sábados?|sabados?|(?:星期|周|礼拜)六",
    "sunday": r"sundays?|sonntags?|dimanches?|domingos?|(?:星期|周|礼拜)[日天]",
}
_RELATIVE = tuple(
    (days, re.compile(rf"(?<![^\W\d_])(?:{latin})(?![^\W\d_])|{chinese}", re.I))
    for days, latin, chinese in (
        (2, "day after tomorrow|übermorgen|après-demain|pasado mañana", "后天"),
        (0, "today|heute|aujourd['’]hui|hoy", "今天"),
        (1, "tomorrow|(?<!heute )(?<!am )morgen|demain|(?<!la )mañana", "明天"),
        (-1, "yesterday|gestern|hier|ayer", "昨天"),
    )
)
_FEASTS = (
    (12, 25, re.compile(r"christmas|weihnachten|noël|navidad|圣诞节?", re.I)),
    (1, 1, re.compile(r"new year(?:['’]s)?(?: day)?|neujahr|nouvel an|año nuevo|元旦", re.I)),
)
_NAME = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_YEAR = r"(?:,?\s+(?:de\s+|del\s+)?(\d{4}))?"
_ORDINAL = r"(?:st|nd|rd|th|er|º|\.)?"
_NUM = r"(?<![\d.,:/-])"
ISO = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w-])", re.A)
_DAY_MONTH = re.compile(rf"{_NUM}(\d{{1,2}}){_ORDINAL}\s+(?:of\s+|de\s+)?({_NAME})\b\.?{_YEAR}", re.I)
_MONTH_DAY = re.compile(rf"\b({_NAME})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?!\d){_YEAR}", re.I)
_DOTTED = re.compile(rf"{_NUM}(\d{{1,2}})\.\s?(\d{{1,2}})\.(?:\s?(\d{{4}}|\d{{2}}))?(?!\d)")
_SLASHED = re.compile(rf"{_NUM}(\d{{1,2}})/(\d{{1,2}})/(\d{{4}})(?!\d)")
_CHINESE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]")
_PERIOD = re.compile(
    r"(?:this|of the|dieses|diese[nrs]?|ce|cette|este|esta|本|这个|这)\s*"
    r"(?P<of>week|woche|semaine|semana|周|month|monats?|mois|mes|月|quarter|quartals?|trimestre|季度|year|jahre?s?|année|año|年)"
    r"(?=\W|$|[\u3400-\u9fff])",
    re.I,
)
_PERIODS = {
    "week": "week woche semaine semana 周",
    "month": "month monat monats mois mes 月",
    "quarter": "quarter quartal quartals trimestre 季度",
    "year": "year jahr jahres jahre année año 年",
}
UNTIL = re.compile(r"\b(?:until|till|to go to|bis|jusqu|hasta)\b|[到离距]|还有", re.I)
SINCE = re.compile(r"\b(?:since|seit|depuis)\b|\bdesde\b(?!.*\bhasta\b)|以来|至今", re.I)


@dataclass(frozen=True)
class Found:
    """A day (ISO 8601, with its time where one stands beside it), and where it stands."""

    value: str
    start: int
    end: int


def find_days(text: str, today: date) -> list[Found]:
    """Every day that the text names, in order."""
    found: list[Found] = []
    for one in sorted(_all(text, today), key=lambda one: (one.start, -one.end)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


def end_of_period(text: str, today: date) -> tuple[date, int, int] | None:
    """The first day after `this quarter` and the like, and where that stands."""
    match = _PERIOD.search(text)
    if match is None:
        return None
    word = match["of"].lower()
    period = next((name for name, words in _PERIODS.items() if word in words.split()), "")
    if period == "week":
        return today + timedelta(days=7 - today.weekday()), match.start(), match.end()
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is None:
        return None
    last = (today.month - 1) // months * months + months
    return date(today.year + last // 12, last % 12 + 1, 1), match.start(), match.end()


def find_weekdays(text: str) -> tuple[list[str], str]:
    """The weekdays that a text names, in the order of a week, and the text without them."""
    found = []
    for name, pattern in WEEKDAYS.items():
        wanted = re.compile(rf"(?<![^\W\d_\u3400-\u9fff])(?:{pattern})(?![^\W\d_\u3400-\u9fff])", re.I)
        if wanted.search(text):
            found.append(name)
            text = wanted.sub(" ", text)
    return found, text


def find_month(text: str) -> int:
    """The number of a month that is named alone; 0 without one."""
    match = re.search(rf"(?<![^\W\d_])({_NAME})(?![^\W\d_])", text, re.I) or re.search(r"(?<!\d)(1[0-2]|[1-9])月", text)
    if match is None or match[1].lower() in ("may", "mar", "mars"):
        return 5 if match is not None and re.search(r"\bin May\b", text) else 0
    return MONTHS.get(match[1].lower()) or int(match[1])


_NTH = re.compile(
    r"(?<![\d.,:/-])(\d{1,2})(?:st|nd|rd|th)\b|\b(?:am|der|den|dem)\s+(\d{1,2})\.(?!\d)|\b(\d{1,2})\.(?=\s|$|\?)|"
    r"\b(?:le|el|día|dia)\s+(\d{1,2})\b(?![:h])|(?<!\d)(\d{1,2})[号日]|\b(?:vendredi|viernes|lundi|lunes|mardi|martes)\s+(\d{1,2})\b",
    re.I,
)


def find_day_of_month(text: str) -> tuple[int, int, int] | None:
    """`the 13th`, `am 13.`, `le 13`, `13号`: the day, and where it stands."""
    for match in _NTH.finditer(text):
        day = int(next(group for group in match.groups() if group))
        if 1 <= day <= 31:
            return day, *match.span(match.lastindex or 0)
    return None


_TIMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\d.:])(\d{1,2}):(\d{2})(?::\d{2})?\s*(am|pm|a\.m\.|p\.m\.)?(?![\d:])", re.I), ""),
    (re.compile(r"(?<![\d.:])(\d{1,2})()\s*(am|pm|a\.m\.|p\.m\.)(?!\w)", re.I), ""),
    (re.compile(r"(?<![\d.:])(\d{1,2})(?:[.:](\d{2}))?\s*Uhr(?:\s+(\d{2}))?", re.I), "uhr"),
    (re.compile(r"(?<![\d.:])(\d{1,2})\s?h(?:eures?)?\s?(\d{2})?(?![\w/])", re.I), ""),
    (re.compile(r"(上午|下午|晚上|早上)?\s*(?<!\d)(\d{1,2})[点點时](半|\d{1,2})?分?"), "zh"),
)


def find_time(text: str) -> tuple[str, int, int] | None:
    """A time of day as HH:MM, and where it stands."""
    for pattern, kind in _TIMES:
        for match in pattern.finditer(text):
            value = _time(match, kind)
            if value:
                return value, match.start(), match.end()
    return None


def _time(match: re.Match[str], kind: str) -> str:
    """Groups are hour, minute and half of the day; `zh` has the half first, `uhr` its minutes in one of two places."""
    groups = [group or "" for group in match.groups()] + [""]
    if kind == "zh":
        groups = [groups[1], "30" if groups[2] == "半" else groups[2], "pm" if groups[0] in ("下午", "晚上") else ""]
    elif kind == "uhr":
        groups = [groups[0], groups[1] or groups[2], ""]
    hour, minute, half = int(groups[0]), int(groups[1] or 0), groups[2].replace(".", "").lower()
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


def _all(text: str, today: date) -> Iterator[Found]:
    for match in ISO.finditer(text):
        yield Found(match[0].replace(" ", "T"), match.start(), match.end())
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_DAY_MONTH, lambda one: _day(today, one[3], MONTHS[one[2].lower()], one[1])),
        (_MONTH_DAY, lambda one: _day(today, one[3], MONTHS[one[1].lower()], one[2])),
        (_DOTTED, lambda one: _day(today, one[3], one[2], one[1])),
        (_SLASHED, lambda one: _slashed(today, one)),
        (_CHINESE, lambda one: _day(today, one[1], one[2], one[3])),
    )
    for pattern, read in readers:
        for match in pattern.finditer(text):
            value = read(match)
            if value:
                yield Found(value, match.start(), match.end())
    for month, number, pattern in _FEASTS:
        for match in pattern.finditer(text):
            yield Found(_day(today, None, month, number), match.start(), match.end())
    for days, pattern in _RELATIVE:
        for match in pattern.finditer(text):
            yield Found((today + timedelta(days=days)).isoformat(), match.start(), match.end())


def _slashed(today: date, match: re.Match[str]) -> str:
    """Which of both is the month is known only where the other cannot be one."""
    first, second = int(match[1]), int(match[2])
    if first > 12:
        return _day(today, match[3], second, first)
    return _day(today, match[3], first, second) if second > 12 or first == second else ""


def _day(today: date, year: str | None, month: int | str, day: int | str) -> str:
    """Without a year the next such day."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)).isoformat()
        found = date(today.year, int(month), min(int(day), calendar.monthrange(today.year, int(month))[1]))
        return (found if found >= today else found.replace(year=today.year + 1)).isoformat()
    except (ValueError, IndexError):
        return ""
