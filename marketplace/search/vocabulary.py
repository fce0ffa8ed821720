"""The words of the index: how many documents have them, what begins alike, what is written alike."""

# ruff: noqa: S608  # statements are made of what stands here; values travel beside them
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from marketplace.models import SearchWord
from marketplace.search.spelling import best_matches, grams_of, slips_allowed

ABROAD = "~"
"""Begins every lexeme of a translation: `die` of a German text is not that of an English one."""
MOST_COMPLETIONS = 8
MOST_MEANT = 4
Counts = dict[str, int]


def count_words(words: Iterable[str], start: str = "") -> Counts:
    """Documents of each word that anything has, and of the most common words that begin with `start`."""
    sql = "SELECT word, documents FROM marketplace_searchword WHERE word = ANY(%s)"
    return dict(_ask(sql, [list(words)], [start] if start else []))


def words_from(starts: Sequence[str]) -> dict[str, Counts]:
    """The most common words that begin with each of some texts, in any language."""
    rows = _ask("", [], starts)
    return {
        start: {word: count for word, count in rows if word.removeprefix(ABROAD).startswith(start)} for start in starts
    }


def likely_meant(words: Sequence[str], least: int) -> dict[str, list[str]]:
    """Of words that nobody has, those that they are most likely slips of, the likeliest first.

    `least`: documents that must have a word; one alone may have a slip itself.
    """
    grams = {word: grams_of(word) for word in words}
    wanted = sorted({gram for found in grams.values() for gram in found})
    if not wanted:
        return {}
    rows = SearchWord.objects.filter(grams__overlap=wanted, documents__gte=least).values_list("word", "documents")
    known = [(word.removeprefix(ABROAD), count) for word, count in rows]
    found = {}
    for word in words:
        slips = slips_allowed(word)
        alike = (row for row in known if abs(len(row[0]) - len(word)) <= slips)
        found[word] = best_matches(word, alike)[:MOST_MEANT] if grams[word] else []
    return found


def most_beside(words: Sequence[str], others: Sequence[str]) -> str:
    """The word that stands most often in a text with others: `wether forecast` is about weather."""
    sql = """
        SELECT word FROM unnest(%s::text[]) WITH ORDINALITY AS w (word, place), LATERAL (
            SELECT count(*) AS documents FROM (
                SELECT FROM marketplace_searchdocument
                WHERE words @@ (quote_literal(word) || ' & (' || %s || ')')::tsquery LIMIT 100
            ) AS found) AS counted
        ORDER BY documents DESC, place LIMIT 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(words), " | ".join(map(quoted, others))])
        return str(cursor.fetchone()[0])


def quoted(lexeme: str) -> str:
    """A lexeme as it stands in a tsquery."""
    return "'" + lexeme.replace("\\", "").replace("'", "''") + "'"


def _ask(sql: str, values: list[Any], starts: Sequence[str]) -> list[tuple[str, int]]:
    parts = [sql] if sql else []
    for start in starts:
        for mark in ("", ABROAD):
            parts.append(
                "(SELECT word, documents FROM marketplace_searchword WHERE word LIKE %s "
                f"ORDER BY documents DESC LIMIT {MOST_COMPLETIONS})"
            )
            values = [*values, mark + start.replace("_", "\\_") + "%"]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        rows: list[tuple[str, int]] = cursor.fetchall()
    return rows
