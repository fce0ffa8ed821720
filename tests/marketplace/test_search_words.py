"""Texts taken apart, slips measured: what needs no store."""

from __future__ import annotations

import pytest

from marketplace.search.spelling import best_matches, distance, grams_of
from marketplace.search.words import fold, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café São-Paulo", ["cafe", "sao", "paulo"]),
        ("FastAPI und Größe", ["fastapi", "fast", "api", "und", "grosse"]),
        ("GitHub", ["github", "git", "hub"]),
        ("C++, C# and .NET", ["cplusplus", "csharp", "and", "dotnet"]),
        ("塔罗牌 tarot", ["塔罗", "罗牌", "tarot"]),
        ("レシピ", ["レシ", "シピ"]),
        ("翻", ["翻"]),
        ("snake_case x" + "y" * 60, ["snake", "case"]),
        ("\uff21\uff22\uff23", ["abc"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


def test_fold_keeps_what_is_a_letter_of_its_own() -> None:
    assert fold("Ё й ガ") == "\u0435 й ガ"


@pytest.mark.parametrize(
    ("a", "b", "slips"),
    [("obsidain", "obsidian", 1), ("kuberntes", "kubernetes", 1), ("postgress", "postgres", 1), ("a", "abcdef", 3)],
)
def test_distance(a: str, b: str, slips: int) -> None:
    assert distance(a, b, 2) == slips
    assert distance(b, a, 2) == slips


def test_a_slip_is_taken_for_the_most_common_of_its_neighbours() -> None:
    known = [("weather", 50), ("whether", 90), ("wetter", 3), ("feather", 500), ("leather", 900)]
    assert best_matches("wether", known)[0] == "whether"
    assert "weather" in best_matches("wether", known)
    assert "feather" not in best_matches("wether", known)


def test_a_word_goes_before_its_stem() -> None:
    assert best_matches("stabel", [("stabl", 23), ("stable", 23)])[0] == "stable"


@pytest.mark.parametrize("word", ["abc", "2024", "塔罗", "x" * 30, "a1b2c3"])
def test_what_nobody_mistypes_has_no_grams(word: str) -> None:
    assert grams_of(word) == []
