"""Foreign texts, made to fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_REPOSITORY = re.compile(
    r"(?:https?://|git\+https://|git://)?(?:www\.)?(github\.com|gitlab\.com|bitbucket\.org)/([\w.-]+)"
)


def clean(text: object) -> str:
    """Without control characters and invisible direction marks; "" for what is no text."""
    return _CONTROL.sub("", text).strip() if isinstance(text, str) else ""


def line(text: object, most: int) -> str:
    """One line of at most `most` characters, cut at a word."""
    return cut(" ".join(clean(text).split()), most)


def cut(text: str, most: int) -> str:
    """At most `most` characters; what is cut ends in an ellipsis, at a word where one is near."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    word = head.rsplit(" ", 1)[0]
    return (word if len(word) > most // 2 else head).rstrip(" ,;:-") + "…"


def tag_list(values: object, most: int = 12) -> tuple[str, ...]:
    """Lower-case tags of at most 40 characters, each once."""
    found = [line(value, 200).lower().strip("#") for value in values] if isinstance(values, list) else []
    return tuple(dict.fromkeys(tag for tag in found if 0 < len(tag) <= 40))[:most]


def slug_of(text: str, most: int = 70) -> str:
    """Lower-case ASCII letters and digits with hyphens; may be empty (a name in Chinese alone)."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    joined: str = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", ""))
    return joined.strip("-")[:most].strip("-")


def letters_of(name: str) -> str:
    """Two letters for the bullet: initials, else the first two."""
    words = re.findall(r"[A-Za-z0-9]+", unicodedata.normalize("NFKD", name)) or ["X"]
    pair: str = words[0][0] + words[1][0] if len(words) > 1 else (words[0] + "X")[:2]
    return pair.upper()


def web_address(value: object, most: int = 500) -> str:
    """An http(s) address, or "" for anything else."""
    text = clean(value)
    if not text.startswith(("https://", "http://")) or len(text) > most or any(c.isspace() for c in text):
        return ""
    try:
        return text if urlsplit(text).hostname else ""
    except ValueError:
        return ""


def owner_of(address: str) -> tuple[str, str]:
    """Host and owner of a repository or profile (`github.com`, `someone`), or the host alone, or two empty texts."""
    match = _REPOSITORY.match(address)
    if match:
        return match[1], match[2]
    try:
        host = (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return "", ""
    return host, ""


def repository_key(address: str) -> str:
    """`github.com/owner/name` in lower case without `.git`, the same for every way to write the address; else ""."""
    match = re.match(_REPOSITORY.pattern + r"/([\w.-]+)", address)
    return f"{match[1]}/{match[2]}/{match[3].removesuffix('.git')}".lower() if match else ""


def first_text(values: Iterable[object]) -> str:
    """The first that says something."""
    return next((text for text in map(clean, values) if text), "")
