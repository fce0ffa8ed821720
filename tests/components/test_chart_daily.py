"""Bars by day: complete, to scale, readable without seeing them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from core.components.charts import Daily, daily

DAYS = [date(2026, 11, 1) + timedelta(days=number) for number in range(3)]


def test_bars_are_to_scale_with_what_failed_at_the_foot() -> None:
    drawn = daily(Daily(DAYS, [10, 0, 5], "Runs", failed=[5, 0, 0], failed_what="Errors"))
    heights = [(css, float(height)) for css, height in re.findall(r'class="(b2|bf)"[^>]* height="([\d.]+)"', drawn)]
    assert heights == [("b2", 28.5), ("bf", 28.5), ("b2", 28.5)]
    assert "<title>1 Nov: Runs 10, Errors 5</title>" in drawn


def test_the_days_before_share_the_scale_and_are_told_in_the_table() -> None:
    drawn = daily(Daily(DAYS, [1, 2, 3], "Views", before=[30, 0, 0], before_what="Before"))
    assert '<polyline class="was" points="2,2.5 7,59.5 12,59.5"/>' in drawn
    assert "<td>1 Nov</td>" in drawn and '<td class="r">30</td>' in drawn
    assert '<p class="axis quiet"><span class="num">30</span></p>' in drawn


def test_one_measure_alone_needs_no_key_and_no_line() -> None:
    drawn = daily(Daily(DAYS, [0, 0, 0], "Views", before=[0, 0, 0], before_what="Before"))
    assert "polyline" not in drawn
    assert 'class="key"' not in drawn


def test_names_are_escaped_and_nothing_is_drawn_of_no_days() -> None:
    assert daily(Daily([], [], "Views")) == ""
    assert "<b>" not in daily(Daily(DAYS, [1, 1, 1], "<b>Views</b>"))
