"""Entries of the registry API of MCP: `server.json` (2025-12-11 and earlier) with what the registry says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from marketplace.catalogue.labels import CATEGORIES
from marketplace.catalogue.schema import Transport, Variable
from marketplace.importers.categories import category_of
from marketplace.importers.drafts import Author, ListingDraft, Refused
from marketplace.importers.packages import package_title
from marketplace.importers.registry_packages import as_list, as_object, local_transport
from marketplace.importers.servers import is_header, remote, server_package, sign_in_of, variable
from marketplace.importers.texts import clean, cut, line, tag_list, web_address
from marketplace.packages import ToolDefinition

OFFICIAL = "io.modelcontextprotocol.registry/official"
PROVIDED = "io.modelcontextprotocol.registry/publisher-provided"
OURS = "crossroads"
"""Our part of what the publisher provides: what the schema has no field for."""
NAME = re.compile(r"[a-zA-Z0-9.-]{1,150}/[a-zA-Z0-9._-]{1,150}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,59}")
_FIELD = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_HOSTS = {"io.github": "github.com", "io.gitlab": "gitlab.com"}
Object = Mapping[str, Any]


def read_registry_entry(row: Object) -> ListingDraft:
    """`{"server", "_meta"}`, or a `server.json` alone. Raises Refused."""
    server = as_object(row.get("server")) or row
    official = as_object(as_object(row.get("_meta")).get(OFFICIAL))
    name, version = clean(server.get("name")), clean(server.get("version"))
    if not NAME.fullmatch(name) or len(name) > 200:
        raise Refused(f"{line(name, 80)!r} is not a name of the form namespace/name.")
    if not _VERSION.fullmatch(version):
        raise Refused(f"{line(version, 40)!r} is not a version.")
    if official.get("status", server.get("status")) == "deleted":
        raise Refused("Its source has deleted it.")
    ours = as_object(as_object(as_object(server.get("_meta")).get(PROVIDED)).get(OURS))
    title = line(server.get("title"), 100) or package_title(name)
    description = clean(ours.get("summary")) or clean(server.get("description"))
    if not description:
        raise Refused("It has no description.")
    category = ours.get("category")
    repository = web_address(as_object(server.get("repository")).get("url"))
    return ListingDraft(
        key=name,
        kind="server",
        name=title,
        summary=line(description, 300),
        category=str(category) if category in CATEGORIES else category_of("", f"{title} {description}"),
        package=server_package(_transports(server, title, ours), _tools(ours.get("tools")), _requires(ours)),
        author=_author(name),
        readme=cut(clean(ours.get("readme")) or description, 100_000),
        tags=tag_list(ours.get("tags")),
        licence=line(ours.get("licence"), 60),
        homepage=web_address(server.get("websiteUrl")) or repository,
        repository=repository,
        version=version,
        made_at=_moment(official.get("publishedAt")),
        deprecated=official.get("status", server.get("status")) == "deprecated",
    )


def _author(name: str) -> Author:
    """The owner of the namespace: an account of a code host, or a domain."""
    parts = name.partition("/")[0].split(".")
    host = _HOSTS.get(".".join(parts[:2]).lower())
    if host and len(parts) > 2:
        owner = ".".join(parts[2:])
        return Author(key=f"{host}/{owner}".lower(), name=owner, website=f"https://{host}/{owner}")
    domain = ".".join(reversed(parts)).lower()
    return Author(key=f"site:{domain}", name=domain, website=f"https://{domain}" if "." in domain else "")


def _transports(server: Object, title: str, ours: Object) -> tuple[Transport, ...]:
    """Every way to reach it that we can use; a package of a kind that we do not start is left out beside others."""
    found: list[Transport] = []
    signs = as_object(ours.get("signIn"))
    problems: list[str] = []
    for read, values in ((_remote, as_list(server.get("remotes"))), (local_transport, as_list(server.get("packages")))):
        for value in values[:20]:
            try:
                found.append(read(value, line(signs.get(str(value.get("url"))), 60)))
            except Refused as refused:
                problems.append(str(refused))
    if not found:
        raise Refused(problems[0] if problems else "It says neither where it runs nor how to start it.")
    return tuple(found[:20])


def _remote(value: Object, sign_in_with: str) -> Transport:
    """`sign_in_with` is empty where the entry does not say that it takes a sign-in."""
    url = clean(value.get("url"))
    told = as_object(value.get("variables"))
    variables = [_url_variable(name, as_object(told.get(name))) for name in dict.fromkeys(_FIELD.findall(url))]
    variables += [_header(header) for header in as_list(value.get("headers"))[:20]]
    sign_in = "oauth" if sign_in_with else sign_in_of(variables)
    return remote(clean(value.get("type")), url, tuple(variables), sign_in, sign_in_with)


def _url_variable(name: str, told: Object) -> Variable:
    secret = told.get("isSecret")
    return variable(
        name,
        "url",
        text=clean(told.get("description")),
        required=told.get("isRequired") is not False,
        secret=secret if isinstance(secret, bool) else None,
        default=clean(told.get("default")),
        example=clean(told.get("placeholder")),
    )


def _header(told: Object) -> Variable:
    name, value = clean(told.get("name")), clean(told.get("value"))
    if not is_header(name):
        raise Refused(f"{line(name, 40)!r} is not the name of a header.")
    fields = _FIELD.findall(value)
    if len(fields) > 1:
        raise Refused(f"The header {name} has more than one value to fill in.")
    inner = as_object(as_object(told.get("variables")).get(fields[0])) if fields else {}
    secret = told.get("isSecret") is True or inner.get("isSecret") is True
    return variable(
        name,
        "header",
        text=clean(inner.get("description")) or clean(told.get("description")),
        required=told.get("isRequired") is True or inner.get("isRequired") is True,
        secret=secret,
        default=clean(inner.get("default")) or (clean(told.get("default")) or value if not fields else ""),
        example=clean(inner.get("placeholder")) or clean(told.get("placeholder")),
        template=_FIELD.sub("{value}", value) if fields else "{value}",
    )


def _tools(values: object) -> tuple[ToolDefinition, ...]:
    try:
        return msgspec.convert(as_list(values)[:500], tuple[ToolDefinition, ...])
    except msgspec.ValidationError as error:
        raise Refused(f"Its tools cannot be read: {error}.") from error


def _requires(ours: Object) -> tuple[str, ...]:
    values = ours.get("requires")
    return tuple(line(value, 200) for value in values[:20]) if isinstance(values, list) else ()


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(clean(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
