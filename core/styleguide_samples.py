"""Samples for the styleguide. Names of well-known servers, invented numbers; nothing here reaches another page."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from core.components.charts import Band, Bucket, Day, Days, Histogram, Minutes, Series
from core.components.interchange import Client, HubPicture, Line, State
from core.components.snippets import Snippet
from core.components.table import Choice, Column, Filter
from core.components.timeline import Stage, Step, TimelineItem

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
TOOLS = [
    {"name": "search_code", "server": "GitHub", "code": "GH", "line": 1, "state": "running", "calls": 14208, "p95": 210, "ok": 99.96},
    {"name": "create_pull_request", "server": "GitHub", "code": "GH", "line": 1, "state": "running", "calls": 1904, "p95": 640, "ok": 99.8},
    {"name": "list_issues", "server": "GitHub", "code": "GH", "line": 1, "state": "running", "calls": 9611, "p95": 185, "ok": 99.98},
    {"name": "delete_file", "server": "GitHub", "code": "GH", "line": 1, "state": "running", "calls": 0, "p95": None, "ok": None},
    {"name": "query", "server": "Postgres", "code": "PG", "line": 2, "state": "broken", "calls": 6120, "p95": 38, "ok": 81.2},
    {"name": "search", "server": "Notion", "code": "NO", "line": 3, "state": "running", "calls": 7344, "p95": 420, "ok": 99.9},
    {"name": "update_page", "server": "Notion", "code": "NO", "line": 3, "state": "warn", "calls": 212, "p95": 510, "ok": 99.5},
    {"name": "query_prometheus", "server": "Grafana", "code": "GR", "line": 4, "state": "running", "calls": 5102, "p95": 96, "ok": 100.0},
    {"name": "create_refund", "server": "Stripe", "code": "ST", "line": 6, "state": "paused", "calls": 41, "p95": 380, "ok": 100.0},
    {"name": "browser_navigate", "server": "Playwright", "code": "PW", "line": 5, "state": "running", "calls": 3007, "p95": 1840, "ok": 97.9},
]  # fmt: skip
for _tool in TOOLS:
    _calls = float(str(_tool["calls"]))
    _tool["hours"] = [_calls / 24 * (1 + 0.6 * math.sin(hour / 4 + len(str(_tool["name"])))) for hour in range(24)]

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
ARGUMENTS = {"city": "Bern", "units": "metric", "days": 3, "tags": ["rain", "wind"], "place": {"lat": 46.9, "lon": 7.4}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "A place by name.", "examples": ["Bern"]},
        "units": {"enum": ["metric", "imperial"], "default": "metric", "description": "How to say temperatures."},
        "days": {"type": "integer", "minimum": 1, "maximum": 14, "description": "1 to 14."},
        "hourly": {"type": "boolean", "default": False, "description": "Hour by hour instead of day by day."},
        "alerts": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "fields": {"type": "array", "uniqueItems": True, "items": {"enum": ["rain", "wind", "snow", "sun"]}},
        "place": {
            "type": "object",
            "description": "Instead of a name.",
            "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
            "required": ["lat", "lon"],
        },
        "stops": {
            "type": "array",
            "items": {"type": "object", "properties": {"at": {"type": "string"}, "hours": {"type": "integer"}}},
        },
        "since": {"type": "string", "format": "date"},
        "note": {"type": "string", "maxLength": 500},
        "extra": {"type": "object", "description": "Anything else, as JSON."},
    },
    "required": ["city", "days"],
}
REPLY = {
    "number": 2117,
    "state": "open",
    "url": "https://github.com/acme/billing/pull/2117",
    "mergeable": True,
    "labels": None,
}


class SampleForm(forms.Form):
    """Every kind of field."""

    name = forms.CharField(max_length=40, help_text="Letters, digits and dashes. It becomes part of the address.")
    url = forms.URLField(label="Address", required=False, assume_scheme="https")
    transport = forms.ChoiceField(choices=[("http", "Streamable HTTP"), ("sse", "SSE"), ("stdio", "Command")])
    token = forms.CharField(
        widget=forms.PasswordInput, required=False, help_text="Stored encrypted, never shown again."
    )
    instructions = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    role = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[("member", "Member"), ("viewer", "Viewer")], initial="member"
    )
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, choices=[("mcp", "Use hubs"), ("read", "Read")], required=False
    )
    read_only = forms.BooleanField(
        label="Only tools that read", required=False, help_text="Others are left out of this hub."
    )


def hub(count: int = 6) -> HubPicture:
    """A sample hub with that many servers."""
    lines = [Line(f"s{i}", name, code, line, state, note, f"{rate:g} / min" if rate else "", rate) for i, (name, code, line, state, note, rate) in enumerate(SERVERS)]  # fmt: skip
    for index, name in enumerate(MORE):
        lines.append(Line(f"m{index}", name, name[:2].upper(), index % 8 + 1, "paused" if index == 5 else "running", "3 tools", f"{9 - index} / min" if index < 9 else "", max(0, 9 - index)))  # fmt: skip
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
BAND = Band(
    _MINUTES[::2],
    tuple(Series(name, line, [20 + rate + rate / 2 * math.sin(i / 4 + line) for i in range(30)]) for name, _c, line, _s, _n, rate in SERVERS if rate),
)  # fmt: skip
THIRTY = Days([Day(NOW - timedelta(days=29 - i), "warn" if i == 11 else "bad" if i == 12 else "ok") for i in range(30)])
STAGES = (
    Stage("Received", "from Claude, session of Mara Reyes", 0.2, 0, 0.116),
    Stage("Read", "tools/call, 1.1 kB of arguments", 0.1, 0.116, 0.03),
    Stage("Routed", "create_pull_request is GitHub, snapshot 418", 0.1, 0.146, 0.024),
    Stage("Allowed", "members may write to acme/*", 0.3, 0.17, 0.05),
    Stage("GitHub", "answered after one attempt", 1315.9, 0.232, 0.768, upstream=True),
    Stage("Recorded", "before the answer left", 0.4, 0.988, 0.012),
)
STEPS = (Step("Connect a server", "done"), Step("Choose its tools", "now", note="24 found"), Step("Connect a client"))
EVENTS = (
    TimelineItem("Hub production was paused", "", NOW - timedelta(minutes=4), "Mara Reyes", "warn"),
    TimelineItem(
        "Postgres stopped answering",
        "password authentication failed for user reporting",
        NOW - timedelta(hours=3),
        "",
        "bad",
    ),
    TimelineItem("Key nightly-report was made", "", NOW - timedelta(days=2), "Ines Okafor", "ok"),
)
SNIPPETS = (
    Snippet("claude", "Claude Code", "claude mcp add --transport http acme https://hub.example.com/mcp/acme", "bash", "Then type /mcp in Claude Code.", "Run this once", True, "$"),
    Snippet("cursor", "Cursor", '{\n  "mcpServers": {\n    "acme": {"url": "https://hub.example.com/mcp/acme"}\n  }\n}', "json", "Cursor asks once whether to trust it.", ".cursor/mcp.json"),
    Snippet("python", "Python", 'async with Client("https://hub.example.com/mcp/acme") as hub:\n    tools = await hub.list_tools()  # all of them', "python"),
)  # fmt: skip
MARKDOWN = "**Bern**, 3 days, `metric`\n\n- Rain until noon\n- [Source](https://example.com)\n\n| day | °C |\n|---|---|\n| Mon | 7 |"


def context() -> dict[str, Any]:
    """Everything a page of the styleguide draws."""
    return {
        "now": NOW, "hub": hub(), "big_hub": hub(16), "lone_hub": HubPicture("lone", "new", CLIENTS[:1]),
        "hero": HubPicture("hero", "Your hub", tuple(Client(c.name) for c in CLIENTS), hub(8).lines, "keys, rules, record"),
        "latency": LATENCY, "by_minute": BY_MINUTE, "band": BAND, "thirty": THIRTY, "stages": STAGES, "steps": STEPS,
        "events": EVENTS, "snippets": SNIPPETS, "reply": REPLY, "shell": "pip install mcp\nexport KEY='cr_live'  # once", "markdown_text": MARKDOWN, "before": ARGUMENTS,
        "after": {**ARGUMENTS, "days": 5, "units": "imperial"}, "servers": SERVERS,
        "lines": ("red", "sky", "forest", "orange", "plum", "teal", "olive", "graphite"),
        "colours": ("paper", "sheet", "well", "hover", "rule", "edge", "ink", "ink-2", "ink-3", "accent", "accent-wash", "ok", "warn", "bad", "ok-wash", "warn-wash", "bad-wash"),
        "facts": (("Transport", "Streamable HTTP"), ("Address", "https://mcp.example.com/mcp"), ("Last seen", "")),
        "tab_items": (("Overview", "/styleguide/"), ("Tools", "/styleguide/tools/", 64), ("Keys", "/styleguide/keys/", 9), ("Calls", "/styleguide/calls/")),
        "choices": ({"value": "form", "label": "By hand", "text": "A command or an address.", "icon": "plug"}, {"value": "paste", "label": "Paste JSON", "text": "From Claude Desktop, Cursor or VS Code.", "icon": "clipboard-paste"}, {"value": "catalogue", "label": "From the catalogue", "text": "110 known servers.", "icon": "store"}),
        "entries": ({"url": "#entries", "code": "CA", "kind": "assistant", "name": "Claim Analyser", "by": "Assistant by pedroespecial101", "text": "Weighs a claim: evidence for, evidence against, fallacies, and a grade.", "price": "Free"}, {"url": "#entries", "code": "GH", "kind": "server", "name": "GitHub", "by": "Server by GitHub", "text": "Issues, code search, pull requests and actions.", "facts": "Sign-in with GitHub"}),
    }  # fmt: skip
