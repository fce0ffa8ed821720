"""Installing a listed assistant: its tools are found on the workspace's hubs, its model by its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.services import bump_workspace
from assistants.configuration import Configuration, ModelChoice, ToolChoice, read_configuration
from assistants.models import Assistant
from assistants.selectors.tools import HubTool, hub_tools
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import locked, save_draft
from assistants.services.setup import VALUE, renew_steps, value_steps
from core.decision import Principal
from marketplace.models import Install, Listing
from marketplace.packages import AssistantPackage, ToolNeed
from marketplace.selectors.needs import SKIP, model_need
from marketplace.selectors.plans import servers_by_listing
from proxy.models import Server

Step = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """Where the needed tools are: {"<listing>/<tool>": choice}, and the needs that no hub serves."""

    tools: dict[str, ToolChoice]
    unmet: tuple[ToolNeed, ...]
    servers: dict[str, Server]
    """Slug of a listing -> the server that stands for it."""


def find_tools(install: Install, package: AssistantPackage) -> Found:
    """Each needed tool under the name that a hub gives it. What was chosen once stays while it is offered."""
    chosen: Mapping[str, str] = install.mapping.get("servers", {})
    servers = _servers(install.workspace_id, package, chosen)
    offers = hub_tools(install.workspace_id) if servers else []
    before: Mapping[str, Any] = install.mapping.get("tools", {})
    tools: dict[str, ToolChoice] = {}
    unmet = []
    for need in package.tools:
        key = f"{need.listing}/{need.tool}"
        server = servers.get(need.listing)
        offer = _offer(offers, server, need, before.get(key, {}), str(install.mapping.get("hub", "")))
        if offer is None or any(choice.name == offer.name for choice in tools.values()):
            unmet.append(need)
        else:
            tools[key] = ToolChoice(hub=offer.hub, name=offer.name, ask_first=need.ask_first)
    return Found(tools, tuple(unmet), servers)


def _servers(workspace_id: str, package: AssistantPackage, chosen: Mapping[str, str]) -> dict[str, Server]:
    if not package.tools:
        return {}
    own = servers_by_listing(workspace_id)
    by_id = Server.objects.filter(workspace=workspace_id).in_bulk([id for id in chosen.values() if id])
    found: dict[str, Server] = {}
    for slug in dict.fromkeys(need.listing for need in package.tools):
        wanted = chosen.get(slug, "")
        if wanted in by_id:
            found[slug] = by_id[wanted]
        elif wanted != SKIP and slug in own:
            found[slug] = own[slug][0]
    return found


def _offer(
    offers: Sequence[HubTool], server: Server | None, need: ToolNeed, before: Mapping[str, str], hub: str
) -> HubTool | None:
    if server is None:
        return None
    fitting = [
        offer
        for offer in offers
        if offer.server is not None
        and offer.server.id == server.id
        and offer.feature is not None
        and offer.feature.name == need.tool
    ]
    same = [offer for offer in fitting if (offer.hub, offer.name) == (before.get("hub"), before.get("name"))]
    near = [offer for offer in fitting if offer.hub == hub]
    return next(iter([*same, *near, *fitting]), None)


def configuration_of(
    package: AssistantPackage, tools: Mapping[str, ToolChoice], model: Mapping[str, str]
) -> Configuration:
    """The package with this workspace's tools and model in it. `model`: {"provider", "name"}, both may be empty."""
    names = {key.partition("/")[2]: choice.name for key, choice in tools.items()}
    return Configuration(
        instructions=package.instructions,
        greeting=package.greeting,
        starters=package.starters,
        model=ModelChoice(
            klass=package.model,
            provider=model.get("provider", ""),
            name=model.get("name", ""),
            temperature=package.temperature,
            top_p=package.top_p,
            max_tokens=package.max_tokens,
        ),
        tools=tuple(tools.values()),
        variables=package.variables,
        input_schema=package.input_schema,
        output_schema=package.output_schema,
        limits=package.limits,
        examples=tuple(
            msgspec.structs.replace(example, tools=tuple(names.get(tool, tool) for tool in example.tools))
            for example in package.examples
        ),
    )


def place_tools(*, actor: Principal, install: Install, found: Found) -> None:
    """Deploy the assistant with tools that came or moved; what people chose in its editor besides stays."""
    assistant = install.assistant
    if assistant is None or assistant.deployed is None:
        return
    was: Mapping[str, Mapping[str, str]] = install.mapping.get("tools", {})
    ours = {(one["hub"], one["name"]) for one in was.values()}
    now_is = {(choice.hub, choice.name) for choice in found.tools.values()}
    if ours == now_is:
        return
    configuration = read_configuration(assistant.deployed.configuration)
    others = [one for one in configuration.tools if (one.hub, one.name) not in ours | now_is]
    taken = {choice.name for choice in found.tools.values()}
    tools = (*found.tools.values(), *(one for one in others if one.name not in taken))
    kept = msgspec.structs.replace(configuration, tools=tools)
    save_draft(actor=actor, assistant=assistant, configuration=kept, revision=None)
    keep_and_deploy(actor=actor, assistant=assistant, note=_("Tools of installed servers"))


def steps_of(install: Install, package: AssistantPackage, found: Found) -> list[Step]:
    """What is unmet, each with where it is mended."""
    slug = install.workspace.slug
    steps = [_tools_step(slug, listing, needs, found.servers.get(listing)) for listing, needs in _unmet(found).items()]
    assistant = install.assistant
    if assistant is not None and assistant.deployed is not None:
        url = reverse("assistants:settings", args=[slug, assistant.slug])
        steps += [
            {"code": VALUE, "sentence": step["sentence"], "url": url}
            for step in value_steps(assistant, read_configuration(assistant.deployed.configuration))
        ]
    model = model_need(install.workspace, package)
    if model.state == "missing":
        steps.append({"code": "model", "sentence": f"{model.label}: {model.sentence}", "url": model.url})
    return steps


def _unmet(found: Found) -> dict[str, list[ToolNeed]]:
    by_listing: dict[str, list[ToolNeed]] = {}
    for need in found.unmet:
        if not need.optional:
            by_listing.setdefault(need.listing, []).append(need)
    return by_listing


def _tools_step(workspace: str, listing: str, needs: Sequence[ToolNeed], server: Server | None) -> Step:
    tools = ", ".join(need.tool for need in needs[:6])
    if server is None:
        row = Listing.objects.filter(slug=listing, state__in=Listing.SHOWN).first()
        said = _("Install %(name)s: it has %(tools)s.") % {"name": row.name if row else listing, "tools": tools}
        url = reverse("marketplace:install", args=[workspace, listing]) if row else reverse("marketplace:catalogue")
        return {"code": "server", "sentence": said, "url": url}
    url = reverse("proxy:server", args=[workspace, server.slug])
    if server.state == Server.State.BROKEN:
        said = _("%(name)s does not answer: %(problem)s") % {"name": server.title, "problem": server.problem}
        return {"code": "broken", "sentence": said, "url": url}
    if server.discovered_at is None:
        said = _("%(name)s is being asked for its tools. This takes a moment.") % {"name": server.title}
        return {"code": "asking", "sentence": said, "url": url}
    if not server.hub_servers.exists():
        said = _("Put %(name)s on a hub, so that its tools can be called.") % {"name": server.title}
        return {"code": "hub", "sentence": said, "url": reverse("proxy:hubs", args=[workspace])}
    said = _("No hub offers these tools of %(name)s: %(tools)s.") % {"name": server.title, "tools": tools}
    return {"code": "tool", "sentence": said, "url": url}


def put_steps(assistant: Assistant, steps: Sequence[Step]) -> Assistant:
    """What keeps it from answering stands with the assistant too: tools; a missing model does not."""
    with_tools = [{"code": step["code"], "sentence": step["sentence"]} for step in steps if step["code"] in BLOCKING]
    row = locked(assistant)
    before = (row.steps, row.state)
    row.steps = with_tools
    renew_steps(row)
    if (row.steps, row.state) != before:
        row.save(update_fields=["steps", "state", "updated_at"])
        bump_workspace(workspace_id=row.workspace_id)
    return row


BLOCKING = ("server", "broken", "asking", "hub", "tool")
