"""The formats that assistants are passed around in: ours, LobeChat's, character cards, and the GPT-like many."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from assistants.errors import ImportProblem
from assistants.importers.drafts import FileTool, ImportedAssistant

OWN = "crossroads-assistant"
Value = Mapping[str, Any]


def read_value(value: Value, *, body: str = "", format: str = "json") -> ImportedAssistant:
    """The assistant of a decoded file. `body`: the text below a front matter."""
    if value.get("format") == OWN:
        return read_own(value)
    if is_lobechat(value):
        return read_lobechat(value)
    if is_card(value):
        return read_card(value)
    return read_generic(value, body=body, format=format)


def read_own(value: Value) -> ImportedAssistant:
    """What our export wrote."""
    if value.get("version") != 1:
        raise ImportProblem(_("This file was written by a newer Crossroads, and cannot be read here."))
    given = value.get("configuration")
    if not isinstance(given, dict):
        raise ImportProblem(_("The file lacks its configuration."))
    found = ImportedAssistant(OWN, configuration=dict(given))
    found.put_name(_text(value.get("name")))
    found.put_summary(_text(value.get("summary")))
    letters = _text(value.get("letters")).strip()
    found.letters = letters if len(letters) <= 2 and letters.isalnum() else ""
    found.put_instructions(_text(given.get("instructions")))
    for tool in found.configuration.pop("tools", None) or ():
        if isinstance(tool, dict) and _text(tool.get("name")):
            hub, ask = _text(tool.get("hub")), tool.get("ask_first") is True
            found.tools.append(FileTool(_text(tool["name"])[:128], hub, ask))
    unread = value.get("unread")
    if isinstance(unread, dict):
        found.unread |= unread
    known = {"format", "version", "name", "summary", "letters", "configuration", "unread"}
    found.unread |= {name: inner for name, inner in value.items() if name not in known}
    return found


def is_lobechat(value: Value) -> bool:
    config = value.get("config")
    return (isinstance(config, dict) and "systemRole" in config) or ("systemRole" in value and "meta" in value)


def read_lobechat(value: Value) -> ImportedAssistant:
    """An agent of LobeChat's index: `config.systemRole`, `meta.title`, and texts that some of them have outside."""
    found = ImportedAssistant("lobechat")
    config, meta = _object(value, "config"), _object(value, "meta")
    config = config or {"systemRole": value.get("systemRole")}
    found.put_name(_text(meta.get("title")) or _text(value.get("title")) or _text(value.get("identifier")))
    found.put_summary(_text(meta.get("description")) or _text(value.get("description")) or _text(value.get("summary")))
    found.put_instructions(_text(config.get("systemRole")))
    found.put_greeting(_text(config.get("openingMessage")) or _text(value.get("openingMessage")))
    found.put_starters(_texts(config.get("openingQuestions")) or _texts(value.get("openingQuestions")))
    found.put_examples(_asked(value.get("examples")) or _asked(config.get("examples")))
    found.put_model(config.get("model"))
    left = _put_settings(found, _object(config, "params"))
    if left:
        found.keep("params", left)
    plugins = _texts(config.get("plugins"))
    if plugins:
        names = ", ".join(plugins)[:200]
        found.keep("plugins", plugins, _("It used plugins (%s): give it tools that do the same.") % names)
    read = {"config", "meta", "title", "description", "openingMessage", "openingQuestions", "examples", "systemRole"}
    inner = {"systemRole", "openingMessage", "openingQuestions", "model", "params", "plugins", "examples"}
    _keep_others(found, value, read)
    _keep_others(found, config, inner, below="config")
    _keep_others(found, meta, {"title", "description"}, below="meta")
    return found


def is_card(value: Value) -> bool:
    data = value.get("data")
    spec = _text(value.get("spec")).startswith("chara_card") and isinstance(data, dict)
    return spec or ("first_mes" in value and ("personality" in value or "description" in value))


def read_card(value: Value) -> ImportedAssistant:
    """A character card, version 1 to 3. `{{char}}` is its name; `{{user}}` is whoever talks to it."""
    found = ImportedAssistant("character")
    data = _object(value, "data") or value
    name = _text(data.get("name"))

    def said(field: str) -> str:
        text = _text(data.get(field)).strip()
        text = re.sub(r"(?i)\{\{\s*char\s*\}\}|<bot>", name or _("the character"), text)
        return re.sub(r"(?i)\{\{\s*user\s*\}\}|<user>", _("the person"), text)

    found.put_name(name)
    found.put_summary(_text(data.get("creator_notes")) or said("description").split("\n")[0])
    parts = [said("system_prompt")]
    titled = (("description", _("Character")), ("personality", _("Personality")), ("scenario", _("Scene")))
    parts += [f"## {title}\n\n{said(field)}" for field, title in titled if said(field)]
    if said("mes_example"):
        parts.append(f"## {_('How it talks')}\n\n{said('mes_example')}")
    parts.append(said("post_history_instructions"))
    found.put_instructions("\n\n".join(part for part in parts if part))
    found.put_greeting(said("first_mes"))
    read = {
        *("name", "system_prompt", "description", "personality", "scenario", "mes_example", "first_mes"),
        *("post_history_instructions", "creator_notes"),
    }
    _keep_others(found, data, read | {"spec", "spec_version", "data"})
    return found


_ALIASES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "title", "display_name", "displayName", "agent_name"),
    "summary": ("description", "summary", "short_description", "tagline"),
    "instructions": (
        *("instructions", "system_prompt", "systemPrompt", "system_message", "systemMessage", "system", "prompt"),
        *("pre_prompt", "developer_instructions", "systemRole", "content"),
    ),
    "greeting": (
        *("greeting", "welcome_message", "welcomeMessage", "opening_statement", "openingMessage", "first_message"),
        *("first_mes", "intro"),
    ),
    "starters": (
        *("starters", "conversation_starters", "conversationStarters", "prompt_starters", "starter_prompts"),
        *("suggested_questions", "openingQuestions", "suggestions"),
    ),
    "model": ("model", "model_id", "modelId"),
    "tools": ("tools", "allowed-tools", "allowed_tools"),
}


def read_generic(value: Value, *, body: str = "", format: str = "json") -> ImportedAssistant:
    """Any file that calls things by names that are in common use. Front matter with a body: it is the instructions."""
    inner = value.get("gpt") or value.get("gizmo") or value.get("agent") or value.get("assistant")
    if isinstance(inner, dict) and not any(name in value for name in _ALIASES["instructions"]):
        value = inner
    display = _object(value, "display")
    found = ImportedAssistant(format)
    used: set[str] = {"display"} if display else set()

    def take(field: str) -> Any:
        for name in _ALIASES[field]:
            for source in (value, display):
                if source.get(name) not in (None, "", []):
                    used.add(name)
                    return source[name]
        return None

    found.put_name(_text(take("name")))
    found.put_summary(_text(take("summary")))
    parts = [body.strip()] if body.strip() else [_paragraphs(take("instructions"))]
    parts += _character_parts(value, used)
    found.put_instructions("\n\n".join(part for part in parts if part))
    found.put_greeting(_text(take("greeting")))
    found.put_starters(_texts(take("starters")))
    found.put_model(take("model"))
    _put_tools(found, take("tools"))
    _put_variables(found, value, used)
    settings = _object(value, "model_settings") or _object(value, "parameters") or value
    left = _put_settings(found, settings)
    if settings is value:
        used |= set(_NUMBERS) & (set(value) - set(left))
    _keep_others(found, value, used)
    if not found.configuration.get("instructions") and not found.name:
        raise ImportProblem(
            _("The file has none of the fields that an assistant is made of: a name, and instructions or a prompt.")
        )
    return found


_NUMBERS: Mapping[str, tuple[str, float, float]] = {
    "temperature": ("temperature", 0, 2),
    "top_p": ("top_p", 0.0001, 1),
    "topP": ("top_p", 0.0001, 1),
    "max_tokens": ("max_tokens", 1, 1_000_000),
    "maxTokens": ("max_tokens", 1, 1_000_000),
}


def _put_settings(found: ImportedAssistant, given: Value) -> dict[str, Any]:
    """Numbers of the model that have a place here; what is left over comes back."""
    left = {}
    for name, value in given.items():
        known = _NUMBERS.get(name)
        if known is None or not found.put_number(known[0], value, known[1], known[2], whole=known[0] == "max_tokens"):
            left[name] = value
    return left


def _put_tools(found: ImportedAssistant, given: Any) -> None:
    if isinstance(given, str):
        given = [part.strip() for part in given.split(",")]
    for tool in given if isinstance(given, list) else ():
        name = tool if isinstance(tool, str) else ""
        if isinstance(tool, dict):
            function = _object(tool, "function")
            name = _text(tool.get("name")) or _text(function.get("name")) or _text(tool.get("type"))
        if name:
            found.tools.append(FileTool(name[:128]))


def _put_variables(found: ImportedAssistant, value: Value, used: set[str]) -> None:
    """A list of {name, label, …} as ours or near it."""
    given = value.get("variables")
    rows = []
    for variable in given if isinstance(given, list) else ():
        name = _text(variable.get("name") if isinstance(variable, dict) else variable)
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            return
        label = _text(variable.get("label") or variable.get("description")) if isinstance(variable, dict) else ""
        default = _text(variable.get("default")) if isinstance(variable, dict) else ""
        rows.append({"name": name, "label": (label or name)[:200], "default": default[:4000]})
    if rows and len({row["name"] for row in rows}) == len(rows) <= 40:
        found.configuration["variables"] = rows
        used.add("variables")


def _character_parts(value: Value, used: set[str]) -> list[str]:
    """Who it is, as files of characters for agents say: bio, lore, style, topics."""
    parts = []
    titles = {"bio": _("Who it is"), "lore": _("Background"), "style": _("Style"), "topics": _("Topics")}
    for field, title in titles.items():
        given = value.get(field)
        if isinstance(given, dict):
            given = [line for inner in given.values() for line in _texts(inner)]
        lines = [given] if isinstance(given, str) else _texts(given)
        if lines:
            used.add(field)
            parts.append(f"## {title}\n\n" + "\n".join(f"- {line}" if len(lines) > 1 else line for line in lines))
    return parts


def _keep_others(found: ImportedAssistant, value: Value, read: set[str], *, below: str = "") -> None:
    others = {name: inner for name, inner in value.items() if name not in read and inner not in (None, "", [], {})}
    if below and others:
        found.keep(below, others)
    elif not below:
        for name, inner in others.items():
            found.keep(name[:80], inner)


def _object(value: Value, name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _paragraphs(value: Any) -> str:
    """Instructions are one text, or a list of them."""
    return "\n\n".join(_texts(value)) if isinstance(value, list) else _text(value)


def _texts(value: Any) -> list[str]:
    """Texts of a list, or of objects that each hold one."""
    found = []
    for inner in value if isinstance(value, list) else ():
        if isinstance(inner, dict):
            inner = inner.get("text") or inner.get("prompt") or inner.get("title") or inner.get("content")
        if isinstance(inner, str) and inner.strip():
            found.append(inner)
    return found


def _asked(value: Any) -> list[str]:
    """What people say in examples of a conversation: [{"role": "user", "content": …}]."""
    rows = value if isinstance(value, list) else ()
    return [_text(row.get("content")) for row in rows if isinstance(row, dict) and row.get("role") == "user"]
