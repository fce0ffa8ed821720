"""Packages of a `server.json` as commands: npm with npx, PyPI with uvx, container images with Docker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marketplace.catalogue.schema import Argument, Stdio, Transport, Variable
from marketplace.importers.drafts import Refused
from marketplace.importers.servers import (
    build,
    check_image,
    env_variable,
    npm_program,
    pypi_program,
    sign_in_of,
    variable,
)
from marketplace.importers.texts import clean, line

_FIELD = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_FLAG = re.compile(r"-{1,2}[A-Za-z0-9][\w.-]{0,80}")
_RANGE = re.compile(r"[\^~<>=*\s]|latest")
Object = Mapping[str, Any]


def as_object(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Object]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def local_transport(value: Object, _sign_in: str) -> Transport:
    """Raises Refused."""
    kind = clean(as_object(value.get("transport")).get("type"))
    if kind and kind != "stdio":
        raise Refused(f"Its package is started as a server of its own ({line(kind, 30)}), not over standard streams.")
    made = _Command()
    for told in as_list(value.get("environmentVariables"))[:60]:
        made.environment(told)
    identifier, version = clean(value.get("identifier")), clean(value.get("version"))
    if version and _RANGE.search(version):
        raise Refused(f"{line(version, 40)!r} is not a single version of a package.")
    runtime = made.arguments(value.get("runtimeArguments"))
    after = made.arguments(value.get("packageArguments"))
    match clean(value.get("registryType")):
        case "npm":
            own = npm_program(f"{identifier}@{version}" if version else identifier)
            return made.stdio("npx", (*_without(runtime, ("-y", "--yes")), *own, *after), before=True)
        case "pypi":
            own = pypi_program(f"{identifier}=={version}" if version else identifier)
            return made.stdio("uvx", (*runtime, *own, *after))
        case "oci":
            tagged = ":" in identifier.rpartition("/")[2] or "@" in identifier
            image = check_image(f"{identifier}:{version}" if version and not tagged else identifier)
            kept = _without(runtime, ("run", "-i", "--interactive", "--rm"))
            return made.stdio("docker", ("run", "-i", "--rm", *made.passed(kept), *kept, image, *after))
        case other:
            raise Refused(f"Its package is of the kind {line(other, 30)!r}, which Crossroads does not start.")


def _without(arguments: tuple[Argument, ...], flags: tuple[str, ...]) -> tuple[Argument, ...]:
    return tuple(argument for argument in arguments if argument not in flags)


class _Command:
    """Collects variables while arguments are read."""

    def __init__(self) -> None:
        self.variables: dict[str, Variable] = {}

    def stdio(self, runtime: str, args: tuple[Argument, ...], *, before: bool = False) -> Transport:
        variables = tuple(self.variables.values())
        if before:  # npx takes its own options first, and `-y` before all of them
            args = ("-y", *_without(args, ("-y",)))
        return build(Stdio, runtime=runtime, args=args, variables=variables, sign_in=sign_in_of(variables))

    def passed(self, given: tuple[Argument, ...]) -> tuple[Argument, ...]:
        """`-e NAME` for every variable of the environment that the arguments do not pass themselves."""
        said = " ".join(part for argument in given for part in ((argument,) if isinstance(argument, str) else argument))
        names = [known.name for known in self.variables.values() if known.where == "env"]
        return tuple(("-e", name) for name in names if not re.search(rf"(?:^|\s){re.escape(name)}(?:$|[=\s])", said))

    def environment(self, told: Object) -> None:
        """One with a fixed value has it as its default; one with a variable inside is a template."""
        name, value = clean(told.get("name")), clean(told.get("value"))
        fields = _FIELD.findall(value)
        inner = as_object(as_object(told.get("variables")).get(fields[0])) if fields else {}
        secret = told.get("isSecret", inner.get("isSecret"))
        known = env_variable(
            name,
            text=clean(told.get("description")) or clean(inner.get("description")),
            required=(told.get("isRequired") is True or inner.get("isRequired") is True) and not told.get("default"),
            secret=secret if isinstance(secret, bool) else None,
            default=clean(told.get("default")) or ("" if fields else value),
            example=clean(told.get("placeholder")) or clean(inner.get("placeholder")),
        )
        if known is not None:
            self.variables.setdefault(known.name, _with_template(known, value, fields))

    def arguments(self, values: object) -> tuple[Argument, ...]:
        found: list[Argument] = []
        for told in as_list(values)[:60]:
            found.extend(self._argument(told))
        return tuple(found)

    def _argument(self, told: Object) -> list[Argument]:
        kind, value = told.get("type"), clean(told.get("value")) or clean(told.get("default"))
        if kind == "positional":
            return self._placed(value or f"{{{_word(told.get('valueHint'))}}}", told)
        flag = clean(told.get("name"))
        if kind != "named" or not _FLAG.fullmatch(flag):
            raise Refused(f"The argument {line(flag or str(kind), 40)!r} cannot be read.")
        if not value and not told.get("isRequired") and told.get("format") == "boolean":
            return []
        if not value and not told.get("description") and not told.get("isRequired"):
            return [flag]
        value = value or f"{{{_word(flag)}}}"
        if flag.startswith("--"):
            return self._placed(f"{flag}={value}", told)
        return [(flag, *(part for part in self._placed(value, told) if isinstance(part, str)))]

    def _placed(self, text: str, told: Object) -> list[Argument]:
        variables = as_object(told.get("variables"))
        for name in dict.fromkeys(_FIELD.findall(text)):
            inner = as_object(variables.get(name)) or told
            required = inner.get("isRequired") is True or told.get("isRequired") is True
            secret = inner.get("isSecret")
            self.variables.setdefault(
                name,
                variable(
                    name,
                    "arg",
                    text=clean(inner.get("description")),
                    required=required,
                    secret=secret if isinstance(secret, bool) else None,
                    default=clean(inner.get("default")),
                    example=clean(inner.get("placeholder")),
                ),
            )
        return [text]


def _with_template(known: Variable, value: str, fields: list[str]) -> Variable:
    if not fields:
        return known
    if len(fields) > 1:
        raise Refused(f"The variable {known.name} has more than one value to fill in.")
    return variable(
        known.name,
        "env",
        text=known.help or known.label,
        required=known.required,
        secret=known.secret,
        example=known.example,
        template=_FIELD.sub("{value}", value),
    )


def _word(text: object) -> str:
    """A name for a placeholder."""
    found = re.sub(r"[^A-Za-z0-9]+", "_", clean(text)).strip("_")
    if not found or not found[0].isalpha():
        raise Refused("An argument has neither a value nor a name.")
    return found[:60]
