"""The one statement that finds candidates by words and by meaning, and gives both measures of each."""

# ruff: noqa: S608  # all that is put into a statement here is made here; values travel beside it
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from core.embedding import Vectors
from marketplace.models.search import TIERS
from marketplace.search.question import Question, Term
from marketplace.search.vocabulary import quoted

BY_WORDS = 200
BY_MEANING = 100
MOST_WEIGHED = 2_000
"""Documents that one question weighs: words that more have are looked for in a tier of the best."""
FEW = 3_000
"""Up to so many documents behind filters, meanings are compared one by one; the graph would find too few of them."""
FIELD_WEIGHTS = "{0.1, 0.4, 0.6, 1.0}"
"""Of readme and tools, summary, tags, name."""
NEAR = 0.5
"""What a completed word counts beside the word itself."""


class Candidate(msgspec.Struct, frozen=True):
    listing: str
    combo: int
    prior: float
    text: float
    """Share of the question that its words say, 0 to 1."""
    meaning: float
    """Cosine; 0 where it has no vector."""


class Filters(msgspec.Struct, frozen=True):
    """`combos` None: no filter. `documents`: how many have one of the combinations."""

    combos: tuple[int, ...] | None = None
    documents: int = 0


def tsquery(question: Question) -> str:
    """What a text must have to be found by words."""
    return " | ".join(
        "(" + " & ".join(f"({any_of(term.all_lexemes())})" for term in way) + ")" for way in question.ways()
    )


def any_of(words: Sequence[str]) -> str:
    return " | ".join(map(quoted, words))


def tier_for(question: Question, filters: Filters, most: int = MOST_WEIGHED) -> int:
    """The widest tier in which about `most` documents or fewer are found."""
    share = filters.documents / max(question.documents, 1) if filters.combos is not None else 1.0
    expected = question.expected() * share
    for tier, size in enumerate((question.documents, *TIERS)):
        if expected * min(1.0, size / max(question.documents, 1)) <= most:
            return tier
    return len(TIERS)


def candidates(question: Question, filters: Filters, vector: Vectors | None, *, words: bool = True) -> list[Candidate]:
    """The best by words and the nearest by meaning, in no order. At most BY_WORDS + BY_MEANING."""
    made = _Statement()
    parts = []
    if words and question.terms:
        made.with_("lexical", _lexical(made, question, filters))
        parts.append("SELECT listing_id FROM lexical")
    if vector is not None:
        made.with_("near", _near(made, vector, filters))
        parts.append("SELECT listing_id FROM near")
    if not parts:
        return []
    text = _text_rank(made, question.terms) if question.terms else "0"
    cosine = f"coalesce(-(m.vector <#> {made.vector(vector)}), 0)" if vector is not None else "0"
    made.sql += f"""
        SELECT d.listing_id, d.combo_id, d.score, {text}, {cosine}
        FROM ({" UNION ".join(parts)}) AS found
        JOIN marketplace_searchdocument AS d USING (listing_id)
        LEFT JOIN marketplace_searchmeaning AS m USING (listing_id)"""
    return [Candidate(*row) for row in run(made)]


def mean_vector(question: Question, best: int) -> list[float] | None:
    """The middle of the vectors of what the words find best."""
    if not question.terms:
        return None
    made = _Statement()
    made.with_("lexical", _lexical(made, question, Filters(), best))
    made.sql += """
        SELECT avg(m.vector)::vector::real[] FROM lexical JOIN marketplace_searchmeaning AS m USING (listing_id)"""
    middle: list[float] | None = run(made)[0][0]
    return middle


class _Statement:
    """SQL in the making, with its values by name."""

    def __init__(self) -> None:
        self.sql = ""
        self.values: dict[str, Any] = {}

    def with_(self, name: str, sql: str) -> None:
        self.sql += f"{', ' if self.sql else 'WITH '}{name} AS MATERIALIZED ({sql})"

    def value(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def vector(self, vector: Vectors) -> str:
        self.values.setdefault("vector", "[" + ",".join(map("{:.5f}".format, vector.tolist())) + "]")
        return "%(vector)s::halfvec"


def run(made: _Statement) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(made.sql, made.values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _lexical(made: _Statement, question: Question, filters: Filters, best: int = BY_WORDS) -> str:
    tier = tier_for(question, filters)
    return f"""
        SELECT listing_id FROM (
            SELECT d.listing_id, d.words, d.score FROM marketplace_searchdocument AS d
            WHERE d.words @@ {made.value(tsquery(question))}::tsquery {f"AND d.tier >= {tier}" if tier else ""}
                {_filter(made, filters)}
            LIMIT {2 * MOST_WEIGHED}
        ) AS d ORDER BY {_text_rank(made, question.terms)} * (0.9 + 0.1 * d.score) DESC LIMIT {best}"""


def _near(made: _Statement, vector: Vectors, filters: Filters) -> str:
    """The graph's own settings are made before it is asked, for this statement alone: it is joined to them."""
    distance = f"m.vector <#> {made.vector(vector)}"
    nearest = f"SELECT m.listing_id FROM marketplace_searchmeaning AS m ORDER BY {distance} LIMIT {BY_MEANING}"
    if filters.combos is not None:
        exact = " + 0" if filters.documents <= FEW else ""
        nearest = f"""
            SELECT m.listing_id FROM marketplace_searchmeaning AS m
            JOIN marketplace_searchdocument AS d USING (listing_id)
            WHERE true {_filter(made, filters)} ORDER BY ({distance}){exact} LIMIT {BY_MEANING}"""
    return f"SELECT listing_id FROM ({_SETTINGS}) AS made, LATERAL ({nearest}) AS nearest WHERE made.ready"


_SETTINGS = f"""
    SELECT set_config('hnsw.ef_search', '{BY_MEANING}', true) IS NOT NULL
        AND set_config('hnsw.iterative_scan', 'relaxed_order', true) IS NOT NULL AS ready OFFSET 0"""


def _filter(made: _Statement, filters: Filters) -> str:
    return "" if filters.combos is None else f"AND d.combo_id = ANY({made.value(list(filters.combos))})"


def _text_rank(made: _Statement, terms: Sequence[Term]) -> str:
    """Share of the question's weight that a document has, by the fields in which it has it."""
    whole = sum(term.weight for term in terms) or 1.0
    return "(" + " + ".join(f"{term.weight / whole:.5f} * {_term_rank(made, term)}" for term in terms) + ")"


def _term_rank(made: _Statement, term: Term) -> str:
    ranks = [(words, factor) for words, factor in ((term.lexemes, 1.0), (term.near, NEAR)) if words]
    each = [
        f"{factor * len(words)} * ts_rank('{FIELD_WEIGHTS}', d.words, {made.value(any_of(words))}::tsquery)"
        for words, factor in ranks
    ]
    return f"least(1, {' + '.join(each)})"


def count_by_combo(question: Question, most: int) -> tuple[dict[int, int], bool]:
    """How many documents of each combination have the words, and True where there are more than `most`.

    Where far more are expected, only a tier is counted: the numbers are then the least that there can be.
    """
    if not question.terms:
        return {}, False
    tier = 0 if question.expected() <= most else tier_for(question, Filters(), most)
    sql = f"""
        SELECT combo_id, count(*) FROM (
            SELECT combo_id FROM marketplace_searchdocument
            WHERE words @@ %s::tsquery {f"AND tier >= {tier}" if tier else ""} LIMIT {most + 1}
        ) AS found GROUP BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [tsquery(question)])
        counts: dict[int, int] = dict(cursor.fetchall())
    return counts, bool(tier) or sum(counts.values()) > most
