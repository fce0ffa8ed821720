"""How an assistant is reached, and what it may do, in words for its page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants.configuration import Configuration
from assistants.models import Assistant
from assistants.selectors.tools import HubTool


@dataclass(frozen=True)
class Reach:
    """Addresses of the doors; one that this installation lacks is empty."""

    chat: str
    rest: str
    curl: str
    tool: str
    card: str


@dataclass
class Abilities:
    """Lines of (what, on which terms) in three columns."""

    may: list[tuple[str, str]] = field(default_factory=list)
    asks: list[tuple[str, str]] = field(default_factory=list)
    cannot: list[tuple[str, str]] = field(default_factory=list)


def tool_name(assistant: Assistant) -> str:
    """The tool that the workspace's hubs offer it as."""
    return f"ask_{assistant.slug.replace('-', '_')}"


def reach_of(assistant: Assistant) -> Reach:
    slug = assistant.workspace.slug
    rest = _address("api-assistant-run-list", slug, assistant.id)
    return Reach(
        chat=_address("assistants:chat", slug, assistant.slug),
        rest=rest,
        curl=_curl(rest) if rest else "",
        tool=tool_name(assistant) if assistant.offer_tool else "",
        card=_address("assistants:agent-card", slug, assistant.slug) if assistant.offer_agent_card else "",
    )


def _address(name: str, *args: str) -> str:
    try:
        return f"{settings.ENV.public_url}{reverse(name, args=list(args))}"
    except NoReverseMatch:
        return ""


def _curl(url: str) -> str:
    body = json.dumps({"input": _("Hello")}, ensure_ascii=False)
    lines = (
        f"curl -s {url}",
        "-H 'Authorization: Bearer YOUR_KEY'",
        "-H 'Content-Type: application/json'",
        f"-d '{body}'",
    )
    return " \\\n  ".join(lines)


def abilities(configuration: Configuration, tools: list[HubTool]) -> Abilities:
    """What it may do, what it asks before, what it cannot: the gateway holds these lines."""
    found = Abilities()
    found.may.append((_("Read what is written in the conversation"), _("Nothing else of the workspace")))
    for tool in tools:
        where = _("on the hub %s") % tool.hub_title if tool.feature else _("no hub offers it now")
        terms = f"{_('only reads')}, {where}" if tool.read_only else where
        (found.asks if tool.ask_first else found.may).append((tool.name, terms))
    if not tools:
        found.cannot.append((_("Call tools"), _("None is chosen")))
    else:
        found.cannot.append((_("Call any other tool"), ""))
    limits = configuration.limits
    steps = ngettext("%(n)d request to the model", "%(n)d requests to the model", limits.steps) % {"n": limits.steps}
    found.cannot.append(
        (
            _("Go on for longer than %d s in one answer") % limits.seconds,
            _("%(steps)s, %(tokens)s tokens") % {"steps": steps, "tokens": f"{limits.tokens:,}"},
        )
    )
    found.cannot.append((_("See other conversations, keys or members"), ""))
    return found
