"""Charts as server-side SVG, coloured by classes, each with its numbers in a `<details>` table.

Pure functions from dataclasses to HTML. One series takes the accent, series by server take their lines; the two never
share a chart.
"""

from core.components.chart_daily import daily
from core.components.chart_data import Band, Bucket, Daily, Day, Days, Histogram, Minutes, Series
from core.components.chart_latency import histogram
from core.components.chart_parts import data_table
from core.components.chart_small import bar, sparkline
from core.components.chart_time import band, days, minutes

__all__ = [
    "Band",
    "Bucket",
    "Daily",
    "Day",
    "Days",
    "Histogram",
    "Minutes",
    "Series",
    "band",
    "bar",
    "daily",
    "data_table",
    "days",
    "histogram",
    "minutes",
    "sparkline",
]
