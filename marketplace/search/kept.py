"""What every search needs of the whole index, kept in memory until the index says that it has moved."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from marketplace.models import SearchCombo, SearchState
from marketplace.search.facets import ALL_OF, FACETS

Values = frozenset[str]
Chosen = Mapping[str, tuple[str, ...]]
"""Facet values by facet: {"kind": ("server",)}."""


class Kept(msgspec.Struct, frozen=True):
    generation: int
    documents: int
    combos: Mapping[int, Values]
    """Facet values of each combination, as `kind:server`."""
    counts: Mapping[int, int]

    def fitting(self, chosen: Chosen, without: str = "") -> set[int]:
        """The combinations that have what is chosen, one facet left aside."""
        tests = [
            (name in ALL_OF, {f"{name}:{value}" for value in values})
            for name, values in chosen.items()
            if values and name != without
        ]
        return {
            combo
            for combo, has in self.combos.items()
            if all(wanted <= has if every else not wanted.isdisjoint(has) for every, wanted in tests)
        }

    def facets(self, chosen: Chosen, counts: Mapping[int, int]) -> dict[str, dict[str, int]]:
        """How many would be left by each value, given documents by combination.

        A facet of which any value may hold leaves its own choice aside; of the others, a value adds to what is chosen.
        """
        found: dict[str, dict[str, int]] = {}
        here = self.fitting(chosen)
        for name, (_, labels) in FACETS.items():
            base = here if name in ALL_OF or not chosen.get(name) else self.fitting(chosen, without=name)
            left = dict.fromkeys(labels, 0)
            for combo in base & counts.keys():
                for value in self.combos[combo]:
                    facet, _, key = value.partition(":")
                    if facet == name and key in left:
                        left[key] += counts[combo]
            found[name] = left
        return found


_lock = threading.Lock()
_kept: Kept | None = None


def kept() -> Kept:
    """As the index stands. One small query, and a second one when it has moved."""
    global _kept
    row = SearchState.objects.filter(id=1).values_list("generation", "documents").first() or (0, 0)
    found = _kept
    if found is None or (found.generation, found.documents) != row:
        rows = list(SearchCombo.objects.filter(documents__gt=0).values_list("id", "key", "documents"))
        found = Kept(
            generation=row[0],
            documents=row[1],
            combos={combo: frozenset(key.split("|")) for combo, key, _ in rows},
            counts={combo: documents for combo, _, documents in rows},
        )
        with _lock:
            _kept = found
    return found
