"""From a connected server to a package that travels: how others would connect it, and no value of a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.net.policy import NetPolicy, parse_url
from marketplace.catalogue.schema import Http, Sse, Stdio, Transport
from marketplace.catalogue.schema import Variable as ServerVariable
from marketplace.errors import TravelProblem
from marketplace.packages import ServerPackage, ToolDefinition
from proxy.importers.drafts import ServerDraft
from proxy.models import Feature, Server
from proxy.services.stdio import is_bundled
from proxy.specs import PLACEHOLDER

RUNTIMES = ("npx", "uvx", "docker")
MOST_TOOLS = 500
_BRACES = re.compile(r"[{}]")
_NAME = re.compile(r"[^A-Za-z0-9_]")


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
