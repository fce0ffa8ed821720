"""What is counted over the whole index: facets, words, and which documents are the best."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction

from core.clock import now as clock_now
from marketplace.models import SearchCombo, SearchState
from marketplace.models.search import TIERS
from marketplace.search.spelling import grams_of
from marketplace.search.vocabulary import ABROAD

SMALL = 50_000
"""Up to so many documents all is counted after each change; beyond, by a timer."""
WORDS_AGAIN = timedelta(hours=6)
WORDS_GROWN = 1.1


def combo_ids(keys: Iterable[str]) -> dict[str, int]:
    """The ids of combinations, made where they are new."""
    wanted = sorted(set(keys))
    found = dict(SearchCombo.objects.filter(key__in=wanted).values_list("key", "id"))
    if missing := [key for key in wanted if key not in found]:
        SearchCombo.objects.bulk_create([SearchCombo(key=key) for key in missing], ignore_conflicts=True)
        found |= dict(SearchCombo.objects.filter(key__in=missing).values_list("key", "id"))
    return found


def recount(*, now: bool = False) -> bool:
    """Count documents by combination and set the tiers. With very many documents only when asked to (`now`)."""
    state = search_state()
    if state.documents > SMALL and not now:
        _touch()
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COMBOS)
        cursor.execute("SELECT count(*) FROM marketplace_searchdocument")
        documents = cursor.fetchone()[0]
        _set_tiers()
        SearchState.objects.filter(id=1).update(documents=documents)
        _touch()
    return True


def recount_words(*, now: bool = False) -> bool:
    """Count in how many documents each word is. Reads every document, so it waits until enough has changed."""
    state = search_state()
    grown = max(state.documents, 1) / max(state.words_documents, 1)
    old = state.words_at is None or clock_now() - state.words_at > WORDS_AGAIN
    if not (now or old or state.documents <= SMALL or not 1 / WORDS_GROWN < grown < WORDS_GROWN):
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WORDS)
        counted = cursor.fetchall()
        cursor.execute("DELETE FROM marketplace_searchword")
        with cursor.copy("COPY marketplace_searchword (word, documents, grams) FROM STDIN") as copy:
            for word, documents in counted:
                copy.write_row((word, documents, grams_of(word.removeprefix(ABROAD))))
        SearchState.objects.filter(id=1).update(words_at=clock_now(), words_documents=state.documents)
        _touch()
    return True


def search_state() -> SearchState:
    return SearchState.objects.get_or_create(id=1)[0]


def _touch() -> None:
    """Let every process read again what it keeps in memory."""
    # By chance, not counted up: a database that was restored has another number, too.
    SearchState.objects.filter(id=1).update(generation=secrets.randbits(62))


def _set_tiers() -> None:
    """The best documents by score. Rows whose tier stays are not written."""
    with connection.cursor() as cursor:
        cursor.execute(_TIERS, {"wide": TIERS[0], "best": TIERS[1]})


_COMBOS = """
    WITH counted AS (SELECT combo_id AS id, count(*) AS documents FROM marketplace_searchdocument GROUP BY 1)
    UPDATE marketplace_searchcombo AS c SET documents = coalesce(n.documents, 0)
    FROM marketplace_searchcombo AS o LEFT JOIN counted AS n USING (id)
    WHERE c.id = o.id AND c.documents <> coalesce(n.documents, 0)"""

_WORDS = """
    SELECT word, ndoc FROM ts_stat('SELECT words FROM marketplace_searchdocument')
    WHERE length(word) <= 40"""

_TIERS = """
    WITH best AS (
        SELECT listing_id, row_number() OVER (ORDER BY score DESC, listing_id DESC) AS place
        FROM (SELECT listing_id, score FROM marketplace_searchdocument
              ORDER BY score DESC, listing_id DESC LIMIT %(wide)s) AS first
    ), placed AS (
        SELECT listing_id, CASE WHEN place <= %(best)s THEN 2 ELSE 1 END AS tier FROM best
        UNION ALL
        SELECT listing_id, 0 FROM marketplace_searchdocument AS d
        WHERE tier > 0 AND NOT EXISTS (SELECT FROM best WHERE best.listing_id = d.listing_id)
    )
    UPDATE marketplace_searchdocument AS d SET tier = placed.tier
    FROM placed WHERE d.listing_id = placed.listing_id AND d.tier <> placed.tier"""
