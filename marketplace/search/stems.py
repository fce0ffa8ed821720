"""Stems by the snowball dictionaries of Postgres, kept in memory: words of all listings are some hundred thousand."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

DICTIONARIES = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "it": "italian",
    "nl": "dutch", "ru": "russian", "tr": "turkish", "sv": "swedish", "da": "danish", "nb": "norwegian",
    "no": "norwegian", "fi": "finnish", "hu": "hungarian", "ro": "romanian", "el": "greek", "ar": "arabic",
    "id": "indonesian", "hi": "hindi", "ca": "catalan",
}  # fmt: skip
"""Languages that Postgres stems; texts in others are searched by their plain words."""
ASKED = ("en", "de", "fr", "es")
"""Languages that a question is tried in."""
MOST_KEPT = 400_000

Stem = str | None
_kept: dict[str, dict[str, Stem]] = {}


def language_of(tag: str) -> str:
    """The part of a BCP 47 tag that says how words are stemmed: `de-AT` is `de`."""
    return tag.partition("-")[0].lower()


def stems_of(words: Iterable[str], language: str) -> dict[str, Stem]:
    """The stem of each word; the word itself where the language has no dictionary, None for one that says nothing."""
    if language not in DICTIONARIES:
        return {word: word for word in words}
    wanted = dict.fromkeys(words)
    kept = _kept.setdefault(language, {})
    missing = [word for word in wanted if word not in kept]
    if missing:
        if len(kept) + len(missing) > MOST_KEPT:
            kept.clear()
            missing = list(wanted)
        kept.update(_ask(missing, language))
    return {word: kept[word] for word in wanted}


def _ask(words: list[str], language: str) -> dict[str, Stem]:
    sql = "SELECT word, ts_lexize(%s::regdictionary, word) FROM unnest(%s::text[]) AS word"
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"{DICTIONARIES[language]}_stem", words])
        return {word: _first(word, lexemes) for word, lexemes in cursor.fetchall()}


def _first(word: str, lexemes: list[str] | None) -> Stem:
    if lexemes is None:
        return word
    return lexemes[0] if lexemes else None
