"""Samples for the styleguide. Names of well-known servers, invented numbers; nothing here reaches another page."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from core.components.charts import Band, Bucket, Daily, Day, Days, Histogram, Minutes, Series
from core.components.code import pretty
from core.components.interchange import Client, HubPicture, Line, State
from core.components.snippets import Snippet
from core.components.table import Choice, Column, Filter
from core.components.timeline import Stage, Step, TimelineItem
from core.styleguide_forms import ARGUMENTS

NOW = datetime(2025, 11, 23, 9, 45, 12, tzinfo=UTC)
SERVERS: tuple[tuple[str, str, int, State, str, float], ...] = (
    ("GitHub", "GH", 1, "running", "24 tools", 52),
    ("Postgres", "PG", 2, "broken", "refuses the password", 0),
    ("Notion", "NO", 3, "running", "12 tools", 31),
    ("Grafana", "GR", 4, "running", "8 tools", 22),
    ("Stripe", "ST", 6, "paused", "paused by Mara, 2 d ago", 0),
    ("Playwright", "PW", 5, "running", "7 tools", 23),
)
MORE = ("Brave Search", "Filesystem", "Linear", "Sentry", "Slack", "Figma", "Memory", "Time", "Git", "Fetch")
CLIENTS = (
    Client("Claude", "61 / min, 4 members", "61 / min"),
    Client("Cursor", "38 / min, 6 members", "38 / min"),
    Client("VS Code", "17 / min, 3 members", "17 / min"),
    Client("Support widget", "9 / min, 1 key", "9 / min"),
    Client("nightly-report", "3 / min, 1 key", "3 / min"),
)
# name, server, letters, line, state, calls a day, p95 in ms, succeeded in percent
_TOOLS: tuple[tuple[str, str, str, int, str, int, int | None, float | None], ...] = (
    ("search_code", "GitHub", "GH", 1, "running", 14208, 210, 99.96),
    ("create_pull_request", "GitHub", "GH", 1, "running", 1904, 640, 99.8),
    ("list_issues", "GitHub", "GH", 1, "running", 9611, 185, 99.98),
    ("delete_file", "GitHub", "GH", 1, "running", 0, None, None),
    ("query", "Postgres", "PG", 2, "broken", 6120, 38, 81.2),
    ("search", "Notion", "NO", 3, "running", 7344, 420, 99.9),
    ("update_page", "Notion", "NO", 3, "warn", 212, 510, 99.5),
    ("query_prometheus", "Grafana", "GR", 4, "running", 5102, 96, 100.0),
    ("create_refund", "Stripe", "ST", 6, "paused", 41, 380, 100.0),
    ("browser_navigate", "Playwright", "PW", 5, "running", 3007, 1840, 97.9),
)
_KEYS = ("name", "server", "code", "line", "state", "calls", "p95", "ok")
TOOLS: list[dict[str, Any]] = [dict(zip(_KEYS, row, strict=True)) for row in _TOOLS]
for _tool in TOOLS:
    _hourly, _shift = _tool["calls"] / 24, len(_tool["name"])
    _tool["hours"] = [_hourly * (1 + 0.6 * math.sin(hour / 4 + _shift)) for hour in range(24)]

COLUMNS = (
    Column("name", "Tool", sort="name"),
    Column("state", "State", sort="state", css="end"),
    Column("calls", "Calls, 24 h", sort="calls", align="right", descending_first=True),
    Column("hours", "Calls by hour", hidden_label=True, wide_only=True),
    Column("p95", "p95", sort="p95", align="right", wide_only=True),
    Column("ok", "Succeeded", sort="ok", align="right", wide_only=True),
)
FILTERS = (
    Filter("server", "Server", tuple(Choice(name, name) for name, *_ in SERVERS), field="server"),
    Filter(
        "state", "State", (Choice("running", "running"), Choice("paused", "paused"), Choice("broken", "not answering"))
    ),
)
REPLY = {
    "number": 2117,
    "state": "open",
    "url": "https://github.com/acme/billing/pull/2117",
    "mergeable": True,
    "labels": None,
}


def _line(index: int, name: str, code: str, line: int, state: State, note: str, rate: float) -> Line:
    return Line(f"s{index}", name, code, line, state, note, f"{rate:g} / min" if rate else "", rate)


def hub(count: int = 6) -> HubPicture:
    """A sample hub with that many servers."""
    lines = [_line(index, *server) for index, server in enumerate(SERVERS)]
    for index, name in enumerate(MORE):
        state: State = "paused" if index == 5 else "running"
        lines.append(_line(index + 6, name, name[:2].upper(), index % 8 + 1, state, "3 tools", max(0, 9 - index)))
    return HubPicture("sample", "production", CLIENTS, tuple(lines[:count]), "128 / min")


LATENCY = Histogram(
    tuple(
        Bucket(upto, count, failed)
        for upto, count, failed in (
            (1, 252, 205), (2, 64, 2), (5, 78, 1), (10, 402, 0), (20, 911, 1), (50, 2240, 3), (100, 4801, 6),
            (200, 6920, 11), (500, 3388, 14), (1000, 702, 18), (2000, 214, 24), (5000, 61, 36),
        )
    ),
    (("p50", 118), ("p95", 498), ("p99", 1300)),
)  # fmt: skip
_MINUTES = [NOW - timedelta(minutes=59 - i) for i in range(60)]
BY_MINUTE = Minutes(
    _MINUTES,
    [int(300 + 90 * math.sin(i / 9)) for i in range(60)],
    [30 + i % 7 if i > 40 else 12 if i in (12, 13) else 0 for i in range(60)],
)
_WAVES = {
    (name, line): [20 + rate + rate / 2 * math.sin(i / 4 + line) for i in range(30)]
    for name, _code, line, _state, _note, rate in SERVERS
    if rate
}
BAND = Band(_MINUTES[::2], tuple(Series(name, line, values) for (name, line), values in _WAVES.items()))
THIRTY = Days([Day(NOW - timedelta(days=29 - i), "warn" if i == 11 else "bad" if i == 12 else "ok") for i in range(30)])
DAILY = Daily(
    [(NOW - timedelta(days=29 - i)).date() for i in range(30)],
    [int(60 + i * 2 + 24 * math.sin(i / 2)) for i in range(30)],
    "Runs",
    failed=[9 if i == 11 else 2 if i % 7 == 0 else 0 for i in range(30)],
    failed_what="Of these, errors",
    before=[int(52 + i + 18 * math.sin(i / 2 + 1)) for i in range(30)],
    before_what="30 days before",
)
STAGES = (
    Stage("Received", "from Claude, session of Mara Reyes", 0.2, 0, 0.116),
    Stage("Read", "tools/call, 1.1 kB of arguments", 0.1, 0.116, 0.03),
    Stage("Routed", "create_pull_request is GitHub, snapshot 418", 0.1, 0.146, 0.024),
    Stage("Allowed", "members may write to acme/*", 0.3, 0.17, 0.05),
    Stage("GitHub", "answered after one attempt", 1315.9, 0.232, 0.768, upstream=True),
    Stage("Recorded", "before the answer left", 0.4, 0.988, 0.012),
)
STEPS = (Step("Connect a server", "done"), Step("Choose its tools", "now", note="24 found"), Step("Connect a client"))
_REFUSED = "password authentication failed for user reporting"
EVENTS = (
    TimelineItem("Hub production was paused", "", NOW - timedelta(minutes=4), "Mara Reyes", "warn"),
    TimelineItem("Postgres stopped answering", _REFUSED, NOW - timedelta(hours=3), "", "bad"),
    TimelineItem("Key nightly-report was made", "", NOW - timedelta(days=2), "Ines Okafor", "ok"),
)
_ADDRESS = "https://hub.example.com/mcp/acme"
SNIPPETS = (
    Snippet(
        "claude",
        "Claude Code",
        f"claude mcp add --transport http acme {_ADDRESS}",
        "bash",
        note="Then type /mcp in Claude Code.",
        where="Run this once",
        one_line=True,
        prompt="$",
    ),
    Snippet(
        "cursor",
        "Cursor",
        pretty({"mcpServers": {"acme": {"url": _ADDRESS}}}),
        "json",
        note="Cursor asks once whether to trust it.",
        where=".cursor/mcp.json",
    ),
    Snippet(
        "python",
        "Python",
        f'async with Client("{_ADDRESS}") as hub:\n    tools = await hub.list_tools()  # all of them',
        "python",
    ),
)
SAID = 'Two lines of an answer\nhold, and **code** can be copied:\n\n```python\nprint("hello")\n```'
MARKDOWN = """**Bern**, 3 days, `metric`

- Rain until noon
- [Source](https://example.com)

| day | °C |
|---|---|
| Mon | 7 |
"""


LINE_NAMES = ("red", "sky", "forest", "orange", "plum", "teal", "olive", "graphite")
COLOURS = (
    *("paper", "sheet", "well", "hover", "rule", "edge", "ink", "ink-2", "ink-3", "accent", "accent-wash"),
    *("ok", "warn", "bad", "ok-wash", "warn-wash", "bad-wash"),
)
FACTS = (("Transport", "Streamable HTTP"), ("Address", "https://mcp.example.com/mcp"), ("Last seen", ""))
TABS = (
    ("Overview", "/styleguide/"),
    ("Tools", "/styleguide/tools/", 64),
    ("Keys", "/styleguide/keys/", 9),
    ("Calls", "/styleguide/calls/"),
)
CHOICES = (
    {"value": "form", "label": "By hand", "text": "A command or an address.", "icon": "plug"},
    {"value": "paste", "label": "Paste JSON", "text": "From Claude Desktop or Cursor.", "icon": "clipboard-paste"},
    {"value": "catalogue", "label": "From the catalogue", "text": "110 known servers.", "icon": "store"},
)
ENTRIES = (
    {
        "url": "#entries",
        "code": "CA",
        "kind": "assistant",
        "name": "Claim Analyser",
        "by": "Assistant by pedroespecial101",
        "text": "Weighs a claim: evidence for, evidence against, fallacies, and a grade.",
        "price": "Free",
    },
    {
        "url": "#entries",
        "code": "GH",
        "kind": "server",
        "name": "GitHub",
        "by": "Server by GitHub",
        "text": "Issues, code search, pull requests and actions.",
        "facts": "Sign-in with GitHub",
    },
)


def context() -> dict[str, Any]:
    """Everything a page of the styleguide draws."""
    hero = HubPicture(
        "hero", "Your hub", tuple(Client(one.name) for one in CLIENTS), hub(8).lines, "keys, rules, record"
    )
    return {
        "now": NOW,
        "hub": hub(),
        "big_hub": hub(16),
        "lone_hub": HubPicture("lone", "new", CLIENTS[:1]),
        "hero": hero,
        "latency": LATENCY,
        "by_minute": BY_MINUTE,
        "by_day": DAILY,
        "band": BAND,
        "thirty": THIRTY,
        "stages": STAGES,
        "steps": STEPS,
        "events": EVENTS,
        "snippets": SNIPPETS,
        "reply": REPLY,
        "shell": "pip install mcp\nexport KEY='cr_live'  # once",
        "markdown_text": MARKDOWN,
        "said_text": SAID,
        "before": ARGUMENTS,
        "after": {**ARGUMENTS, "days": 5, "units": "imperial"},
        "servers": SERVERS,
        "lines": LINE_NAMES,
        "colours": COLOURS,
        "facts": FACTS,
        "tab_items": TABS,
        "choices": CHOICES,
        "entries": ENTRIES,
    }
