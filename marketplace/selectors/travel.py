"""From what a workspace has to a package that travels: nothing private comes along.

A tool is named by the listing of its server and by the name that the server gives it, a model by its class. What
cannot be named so is refused with a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from django.utils.translation import gettext as _

from assistants.configuration import Configuration, Example, ToolChoice, Variable, read_configuration
from assistants.models import Assistant, AssistantVersion
from marketplace.errors import TravelProblem
from marketplace.models import Install, Listing, ListingAlias
from marketplace.packages import AssistantPackage, Package, ToolNeed
from proxy.models import Hub, Server
from proxy.selectors.offers import Offered, offered


@dataclass(frozen=True)
class Named:
    """A server as others know it."""

    listing: str
    version: str


def package_of_assistant(
    assistant: Assistant, version: AssistantVersion | None = None, *, works_offline: bool = False
) -> AssistantPackage:
    """An assistant's version (None: its draft) as a package. Raises TravelProblem."""
    configuration = read_configuration(version.configuration if version else assistant.draft)
    needs, names, problems = _tool_needs(assistant.workspace_id, configuration.tools)
    if problems:
        raise TravelProblem(problems)
    model = configuration.model
    return AssistantPackage(
        instructions=configuration.instructions,
        greeting=configuration.greeting,
        starters=configuration.starters,
        model=model.klass,
        temperature=model.temperature,
        top_p=model.top_p,
        max_tokens=model.max_tokens,
        works_offline=works_offline,
        tools=needs,
        variables=tuple(_without_value(variable) for variable in configuration.variables),
        input_schema=configuration.input_schema,
        output_schema=configuration.output_schema,
        limits=configuration.limits,
        examples=_examples(configuration, names),
    )


def newest_version(assistant: Assistant) -> AssistantVersion | None:
    """What is published of an assistant: the version that answers, else the last one that was kept."""
    return assistant.deployed or assistant.versions.order_by("-number").first()


def _without_value(variable: Variable) -> Variable:
    return msgspec.structs.replace(variable, default="") if variable.kind == "secret" else variable


def _examples(configuration: Configuration, names: Mapping[str, str]) -> tuple[Example, ...]:
    return tuple(
        msgspec.structs.replace(example, tools=tuple(names.get(tool, tool) for tool in example.tools))
        for example in configuration.examples
    )


def _tool_needs(
    workspace_id: str, tools: Sequence[ToolChoice]
) -> tuple[tuple[ToolNeed, ...], dict[str, str], list[str]]:
    """The needs, the tools' own names by the hub's, and what stands in the way."""
    hubs = {
        hub.id: {offer.name: offer for offer in offered(hub, kind="tool")}
        for hub in Hub.objects.filter(workspace=workspace_id, pk__in={tool.hub for tool in tools})
    }
    found = {(tool.hub, tool.name): hubs.get(tool.hub, {}).get(tool.name) for tool in tools}
    listed = listings_of_servers(workspace_id, [offer.server for offer in found.values() if offer is not None])
    needs, names, problems = [], {}, []
    for tool in tools:
        offer = found[tool.hub, tool.name]
        named = listed.get(offer.server.id) if offer else None
        if offer is None or named is None:
            problems.append(_why_not(tool, offer))
            continue
        names[tool.name] = offer.feature.name
        needs.append(
            ToolNeed(listing=named.listing, tool=offer.feature.name, version=named.version, ask_first=tool.ask_first)
        )
    return tuple({(need.listing, need.tool): need for need in needs}.values()), names, list(dict.fromkeys(problems))


def _why_not(tool: ToolChoice, offer: Offered | None) -> str:
    if offer is None:
        return _("No hub offers the tool %(tool)s any more. Take it out of the assistant.") % {"tool": tool.name}
    return _(
        "The tool %(tool)s is on %(server)s, a server that is not in the marketplace. Publish that server first, or "
        "take the tool out of the assistant."
    ) % {"tool": offer.feature.name, "server": offer.server.title}


def listings_of_servers(workspace_id: str, servers: Sequence[Server]) -> dict[str, Named]:
    """Server id -> the shown listing that it came from, or that was made of it. At most four queries."""
    ids = {server.id for server in servers}
    shown = Listing.objects.filter(kind=Listing.Kind.SERVER, state__in=Listing.SHOWN).select_related("current")
    found: dict[str, Named] = {}
    slugs = {server.catalogue for server in servers if server.catalogue}
    by_slug = {listing.slug: listing for listing in shown.filter(slug__in=slugs)}
    for alias in ListingAlias.objects.filter(slug__in=slugs - set(by_slug)).select_related("listing__current"):
        if alias.listing.state in Listing.SHOWN:
            by_slug[alias.slug] = alias.listing
    for server in servers:
        if server.catalogue in by_slug:
            found[server.id] = _named(by_slug[server.catalogue])
    for own in shown.filter(server__in=ids, publisher__workspace=workspace_id):
        found[own.server] = _named(own)
    installs = Install.objects.filter(workspace=workspace_id, server__in=ids, removed_at=None)
    for install in installs.select_related("listing", "version"):
        if install.listing.state in Listing.SHOWN and install.server_id:
            found[install.server_id] = Named(install.listing.slug, install.version.version)
    return found


def _named(listing: Listing) -> Named:
    return Named(listing.slug, listing.current.version if listing.current else "")


def writing_tools(package: Package) -> Callable[[str, str], bool]:
    """Which tools of listed servers may change something, as those servers' current versions say. One query."""
    if not isinstance(package, AssistantPackage):
        return lambda _listing, _tool: True
    slugs = {need.listing for need in package.tools}
    rows = Listing.objects.filter(slug__in=slugs, kind=Listing.Kind.SERVER).exclude(current=None)
    reading = {
        (slug, str(tool.get("name")))
        for slug, tools in rows.values_list("slug", "current__package__tools")
        for tool in tools or ()
        if tool.get("read_only")
    }
    return lambda listing, tool: (listing, tool) not in reading
