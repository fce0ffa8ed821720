"""Texts as vectors of meaning, with the real weights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from core import embedding
from core.embedding import DIMENSIONS, embed, embed_query, ensure_model


def test_rows_have_length_one_and_the_order_of_the_texts() -> None:
    texts = ["a long text about databases and how to ask them " * 9, "cats", "", "what time is it in Tokyo"]
    rows = embed(texts)
    assert rows.shape == (4, DIMENSIONS)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    for row, text in zip(rows, texts, strict=True):
        assert np.array_equal(row, embed([text])[0])


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("what time is it in Tokyo", "Current time in a city and time zone", "Review a pull request"),
        ("write an advert", "Marketing copywriter for campaigns", "Kubernetes cluster manager"),
        ("my code crashes", "Debugging assistant for programmers", "Recipes for dinner"),
    ],
)
def test_likeness_follows_meaning(query: str, near: str, far: str) -> None:
    asked, *rows = embed([query, near, far])
    assert asked @ rows[0] > asked @ rows[1] + 0.1


def test_a_query_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    first = embed_query("kept for the next")
    monkeypatch.setattr(embedding, "embed", None)
    assert embed_query("kept for the next") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


def test_a_missing_model_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, model_dir=tmp_path / "models"))
    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(lambda _: ensure_model(), range(2)))
    assert len(made) == 1
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [".lock", embedding.FILE]
