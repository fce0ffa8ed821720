"""The cache: there with Redis, empty without it, never a reason to fail."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache, caches
from django.test import Client

from core.cache import TolerantRedisCache
from tests.cast import PASSWORD, Cast


@pytest.fixture
def away() -> TolerantRedisCache:
    return TolerantRedisCache("redis://127.0.0.1:1/0", {})


def test_with_redis_it_keeps_things() -> None:
    cache.set("a", 1)
    assert cache.get("a") == 1
    assert cache.add("a", 2) is False
    assert cache.incr("a") == 2
    assert cache.get_many(["a", "b"]) == {"a": 2}
    assert cache.delete("a") is True


def test_without_redis_it_is_empty(away: TolerantRedisCache) -> None:
    expected: list[tuple[Any, Any]] = [
        (away.get("a", "default"), "default"),
        (away.add("a", 1), True),
        (away.touch("a"), False),
        (away.delete("a"), False),
        (away.get_many(["a"]), {}),
        (away.has_key("a"), False),
        (away.incr("a", 3), 3),
        (away.set_many({"a": 1}), []),
    ]
    for found, wanted in expected:
        assert found == wanted
    away.set("a", 1)
    away.delete_many(["a"])


def test_people_sign_in_while_redis_is_away(
    cast: Cast, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, away: TolerantRedisCache
) -> None:
    monkeypatch.setattr(caches._connections, "default", away, raising=False)  # type: ignore[attr-defined]
    assert caches["default"] is away
    began = time.monotonic()
    answer = Client().post("/accounts/login/", {"login": "member@example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/enter/")
    assert time.monotonic() - began < 10
