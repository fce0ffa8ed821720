"""The pieces that a message is made of, as `filling` looks for them: patterns, words that only ask, zones, numbers."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)(?:[eE][-+]?\d+)?(?!\w)")
QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|„([^“”]+)[“”]|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)")
DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?\b")
TIME = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\s*(am|pm)?\b", re.I)
TOLD = re.compile(r"\s*((?:[^\s:]+\s+){0,7}[^\s:]+)\s*:\s+(\S.*)", re.S)
"""`count the words: …`: at most eight words that say what to do, then what to do it to."""
URL = re.compile(r"https?://[^\s<>\"']+")
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
ZONE = re.compile(r"\b[A-Z][A-Za-z]+(?:/[A-Z][\w+-]+){1,2}\b|\bUTC\b|\bGMT\b")
PAIR = re.compile(
    r"([-+]?\d+(?:[.,]\d+)?)?\s*([^\W\d][\w°/²³]*)\s+(?:to|in|into|nach|zu|en|à)\s+([^\W\d][\w°/²³]*)", re.I
)
FORMULA = re.compile(
    r"(?:(?<![\w.])(?:\d[\d.,]*(?:[eE][-+]?\d+)?|(?:pi|e|sqrt|sin|cos|tan|log|ln|exp|abs|min|max|round)(?![\w]))"
    r"|\*\*|[-+*/^%()!,]|\s)+"
)
SHARE = re.compile(r"(\d[\d.,]*)\s*(?:%|percent|Prozent)\s+(?:of|von|de)\s+(?=[\d(])", re.I)
LEAD = re.compile(
    r"^\s*(?:please\s+|can you\s+|could you\s+)*(?:what(?:'s| is| are)|search(?: for)?|find(?: me)?|look up|look for|"
    r"show(?: me)?|tell me|give me|get(?: me)?|list|calculate|compute|evaluate|count|summari[sz]e|read|open|"
    r"suche(?: nach)?|zeige?(?: mir)?|was ist|berechne)\b[\s:]*",
    re.I,
)
SAID = r"\s*(?:=|:|\bis\b)?\s*(?:\"([^\"]+)\"|“([^”]+)”|(?<=[=:]\s)(\S+)|(?<=[=:])(\S+)|([-+]?\d[\d.,]*))"
DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1, "heute": 0, "morgen": 1, "gestern": -1}
JSON = re.compile(r"\{.*\}|\[.*\]", re.S)
MARKS = " \t\n?!,;:.…"
DAY_NAMES = ("date", "day", "since", "until", "deadline")
ENDS = ("start", "end", "from", "to", "begin")
FROM = ("from", "from_unit", "source", "source_unit", "from_zone", "from_timezone", "from_tz")
TO = ("to", "to_unit", "target", "target_unit", "to_zone", "to_timezone", "to_tz")
TEXTS = ("text", "content", "body", "message", "input", "query", "q", "question", "prompt", "term", "expression")
FILLERS = frozenset(
    WORD.findall(
        "a an the this that these those it its of for to in on at by with and or is are be my me i we you your please "
        "can could would will should do does did how what which who when where why many much some any following word "
        "words text texts string phrase message need want der die das ein eine von für zu mit und ist wie viele bitte"
    )
)
TAILS = frozenset(WORD.findall("with in to as of for using please from into by the a an"))


def wish_of(text: str) -> str:
    """What is to be done, without what it is to be done to: quoted texts, JSON, and what stands behind a colon."""
    bare = JSON.sub(" ", QUOTED.sub(" ", text))
    found = TOLD.match(bare)
    wish = found[1] if found else bare
    return wish if WORD.search(wish) else text


def as_number(raw: str, *, whole: bool) -> int | float | None:
    text = raw.strip().rstrip(".,")
    text = text.replace(",", "") if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", text) else text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return None if whole else value


def stem(word: str) -> str:
    """The same for `line` and `lines`, `count` and `counting`."""
    for ending in ("ing", "es", "ed", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return word.removesuffix(ending)
    return word


def is_zone(name: str) -> bool:
    parts = name.lower().split("_")
    return "zone" in parts or "tz" in parts or any(part.startswith("timezone") for part in parts)


@lru_cache(maxsize=1)
def known_zones() -> Mapping[str, str]:
    """Every zone by its name and by its city, in lower case."""
    names = sorted(zoneinfo.available_timezones())
    cities = {name.rpartition("/")[2].lower(): name for name in names if "/" in name and not name.startswith("Etc/")}
    return cities | {name.lower(): name for name in names}
