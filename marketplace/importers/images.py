"""Lists of MCP servers in container images and at addresses: `image` or `remote`, `about`, `config`, `run`, `tools`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marketplace.catalogue.schema import PLACEHOLDER, Argument, Stdio, Transport, Variable
from marketplace.importers.categories import category_of
from marketplace.importers.drafts import Author, ListingDraft, Refused
from marketplace.importers.packages import bearer
from marketplace.importers.servers import (
    build,
    check_image,
    env_variable,
    is_header,
    remote,
    server_author,
    server_package,
    sign_in_of,
    variable,
)
from marketplace.importers.texts import clean, cut, line, repository_key, tag_list, web_address
from marketplace.packages import ToolDefinition

_FIELD = re.compile(r"\{\{\s*([\w.-]+)((?:\|[^{}]*)?)\s*\}\}")
_SHELL = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?")
_ARCHIVED = re.compile(r"\s*\(archived\)\s*$", re.IGNORECASE)
_TYPES = ("string", "number", "integer", "boolean", "array", "object")
Object = Mapping[str, Any]


def read_image(row: Object) -> ListingDraft:
    """Raises Refused."""
    key, about, meta = line(row.get("name"), 200), _object(row.get("about")), _object(row.get("meta"))
    if not key:
        raise Refused("It has no name.")
    if row.get("type") == "poci":
        raise Refused("Each of its tools is a container of its own; there is no MCP server to connect.")
    title = line(about.get("title"), 100) or key
    name = _ARCHIVED.sub("", title) or title
    description = clean(about.get("description")) or f"{name}, an MCP server."
    foreign, project = clean(meta.get("category")), web_address(_object(row.get("source")).get("project"))
    transport, requires = _transport(row, name)
    return ListingDraft(
        key=key,
        kind="server",
        name=name,
        summary=line(description, 300),
        category=category_of(foreign, f"{name} {description}"),
        package=server_package((transport,), _tools(row.get("tools")), requires),
        author=_author(row, project),
        readme=cut(description, 20_000),
        tags=tag_list(meta.get("tags")),
        homepage=project,
        repository=f"https://{_cased(project)}" if repository_key(project) else "",
        deprecated=bool(_ARCHIVED.search(title)),
    )


def _object(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Object]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [clean(one) for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _cased(project: str) -> str:
    """The repository without scheme, `.git` and what follows, in its own case."""
    return "/".join(project.split("://", 1)[-1].removesuffix(".git").split("/")[:3])


def _author(row: Object, project: str) -> Author:
    return server_author(project or clean(_object(row.get("remote")).get("url")), package=clean(row.get("image")))


def _transport(row: Object, name: str) -> tuple[Transport, tuple[str, ...]]:
    if row.get("type") == "remote":
        return _remote(row, name), ()
    return _program(row), _requires(row)


def _requires(row: Object) -> tuple[str, ...]:
    need = line(row.get("requirement"), 100)
    return (f"A running {need}",) if need else ()


def _remote(row: Object, name: str) -> Transport:
    told = _object(row.get("remote"))
    kind, url = clean(told.get("transport_type")), clean(told.get("url"))
    secrets = {clean(one.get("env")): one for one in _objects(_object(row.get("config")).get("secrets"))}
    headers = [_header(header, text, secrets) for header, text in _object(told.get("headers")).items()]
    if not headers and row.get("oauth"):
        return remote(kind, url, (), "oauth", name)
    if not headers and secrets:
        first = next(iter(secrets.items()))
        headers = [bearer(first[0], required=first[1].get("required") is not False)]
    return remote(kind, url, tuple(headers), sign_in_of(headers), "")


def _header(name: str, text: object, secrets: Mapping[str, Object]) -> Variable:
    """A header whose value holds one secret: `Bearer ${KEY}`."""
    found = _SHELL.findall(clean(text))
    if len(found) != 1 or not is_header(name):
        raise Refused(f"The header {line(name, 40)!r} cannot be filled in.")
    told = secrets.get(found[0], {})
    return variable(
        name,
        "header",
        text=clean(told.get("description")) or found[0],
        required=told.get("required") is not False,
        secret=True,
        example=clean(told.get("example")),
        template=_SHELL.sub("{value}", clean(text)),
    )


def _program(row: Object) -> Transport:
    """`docker run` with the variables, volumes and arguments that the entry names."""
    build_up = _Docker(_object(row.get("config")), _object(row.get("run")))
    args = build_up.arguments(check_image(clean(row.get("image"))))
    variables = tuple(build_up.variables.values())
    return build(Stdio, runtime="docker", args=args, variables=variables, sign_in=sign_in_of(variables))


class _Docker:
    """Collects what a container needs. Fields of the configuration become variables, whether they go to the environment
    or to an argument."""

    def __init__(self, config: Object, run: Object) -> None:
        self.run = run
        parameters = _object(config.get("parameters"))
        self.properties = _object(parameters.get("properties"))
        self.required = frozenset(_texts(parameters.get("required")))
        self.variables: dict[str, Variable] = {}
        self.secrets = {clean(one.get("env")): one for one in _objects(config.get("secrets"))}
        for name, told in self.secrets.items():
            self._add(name, told, required=told.get("required") is not False, secret=True)
        for told in _objects(config.get("env")):
            self._environment(told)

    def arguments(self, image: str) -> tuple[Argument, ...]:
        settings = [("-e", f"{name}={text}") for name, text in self._run_environment()]
        volumes = [self._group("-v", text) for text in _texts(self.run.get("volumes"))]
        command = [self._group("", text) for text in _texts(self.run.get("command"))]
        names = [("-e", known.name) for known in self.variables.values() if known.where == "env"]
        offline = ("--network=none",) if self.run.get("disableNetwork") is True else ()
        return ("run", "-i", "--rm", *offline, *names, *settings, *volumes, image, *command)

    def _add(self, name: str, told: Object, *, required: bool, secret: bool | None = None, default: str = "") -> None:
        text = clean(told.get("description"))
        known = env_variable(
            name, text=text, required=required, secret=secret, default=default, example=clean(told.get("example"))
        )
        if known is not None:
            self.variables.setdefault(known.name, known)

    def _environment(self, told: Object) -> None:
        """A field makes it something to fill in; any other value is its default."""
        value = told.get("value")
        text = clean(value) if isinstance(value, str) else ""
        field = _FIELD.search(text)
        default = str(told.get("default") or "") if field or not text else text
        name = field[1].rpartition(".")[2] if field else ""
        told = {**_object(self.properties.get(name)), **told}
        self._add(clean(told.get("name")), told, required=name in self.required and not default, default=default)

    def _run_environment(self) -> list[tuple[str, str]]:
        """Fixed values; one that holds a secret becomes the way in which that secret is passed."""
        fixed = []
        for name, value in _object(self.run.get("env")).items():
            used = _SHELL.findall(str(value))
            if len(used) == 1 and used[0] in self.secrets:
                self.variables.pop(used[0], None)
                label, template = used[0], _SHELL.sub("{value}", str(value))
                self.variables[name] = variable(name, "env", text=label, required=True, secret=True, template=template)
            elif not PLACEHOLDER.search(str(value)):
                fixed.append((name, clean(value)))
        return fixed

    def _group(self, flag: str, text: str) -> Argument:
        """One argument with its flag. A folder of this machine stands at the same path inside the container."""
        made = _FIELD.sub(lambda match: self._placed(match[1]), text)
        made = _SHELL.sub(lambda match: self._secret_argument(match[1]), made)
        if flag and ":" not in made:
            made = f"{made}:{made}"
        return (flag, made) if flag else made

    def _placed(self, field: str) -> str:
        name = re.sub(r"\W", "_", field.rpartition(".")[2])
        told = _object(self.properties.get(field.rpartition(".")[2]))
        default = told.get("default")
        self.variables.setdefault(
            name,
            variable(
                name,
                "arg",
                text=clean(told.get("description")) or name.replace("_", " ").capitalize(),
                required=field.rpartition(".")[2] in self.required,
                secret=False,
                default=default if isinstance(default, str) and "$" not in default else "",
            ),
        )
        return f"{{{name}}}"

    def _secret_argument(self, name: str) -> str:
        known = self.variables.get(name)
        if known is None:
            return f"${name}"
        self.variables[name] = variable(
            name, "arg", text=known.label, required=known.required, secret=True, example=known.example
        )
        return f"{{{name}}}"


def _tools(values: object) -> tuple[ToolDefinition, ...]:
    return tuple(_tool(told) for told in _objects(values)[:500] if clean(told.get("name")))


def _tool(told: Object) -> ToolDefinition:
    schema = told.get("inputSchema") or told.get("parameters")
    return ToolDefinition(
        name=clean(told.get("name")),
        description=clean(told.get("description")),
        input_schema=schema if isinstance(schema, dict) else _schema(told.get("arguments")),
        read_only=_object(told.get("annotations")).get("readOnlyHint") is True,
    )


def _schema(arguments: object) -> dict[str, Any]:
    """A JSON Schema of a list of arguments. Those not marked are optional, as the list does not say."""
    told = [one for one in _objects(arguments) if clean(one.get("name"))]
    if not told:
        return {"type": "object"}
    properties = {
        clean(one["name"]): {
            "type": one["type"] if one.get("type") in _TYPES else "string",
            "description": clean(one.get("desc")),
        }
        for one in told
    }  # fmt: skip
    required = [clean(one["name"]) for one in told if one.get("required") is True]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}
