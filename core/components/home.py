"""What the home page draws: an interchange of well-known names without numbers, and the line that connects a client."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.components.interchange import Client, HubPicture, Line
from core.components.snippets import Snippet

CLIENTS = ("Claude", "Cursor", "VS Code", "ChatGPT")
SERVERS = (
    *(("GitHub", "GH"), ("Postgres", "PG"), ("Notion", "NO"), ("Grafana", "GR")),
    *(("Playwright", "PW"), ("Stripe", "ST"), ("Brave Search", "BR"), ("Filesystem", "FS")),
)


def hub_picture() -> HubPicture:
    """Five clients and eight servers around one hub, all running."""
    notes = (
        _("issues, code, pull requests"),
        _("read-only SQL"),
        _("pages and databases"),
        _("dashboards, alerts"),
        _("a browser in a sandbox"),
        _("customers, invoices"),
        _("the web"),
        _("allowed folders only"),
    )
    speeds = (40, 12, 2, 8, 20, 1, 5, 3)
    lines = tuple(
        Line(code, name, code, index + 1, "running", note, per_minute=speed)
        for index, ((name, code), note, speed) in enumerate(zip(SERVERS, notes, speeds, strict=True))
    )
    clients = (*(Client(name) for name in CLIENTS), Client(_("Your scripts")))
    return HubPicture("home", _("Your hub"), clients, lines, _("keys, rules, record"))


def snippets(url: str) -> tuple[Snippet, ...]:
    """How clients connect to the endpoint at `url`."""
    entry = f'{{"crossroads": {{"url": "{url}"}}}}'
    return (
        Snippet(
            "claude-code",
            "Claude Code",
            f"claude mcp add --transport http crossroads {url}",
            "bash",
            one_line=True,
            prompt="$",
        ),
        Snippet("cursor", "Cursor", f'{{"mcpServers": {entry}}}', "json", one_line=True),
        Snippet(
            "vscode",
            "VS Code",
            f'{{"servers": {{"crossroads": {{"type": "http", "url": "{url}"}}}}}}',
            "json",
            one_line=True,
        ),
        Snippet(
            "python",
            "Python",
            f'async with Client("{url}") as hub: print(await hub.list_tools())',
            "python",
            one_line=True,
        ),
    )
