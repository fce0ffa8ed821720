"""Numbers carry units, times a zone, money its currency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from core.components import formats

NOW = datetime(2025, 11, 23, 9, 45, 12, tzinfo=UTC)


def said(html: str) -> str:
    return strip_tags(html).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0.4, "0.4 ms"),
        (9.96, "10 ms"),
        (184, "184 ms"),
        (1318, "1,318 ms"),
        (9999.6, "10 s"),
        (44_000, "44 s"),
        (190_000, "3 min"),
        (7_300_000, "2 h"),
        (260_000_000, "3 d"),
        (0, "0 ms"),
    ],
)
def test_a_duration_takes_the_unit_that_reads_best(ms: float, text: str) -> None:
    assert said(formats.duration(ms)) == text


def test_a_timedelta_is_a_duration_too() -> None:
    assert said(formats.duration(timedelta(seconds=44))) == "44 s"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (3140, "3.1 kB"),
        (412_000, "412 kB"),
        (999_600, "1 MB"),
        (5 * 10**13, "50 TB"),
    ],
)
def test_a_size_is_decimal(count: int, text: str) -> None:
    assert said(formats.byte_size(count)) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(48429, "", "48,429"), (98.1, "%", "98.1 %"), (99.96, "%", "99.96 %"), (100.0, "%", "100 %"), (None, "%", "none")],
)
def test_a_number_is_grouped_and_keeps_its_unit(value: float | None, unit: str, text: str) -> None:
    assert said(formats.number(value, unit)) == text


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (0, "USD", "Free"),
        (3_000_000, "USD", "$3"),
        (20_000, "USD", "$0.02"),
        (1_500_000, "CHF", "CHF 1.50"),
        (11_500, "EUR", "€0.0115"),
        (-2_000_000, "USD", "\u2212$2"),
    ],
)
def test_a_price_is_written_from_micro_units(micros: int, currency: str, text: str) -> None:
    assert said(formats.price(micros, currency)) == text


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=2), "now"),
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(minutes=4, seconds=50), "4 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 d ago"),
        (timedelta(days=-3), "in 3 d"),
        (timedelta(days=90), "25 Aug 2025"),
    ],
)
def test_ago_says_how_long(back: timedelta, text: str) -> None:
    assert said(formats.when(NOW - back, "ago", now=NOW)) == text


def test_a_moment_is_shown_in_the_persons_zone_and_exact_on_hover() -> None:
    with timezone.override("Europe/Zurich"):
        html = formats.when(NOW, now=NOW)
    assert said(html) == "10:45"
    assert 'datetime="2025-11-23T09:45:12Z"' in html
    assert "23 Nov 2025, 10:45:12 Europe/Zurich · 23 Nov 2025, 09:45:12 UTC" in html


def test_in_utc_the_hover_says_it_once() -> None:
    with timezone.override("UTC"):
        assert 'title="23 Nov 2025, 09:45:12 UTC"' in formats.when(NOW, "full", now=NOW)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "09:45"),
        (NOW - timedelta(days=1), "22 Nov, 09:45"),
        (NOW - timedelta(days=400), "19 Oct 2024"),
        (None, "never"),
    ],
)
def test_short_says_no_more_than_needed(moment: datetime | None, text: str) -> None:
    with timezone.override("UTC"):
        assert said(formats.when(moment, now=NOW)) == text
