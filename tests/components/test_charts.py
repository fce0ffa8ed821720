"""Charts are well-formed, carry their numbers in a table, and stay inside their frame."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from core.components import charts

START = datetime(2025, 11, 23, 8, 45, tzinfo=UTC)
TIMES = [START + timedelta(minutes=i) for i in range(60)]
BUCKETS = [
    charts.Bucket(upto, count, failed)
    for upto, count, failed in ((1, 252, 205), (10, 402, 0), (200, 6920, 11), (5000, 61, 36))
]


def parsed(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{html}</div>")


def test_a_histogram_has_bars_ticks_markers_and_a_table() -> None:
    html = charts.histogram(charts.Histogram(BUCKETS, (("p50", 118), ("p99", 1300))))
    root = parsed(html)
    assert "Latency of 7,635 calls. p50 118\u00a0ms, p99 1.3 s" in html
    assert len(root.findall(".//rect")) == 4 + 3
    assert [cell.text for cell in root.findall(".//tbody/tr")[2]] == ["200\u00a0ms", "6,920", "11"]


def test_a_marker_stands_between_the_edges_of_its_bucket() -> None:
    html = charts.histogram(charts.Histogram(BUCKETS, (("p50", 10), ("p99", 5000))))
    places = [float(x) for x in re.findall(r'class="mk" d="M([\d.]+)', html)]
    assert places == [310, 620]
    assert 'class="ml end"' in html


def test_bars_by_minute_show_what_failed_at_the_foot() -> None:
    html = charts.minutes(charts.Minutes(TIMES, [10] * 60, [0] * 59 + [10]))
    root = parsed(html)
    assert len(root.findall(".//rect[@class='bf']")) == 1
    heights = [float(rect.get("height", 0)) + float(rect.get("y", 0)) for rect in root.findall(".//rect[@class='bf']")]
    assert heights == [60]
    assert "09:44 UTC" in html


def test_a_band_is_stacked_and_each_series_has_its_line() -> None:
    series = (charts.Series("GitHub", 1, [1.0] * 60), charts.Series("Ninth", 9, [3.0] * 60))
    root = parsed(charts.band(charts.Band(TIMES, series)))
    assert [path.get("class") for path in root.findall(".//path")] == ["f l1", "f l1"]
    ys = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", root.findall(".//path")[1].get("d", ""))]
    assert min(ys) == 4 and max(ys) == 91


def test_a_sparkline_without_calls_says_so() -> None:
    assert "no calls yet" in charts.sparkline([0, 0, 0])
    assert charts.sparkline([0, 4, 2]).count(",") == 3


def test_a_bar_never_leaves_its_frame() -> None:
    for share, start in ((2, 0), (0.9, 0.5), (-1, 0)):
        rect = parsed(charts.bar(share, start=start)).find(".//rect")
        assert rect is not None
        assert float(rect.get("x", 0)) + float(rect.get("width", 0)) <= 101.5


@pytest.mark.parametrize(
    "html",
    [
        charts.histogram(charts.Histogram(())),
        charts.minutes(charts.Minutes((), (), ())),
        charts.band(charts.Band((), ())),
        charts.days(charts.Days(())),
    ],
)
def test_nothing_to_draw_is_nothing(html: str) -> None:
    assert html == ""


def test_days_say_what_happened() -> None:
    html = charts.days(charts.Days([charts.Day(START, "ok"), charts.Day(START, "bad", "Search was down <3 h>")]))
    assert "Search was down &lt;3 h&gt;" in html
    assert 'class="d-bad"' in html
