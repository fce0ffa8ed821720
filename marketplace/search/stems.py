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
    return stems_in(words, (language,))[language]


def stems_in(words: Iterable[str], languages: Iterable[str]) -> dict[str, dict[str, Stem]]:
    """The same in several languages, with one question to Postgres at most."""
    wanted, languages = list(dict.fromkeys(words)), tuple(languages)
    known = [language for language in languages if language in DICTIONARIES]
    for language in known:
        if len(_kept.setdefault(language, {})) > MOST_KEPT:
            _kept[language] = {}
    missing = [(word, language) for language in known for word in wanted if word not in _kept[language]]
    if missing:
        _learn(missing)
    return {
        language: {word: _kept[language][word] for word in wanted} if language in known else {w: w for w in wanted}
        for language in languages
    }


def _learn(missing: list[tuple[str, str]]) -> None:
    sql = """
        SELECT word, language, ts_lexize((dictionary || '_stem')::regdictionary, word)
        FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked (word, language, dictionary)"""
    words, languages = zip(*missing, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(words), list(languages), [DICTIONARIES[language] for language in languages]])
        for word, language, lexemes in cursor.fetchall():
            _kept[language][word] = _first(word, lexemes)


def _first(word: str, lexemes: list[str] | None) -> Stem:
    if lexemes is None:
        return word
    return lexemes[0] if lexemes else None
