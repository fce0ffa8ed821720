"""Whether a configuration can be kept: its own shape, and what it names in the workspace."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema
import msgspec
from django.utils.translation import gettext as _

from assistants.configuration import Configuration, Variable, configuration_json, read_configuration
from assistants.enums import MAX_CONFIGURATION_BYTES, MODEL_CLASSES
from assistants.models import ModelProvider
from assistants.selectors.opening import placeholders
from core.errors import Text
from core.json_values import too_deep
from proxy.errors import DraftProblem
from proxy.models import Hub

_FIELD = re.compile(r"at `\$\.?([^`]*)`")
_DEEPEST = 40

Errors = dict[str, list[Text]]


def checked_configuration(workspace_id: str, value: Configuration | Mapping[str, Any]) -> Configuration:
    """A configuration that can be kept in this workspace. Raises DraftProblem with every field that cannot be used."""
    configuration = value if isinstance(value, Configuration) else _read(value)
    configuration = _read(configuration_json(configuration))
    errors: Errors = {}
    _check_size(configuration, errors)
    _check_variables(configuration, errors)
    _check_schemas(configuration, errors)
    _check_places(workspace_id, configuration, errors)
    if errors:
        raise DraftProblem(errors)
    return configuration


def unknown_placeholders(configuration: Configuration) -> list[str]:
    """Names in the texts that no variable has: model and people read the braces themselves."""
    known = {variable.name for variable in configuration.variables}
    return [name for name in placeholders(_texts(configuration)) if name not in known]


def _texts(configuration: Configuration) -> str:
    """All in which a variable is replaced."""
    return "\n".join((configuration.instructions, configuration.greeting, *configuration.starters))


def _read(value: Mapping[str, Any]) -> Configuration:
    if too_deep(value):
        raise DraftProblem({"configuration": [_("This is nested too deeply.")]})
    try:
        return read_configuration(value)
    except msgspec.ValidationError as problem:
        text = str(problem)
        found = _FIELD.search(text)
        path = found[1] if found else ""
        top = re.split(r"[.\[]", path, maxsplit=1)[0]
        raise DraftProblem({top or "configuration": [_sentence(text, path)]}) from None


def _sentence(text: str, path: str) -> str:
    """msgspec's words as ours, where they are common; else its own, which name the field."""
    longest = re.search(r"of length <= (\d+)", text)
    if longest:
        limit = f"{int(longest[1]):,}"
        if "`str`" in text:
            return _("%(field)s is too long: at most %(limit)s characters fit.") % {"field": path, "limit": limit}
        return _("%(field)s has too many entries: at most %(limit)s.") % {"field": path, "limit": limit}
    unknown = re.search(r"unknown field `([^`]*)`", text)
    if unknown:
        return _("There is no field called %s.") % unknown[1]
    return text.split(" - at ")[0].rstrip(".") + (f" ({path})." if path else ".")


def _check_size(configuration: Configuration, errors: Errors) -> None:
    text = json.dumps(configuration_json(configuration), ensure_ascii=False)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_CONFIGURATION_BYTES:
        limit = MAX_CONFIGURATION_BYTES // 1024
        errors.setdefault("configuration", []).append(_("All of it together is larger than %d kB.") % limit)
    if "\\u0000" in text.replace("\\\\", ""):
        errors.setdefault("configuration", []).append(_("NUL characters cannot be used."))
    elif any("\ud800" <= char <= "\udfff" for char in text):
        errors.setdefault("configuration", []).append(_("It holds half a character (a lone surrogate)."))


def _check_variables(configuration: Configuration, errors: Errors) -> None:
    found = errors.setdefault("variables", [])
    names = [variable.name for variable in configuration.variables]
    found += [_("Two variables are called %s.") % name for name in _twice(names)]
    for variable in configuration.variables:
        found += _variable_problems(variable)
    secret = {variable.name for variable in configuration.variables if variable.kind == "secret"}
    shown = [name for name in placeholders(_texts(configuration)) if name in secret]
    if shown:
        errors["instructions"] = [
            _("{{%s}} is a secret: written into the instructions, the model would read it and could repeat it.") % name
            for name in shown
        ]
    if not found:
        del errors["variables"]


def _variable_problems(variable: Variable) -> Iterable[str]:
    if not variable.label.strip():
        yield _("The variable %s needs a label: what people are asked for.") % variable.name
    if variable.kind == "choice" and not variable.choices:
        yield _("The variable %s is a choice, and has nothing to choose from.") % variable.name
    if variable.kind == "choice" and variable.default and variable.default not in variable.choices:
        yield _("The default of %s is none of its choices.") % variable.name
    if variable.kind == "secret" and variable.default:
        yield _("The secret %s can have no default: everybody could read it here.") % variable.name
    if variable.kind == "number" and variable.default and not is_number(variable.default):
        yield _("The default of %s is no number.") % variable.name


def is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\s*-?\d{1,30}([.,]\d{1,30})?\s*", text))


def _check_schemas(configuration: Configuration, errors: Errors) -> None:
    for field in ("input_schema", "output_schema"):
        schema = getattr(configuration, field)
        if schema is None:
            continue
        if _depth(schema) > _DEEPEST:
            errors[field] = [_("This is nested too deeply.")]
            continue
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as problem:
            errors[field] = [_("This is no JSON Schema: %s") % problem.message[:300]]
        except Exception as problem:  # the library meets values that no schema has, each with an exception of its own
            errors[field] = [_("This is no JSON Schema: %s") % str(problem)[:300]]
        else:
            if field == "input_schema" and schema.get("type", "object") != "object":
                errors[field] = [_('What goes in is an object: write "type": "object".')]


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        depth += 1
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth


def _check_places(workspace_id: str, configuration: Configuration, errors: Errors) -> None:
    """Hubs and providers that it names are those of its workspace. A tool that is away is no error: it may return."""
    model = configuration.model
    if model.provider and not ModelProvider.objects.filter(workspace=workspace_id, pk=model.provider).exists():
        errors["model"] = [_("There is no such model provider in this workspace.")]
    if model.klass not in MODEL_CLASSES:
        errors["model"] = [_("Choose fast, balanced or best.")]
    hubs = {tool.hub for tool in configuration.tools}
    known = set(Hub.objects.filter(workspace=workspace_id, pk__in=hubs).values_list("id", flat=True))
    found: list[Text] = [_("There is no hub %s in this workspace.") % hub[:60] for hub in sorted(hubs - known)]
    pairs = [f"{tool.name}" for tool in configuration.tools]
    found += [_("The tool %s is chosen twice; one hub can offer it.") % name for name in _twice(pairs)]
    if found:
        errors["tools"] = found


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
