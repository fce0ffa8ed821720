import time
from datetime import UTC, datetime, timedelta

import pytest

from core import ids
from core.clock import now
from core.ids import id_time, is_id, new_id


def test_an_id_has_its_prefix_and_twenty_six_lower_case_characters() -> None:
    value = new_id("srv")
    prefix, _, rest = value.partition("_")
    assert prefix == "srv"
    assert len(rest) == 26
    assert set(rest) <= set(ids.ALPHABET)
    assert is_id(value)
    assert is_id(value, "srv")
    assert not is_id(value, "hub")


def test_ids_made_in_a_row_sort_in_the_order_they_were_made() -> None:
    made = [new_id("call") for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_do_not_go_back_when_the_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    first = new_id("call")
    past = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(ids.time, "time_ns", lambda: past)
    assert new_id("call") > first


def test_ids_stay_sorted_when_the_random_part_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    new_id("call")
    monkeypatch.setattr(ids, "_last_ms", time.time_ns() // 1_000_000 + 10_000)
    monkeypatch.setattr(ids, "_last_random", (1 << 80) - 1)
    before = "call_" + ids._encode((ids._last_ms << 80) | ids._last_random)
    assert new_id("call") > before
    monkeypatch.setattr(ids, "_last_ms", 0)


def test_the_time_of_an_id_is_when_it_was_made() -> None:
    made = id_time(new_id("srv"))
    assert abs(now() - made) < timedelta(seconds=15)
    assert made.tzinfo is UTC
    assert id_time("srv_" + ids._encode(1_700_000_000_123 << 80)) == datetime(2023, 11, 14, 22, 13, 20, 123000, UTC)


@pytest.mark.parametrize(
    "value", ["", "srv", "srv_", "srv_123", "srv_" + "u" * 26, "SRV_" + "0" * 26, "srv_" + "8" * 26]
)
def test_what_is_not_an_id_is_refused(value: str) -> None:
    assert not is_id(value)
    with pytest.raises(ValueError, match="not an id"):
        id_time(value)
