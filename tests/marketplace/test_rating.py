"""What holds of the number, whatever people write."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.rating import (
    BURST,
    LEAST,
    PADDING,
    REASONS,
    Ballot,
    Rating,
    judge,
    mean_of_market,
    rate,
    recency_of,
    trust_of,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MARKET = 4.1


def ballot(number: int, stars: int = 5, *, ago: float = 0, age: float = 400, **values: object) -> Ballot:
    """One of somebody whom nothing connects with the others."""
    written = NOW - timedelta(days=ago)
    plain = {
        "id": f"rev_{number:05}", "stars": stars, "written": written, "founded": written - timedelta(days=age),
        "days": 10, "people": frozenset({f"usr_{number}"}), "network": f"network {number}".encode(),
    }  # fmt: skip
    return Ballot(**(plain | values))  # type: ignore[arg-type]


def rated(ballots: list[Ballot], market: float = MARKET) -> Rating:
    return rate(ballots, judge(ballots, NOW), market)


BALLOTS = st.lists(
    st.builds(
        lambda stars, ago, age, days, person, network, related, suspended, state, was: (
            stars, ago, age, days, person, network, related, suspended, state, was,
        ),
        st.integers(1, 5), st.floats(0, 2000), st.floats(0, 800), st.integers(2, 60), st.integers(0, 30),
        st.sampled_from([b"", b"a", b"b", b"c"]), st.booleans(), st.booleans(),
        st.sampled_from(["shown"] * 6 + ["held", "removed", "withdrawn"]), st.sampled_from(["", "network", "burst"]),
    ),
    max_size=60,
).map(
    lambda rows: [
        ballot(
            number, stars, ago=ago, age=age, days=days, people=frozenset({f"usr_{person}"}), network=network,
            related=related, suspended=suspended, state=state, was=was,
        )
        for number, (stars, ago, age, days, person, network, related, suspended, state, was) in enumerate(rows)
    ]
)  # fmt: skip
PLAIN = st.lists(st.integers(1, 5), max_size=80).map(
    lambda given: [ballot(number, stars) for number, stars in enumerate(given)]
)


@given(BALLOTS)
def test_every_review_counts_or_has_a_reason(ballots: list[Ballot]) -> None:
    verdicts = judge(ballots, NOW)
    assert verdicts.keys() == {one.id for one in ballots}
    for one in verdicts.values():
        assert (one.weight > 0) != (one.left_out in REASONS)
        assert 0 <= one.weight <= 1


@given(BALLOTS, st.floats(1, 5))
def test_the_number_lies_in_its_range_and_on_the_scale(ballots: list[Ballot], market: float) -> None:
    result = rated(ballots, market)
    assert result.count == sum(result.stars)
    if result.count < LEAST:
        assert (result.mean, result.low, result.high) == (0, 0, 0)
    else:
        assert 1 <= result.low <= result.mean <= result.high <= 5
        assert result.low < result.high
        assert min(result.own, market) - 0.01 <= result.mean <= max(result.own, market) + 0.01


@given(BALLOTS, st.randoms(use_true_random=False))
def test_the_order_in_which_reviews_are_read_does_not_matter(ballots: list[Ballot], dice: random.Random) -> None:
    mixed = ballots[:]
    dice.shuffle(mixed)
    assert judge(mixed, NOW) == judge(ballots, NOW)
    assert rated(mixed) == rated(ballots)


@given(BALLOTS, st.integers(1, 40))
def test_a_later_review_never_silences_an_earlier_one(ballots: list[Ballot], number: int) -> None:
    ordered = sorted(ballots, key=lambda one: (one.written, one.id))
    fewer = judge(ordered[:number], NOW)
    more = judge(ordered, NOW)
    assert {id: more[id] for id in fewer} == fewer


@given(PLAIN, st.integers(0, 79))
def test_one_more_star_never_lowers_the_number(ballots: list[Ballot], at: int) -> None:
    if not ballots:
        return
    at %= len(ballots)
    better = [*ballots]
    better[at] = replace(better[at], stars=min(5, better[at].stars + 1))
    assert rated(better).mean >= rated(ballots).mean


@given(PLAIN, st.integers(1, 1000), st.integers(1, 5))
@settings(max_examples=30)
def test_many_from_one_network_move_it_as_little_as_one(ballots: list[Ballot], many: int, stars: int) -> None:
    crowd = [ballot(1000 + number, stars, network=b"the same", age=number % 300) for number in range(many)]
    assert rated([*ballots, *crowd]).mean == rated([*ballots, crowd[0]]).mean
    assert rated([*ballots, *crowd]).count == len(ballots) + 1


@given(PLAIN, st.integers(1, 300), st.integers(1, 5))
@settings(max_examples=30)
def test_a_publishers_ring_does_not_move_it(ballots: list[Ballot], many: int, stars: int) -> None:
    ring = [ballot(1000 + number, stars, related=True) for number in range(many)]
    mixed = rated([*ballots, *ring])
    assert replace(mixed, left_out={}) == rated(ballots)
    assert mixed.left_out == {"publisher": many}


def test_a_thousand_that_share_a_person_count_once() -> None:
    crowd = [ballot(number, 1, people=frozenset({f"usr_{number}", "usr_owner"})) for number in range(1000)]
    assert rated(crowd).count == 1


def test_new_workspaces_that_come_at_once_count_up_to_ten() -> None:
    crowd = [ballot(number, 5, ago=number / 1000, age=3) for number in range(500)]
    assert rated(crowd).count == BURST
    assert rated(crowd).left_out == {"burst": 490}
    settled = [ballot(number, 5, ago=number / 1000, age=60) for number in range(500)]
    assert rated(settled).count == 500


def test_a_network_counts_again_after_its_time_and_stays_left_out_once_forgotten() -> None:
    rows = [ballot(1, ago=200, network=b"n"), ballot(2, ago=111, network=b"n"), ballot(3, ago=10, network=b"n")]
    assert [judge(rows, NOW)[one.id].left_out for one in rows] == ["", "network", ""]
    forgotten = [replace(one, network=b"", was=judge(rows, NOW)[one.id].left_out) for one in rows]
    assert [judge(forgotten, NOW)[one.id].left_out for one in forgotten] == ["", "network", ""]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"state": "held"}, "held"),
        ({"state": "removed"}, "removed"),
        ({"state": "withdrawn"}, "removed"),
        ({"related": True}, "publisher"),
        ({"suspended": True}, "suspended"),
    ],
)
def test_why_one_is_left_out(values: dict[str, object], reason: str) -> None:
    one = ballot(1, **values)  # type: ignore[arg-type]
    assert judge([one], NOW)[one.id].left_out == reason
    assert rated([one]).left_out == ({} if reason == "removed" else {reason: 1})


def test_no_number_below_ten() -> None:
    nine = [ballot(number, 5) for number in range(9)]
    assert rated(nine) == Rating(9, 5.0, stars=(0, 0, 0, 0, 9))
    assert rated([*nine, ballot(9, 5)]).mean == pytest.approx((10 * 5 + PADDING * MARKET) / 30, abs=0.01)


def test_the_example_of_the_manual() -> None:
    """212 ratings of settled workspaces, 131 of them with five stars."""
    given = [5] * 131 + [4] * 52 + [3] * 17 + [2] * 7 + [1] * 5
    result = rated([ballot(number, stars) for number, stars in enumerate(given)])
    assert (result.count, result.own, result.mean) == (212, 4.4, 4.38)
    assert (result.low, result.high) == (4.27, 4.48)


def test_weights_fall_with_age_and_rise_with_use() -> None:
    assert recency_of(NOW, NOW) == 1
    assert recency_of(NOW - timedelta(days=364), NOW) == pytest.approx(0.5, abs=0.01)
    assert recency_of(NOW - timedelta(days=9999), NOW) == 0.1
    assert trust_of(ballot(1, age=0, days=2), NOW) == pytest.approx(0.4)
    assert trust_of(ballot(1, age=90, days=10), NOW) == pytest.approx(1)
    old, new = ballot(1, 1, ago=900), ballot(2, 1)
    verdicts = judge([old, new], NOW)
    assert verdicts[old.id].weight < verdicts[new.id].weight == 1


def test_the_mean_of_the_market_begins_at_four() -> None:
    assert mean_of_market(0, 0) == 4
    assert mean_of_market(20, 100) == 4.5
    assert mean_of_market(100_000, 410_000) == 4.1


def test_the_range_holds_nine_of_ten() -> None:
    """Listings whose true means differ as the added ratings suppose: their range holds it in at least 90 %."""
    dice, held = random.Random(7), 0
    for _ in range(600):
        true = min(4.9, max(1.1, dice.gauss(MARKET, 1 / sqrt(PADDING))))
        rows = [ballot(number, 1 + sum(dice.random() < (true - 1) / 4 for _ in range(4))) for number in range(25)]
        result = rated(rows)
        held += result.low <= true <= result.high
    assert held / 600 >= 0.9
