"""Lists of MCP server packages: `packageName`, `runtime`, `url`, `env`, and `remotes` for hosted ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marketplace.catalogue.schema import PLACEHOLDER, Stdio, Transport, Variable
from marketplace.importers.categories import category_of
from marketplace.importers.drafts import ListingDraft, Refused
from marketplace.importers.servers import (
    build,
    check_image,
    env_variable,
    licence_of,
    npm_program,
    pypi_program,
    remote,
    server_author,
    server_package,
    sign_in_of,
    variable,
)
from marketplace.importers.texts import clean, cut, line, tag_list, web_address

MOST_VARIABLES = 60
_UNTOLD = frozenset({"other-tools-and-integrations", "uncategorized"})
_RUNTIMES = {"node": "npm", "python": "pypi", "docker": "docker"}
_SMALL = {"mcp": "MCP", "ai": "AI", "api": "API", "sql": "SQL", "url": "URL", "pdf": "PDF", "seo": "SEO"}
_HOSTED = "@toolsdk-remote/"
"""A made-up scope of entries that have an address and no package."""


def read_package(row: Mapping[str, Any]) -> ListingDraft:
    """Raises Refused."""
    package = clean(row.get("packageName"))
    if not package or len(package) > 250:
        raise Refused("It has no package name.")
    name = line(row.get("name"), 100) or package_title(package)
    description = clean(row.get("description"))
    if not description:
        raise Refused("It has no description.")
    address, foreign = web_address(row.get("url")), clean(row.get("category"))
    return ListingDraft(
        key=_key(row, package),
        kind="server",
        name=name,
        summary=line(description, 300),
        category=category_of("" if foreign in _UNTOLD else foreign, f"{name} {description}"),
        package=server_package(_transports(row, package, name)),
        author=server_author(address, name=line(row.get("author"), 80), package=package),
        readme=_readme(row, description),
        tags=() if foreign in _UNTOLD else tag_list([foreign.replace("-", " ")]),
        licence=licence_of(row.get("license")),
        homepage=address,
        repository=address if "github.com/" in address or "gitlab.com/" in address else "",
    )


def _key(row: Mapping[str, Any], package: str) -> str:
    return f"remote:{package}" if row.get("remotes") else f"{_RUNTIMES.get(str(row.get('runtime')), 'other')}:{package}"


def package_title(package: str) -> str:
    """`@acme/pdf-reader-mcp` as `PDF Reader MCP`."""
    words = re.split(r"[-_./\s]+", package.rpartition("/")[2])
    return line(" ".join(_SMALL.get(word.lower(), word[:1].upper() + word[1:]) for word in words if word), 100)


def _transports(row: Mapping[str, Any], package: str, name: str) -> tuple[Transport, ...]:
    remotes = row.get("remotes")
    variables = _variables(row.get("env"))
    if isinstance(remotes, list) and remotes:
        return tuple(_remote(one, variables, name) for one in remotes[:20])
    if package.startswith(_HOSTED):
        raise Refused("It is hosted, and its address is missing.")
    return (_program(row, package, variables),)


def _program(row: Mapping[str, Any], package: str, variables: tuple[Variable, ...]) -> Transport:
    """What runs it. A variable stands beside the command for each of its environment."""
    extra, program = _arguments(row), clean(row.get("bin"))
    if program and (not re.fullmatch(r"[\w.-]+", program) or program.startswith("-")):
        raise Refused(f"{program!r} is not the name of a command.")
    match row.get("runtime"):
        case "node":
            args: tuple[str, ...] = npm_program(package, extra=extra, bin=program)
            runtime = "npx"
        case "python":
            args, runtime = pypi_program(package, extra=extra, bin=program), "uvx"
        case "docker":
            names = [part for known in variables for part in ("-e", known.name)]
            args, runtime = ("run", "-i", "--rm", *names, check_image(package)), "docker"
        case other:
            raise Refused(f"It runs with {line(str(other), 30)}, which Crossroads does not start.")
    return build(Stdio, runtime=runtime, args=args, variables=variables, sign_in=sign_in_of(variables))


def _arguments(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Arguments that belong to its start. Some entries list every option instead, or how a checkout is run."""
    values = row.get("binArgs")
    found = [clean(value) for value in values] if isinstance(values, list) else []
    if len(found) > 3 or not found or found[0] == "run" or any(PLACEHOLDER.search(text) for text in found):
        return ()
    return tuple(found)


def _variables(env: object) -> tuple[Variable, ...]:
    if not isinstance(env, dict):
        return ()
    if len(env) > MOST_VARIABLES:
        raise Refused(f"It has more than {MOST_VARIABLES} variables.")
    found: dict[str, Variable] = {}
    for name, told in env.items():
        told = told if isinstance(told, dict) else {}
        secret = told.get("secret")
        known = env_variable(
            str(name),
            text=clean(told.get("description")),
            required=told.get("required") is True and not told.get("default"),
            secret=secret if isinstance(secret, bool) else None,
            default=str(told.get("default") or ""),
        )
        if known is not None:
            found.setdefault(known.name, known)
    return tuple(found.values())


def _remote(one: object, variables: tuple[Variable, ...], name: str) -> Transport:
    told: Mapping[str, Any] = one if isinstance(one, dict) else {}
    auth = told.get("auth")
    kind, url = clean(told.get("type")), clean(told.get("url"))
    if isinstance(auth, dict) and auth.get("type") == "oauth2":
        return remote(kind, url, (), "oauth", name)
    keys = [known for known in variables if known.secret]
    if not keys:
        return remote(kind, url, (), "none", "")
    return remote(kind, url, (bearer(keys[0].label, required=keys[0].required),), sign_in_of(keys[:1]), "")


def bearer(label: str, *, required: bool) -> Variable:
    """How a key is sent where the source does not say: as nearly everybody does."""
    return variable("Authorization", "header", text=label, required=required, secret=True, template="Bearer {value}")


def _readme(row: Mapping[str, Any], description: str) -> str:
    more = web_address(row.get("readme"))
    return cut(description, 20_000) + (f"\n\n[Its documentation]({more})" if more and ")" not in more else "")
