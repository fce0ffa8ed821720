"""From what a workspace has to a package that travels: nothing private comes along.

A tool is named by the listing of its server and by the name that the server gives it, a model by its class. What
cannot be named so is refused with a sentence that says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from assistants.configuration import Configuration, Example, ToolChoice, Variable, read_configuration
from assistants.models import Assistant, AssistantVersion
from core.errors import ServiceProblem
from core.net.policy import NetPolicy, parse_url
from marketplace.catalogue.schema import Http, Sse, Stdio, Transport
from marketplace.catalogue.schema import Variable as ServerVariable
from marketplace.models import Install, Listing, ListingAlias
from marketplace.packages import AssistantPackage, Package, ServerPackage, ToolDefinition, ToolNeed
from proxy.importers.drafts import ServerDraft
from proxy.models import Feature, Hub, Server
from proxy.selectors.offers import Offered, offered
from proxy.services.stdio import is_bundled
from proxy.specs import PLACEHOLDER

RUNTIMES = ("npx", "uvx", "docker")
MOST_TOOLS = 500
_BRACES = re.compile(r"[{}]")
_NAME = re.compile(r"[^A-Za-z0-9_]")


class TravelProblem(ServiceProblem):
    """Something cannot be told to others. `sentences` names each with what to do about it."""

    code = "cannot_travel"
    status = 400

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences), errors={"package": list(sentences)})
        self.sentences = tuple(sentences)


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


def package_of_server(server: Server) -> ServerPackage:
    """A server as others would connect it: addresses, arguments and names of secrets, never a value.

    Raises TravelProblem for one that nobody else could reach.
    """
    if server.transport == Server.Transport.INTERNAL:
        raise TravelProblem(
            [_("%(server)s is a part of Crossroads: publish the assistant itself.") % {"server": server.title}]
        )
    transport = _stdio(server) if server.transport == Server.Transport.STDIO else _remote(server)
    tools = Feature.objects.filter(server=server, kind=Feature.Kind.TOOL, gone_at=None).select_related("definition")
    return ServerPackage(
        transports=(transport,),
        tools=tuple(_definition(tool) for tool in tools.order_by("position", "id")[:MOST_TOOLS]),
    )


def _definition(tool: Feature) -> ToolDefinition:
    body: Mapping[str, Any] = tool.definition.body
    said, schema = body.get("description"), body.get("inputSchema")
    return ToolDefinition(
        name=tool.name,
        description=said if isinstance(said, str) else "",
        input_schema=schema if isinstance(schema, dict) else {},
        read_only=tool.read_only,
    )


def _stdio(server: Server) -> Transport:
    draft = ServerDraft(title=server.title, transport="stdio", command=server.command, args=tuple(server.args))
    if is_bundled(draft, server.workspace):
        raise TravelProblem([_("This server comes with Crossroads and is in the marketplace already.")])
    runtime = server.command.rsplit("/", 1)[-1]
    if runtime not in RUNTIMES or runtime != server.command:
        raise TravelProblem(
            [_("The command %(command)s is only on this machine. Others can run npx, uvx or docker.")
             % {"command": server.command}]
        )  # fmt: skip
    if any(_BRACES.search(PLACEHOLDER.sub("", arg)) for arg in server.args):
        raise TravelProblem([_("An argument holds curly brackets, which mark what others fill in.")])
    hidden = _hidden(server.args)
    return _made(
        Stdio,
        runtime=runtime,
        args=tuple(_marked(arg) for arg in server.args),
        variables=(*_variables(hidden, "arg"), *_variables(server.secret_names.get("env", ()), "env")),
        sign_in="key" if hidden or server.secret_names.get("env") else "none",
    )


def _remote(server: Server) -> Transport:
    address = PLACEHOLDER.sub("x", server.url)
    try:
        host = parse_url(address).host
    except ValueError as problem:
        raise TravelProblem([str(problem)]) from None
    if _is_private(host):
        raise TravelProblem(
            [_("Others cannot reach %(host)s: it is an address of a private network.") % {"host": host}]
        )
    if _BRACES.search(PLACEHOLDER.sub("", server.url)):
        raise TravelProblem([_("The address holds curly brackets, which mark what others fill in.")])
    hidden, headers = _hidden([server.url]), server.secret_names.get("headers", ())
    return _made(
        Sse if server.transport == Server.Transport.SSE else Http,
        url=_marked(server.url),
        variables=(*_variables(hidden, "url"), *_variables(headers, "header")),
        sign_in="key" if hidden or headers else "none",
    )


def _made(kind: type[Stdio] | type[Http] | type[Sse], **values: Any) -> Transport:
    try:
        return kind(**values)
    except ValueError as problem:
        raise TravelProblem([_("It cannot be described to others: %s.") % problem]) from None


def _is_private(host: str) -> bool:
    """Whatever this installation itself may reach: others stand elsewhere."""
    try:
        return bool(NetPolicy().refusal(host))
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan"))


def _hidden(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text)))


def _marked(text: str) -> str:
    return PLACEHOLDER.sub(lambda found: "{" + _placeholder(found[1]) + "}", text)


def _placeholder(name: str) -> str:
    plain = _NAME.sub("_", name)
    return plain if plain[:1].isalpha() else f"v{plain}"


def _variables(names: Sequence[str], where: Any) -> list[ServerVariable]:
    placed = where in ("arg", "url")
    return [
        ServerVariable(name=_placeholder(name) if placed else name, where=where, label=name[:100], secret=True)
        for name in names
    ]
