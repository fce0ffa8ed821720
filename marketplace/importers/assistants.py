"""Assistants as collections of system prompts keep them: `identifier`, `meta`, `config`, `locales`, `examples`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from assistants.configuration import Example
from marketplace.importers.categories import category_of
from marketplace.importers.drafts import Author, ListingDraft, Refused
from marketplace.importers.texts import clean, cut, first_text, line, owner_of, tag_list, web_address
from marketplace.packages import AssistantPackage

MOST_INSTRUCTIONS = 100_000


def read_assistant(row: Mapping[str, Any]) -> ListingDraft:
    """Raises Refused."""
    meta, config = _object(row, "meta"), _object(row, "config")
    key, name = line(row.get("identifier"), 300), line(meta.get("title"), 100)
    if not key or not name:
        raise Refused("It has no identifier or no title.")
    translations = _translations(row.get("locales"))
    return ListingDraft(
        key=key,
        kind="assistant",
        name=name,
        summary=line(meta.get("description") or row.get("summary") or name, 300),
        category=category_of(clean(meta.get("category")), f"{name} {clean(meta.get('description'))}"),
        package=_package(row, config),
        author=_author(row),
        readme=_readme(row, meta, config),
        tags=tag_list(meta.get("tags")),
        languages=("en", *translations),
        translations=translations,
        homepage=web_address(row.get("homepage")),
        made_at=_day(row.get("createdAt") or row.get("createAt")),
    )


def _object(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise Refused(f"It has no {name}.")
    return value


def _package(row: Mapping[str, Any], config: Mapping[str, Any]) -> AssistantPackage:
    instructions = clean(config.get("systemRole"))
    if not instructions:
        raise Refused("It has no instructions.")
    if len(instructions) > MOST_INSTRUCTIONS:
        raise Refused(f"Its instructions are longer than {MOST_INSTRUCTIONS:,} characters.")
    told = config.get("params")
    params: dict[str, Any] = told if isinstance(told, dict) else {}
    greeting = first_text((config.get("openingMessage"), row.get("openingMessage")))
    starters = config.get("openingQuestions") or row.get("openingQuestions")
    value = {
        "kind": "assistant",
        "instructions": instructions,
        "greeting": cut(greeting, 4000),
        "starters": _lines(starters)[:8],
        "examples": [msgspec.to_builtins(example) for example in _examples(row)],
        **{name: params[name] for name in ("temperature", "top_p", "max_tokens") if _is_number(params.get(name))},
    }
    try:
        return msgspec.convert(value, AssistantPackage)
    except msgspec.ValidationError as error:
        raise Refused(f"It cannot be read: {error}.") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lines(values: object) -> list[str]:
    found = [line(value, 200) for value in values] if isinstance(values, list) else []
    return [text for text in found if text]


def _turns(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    turns = row.get("examples")
    rows = [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    return [(clean(turn.get("role")), clean(turn.get("content"))) for turn in rows]


def _examples(row: Mapping[str, Any]) -> list[Example]:
    """What the person says first: the rest of the conversation hangs on answers that another model gave."""
    asked = [text for role, text in _turns(row) if role == "user" and text]
    return [Example(input=cut(text, 4000)) for text in asked[:1]]


def _readme(row: Mapping[str, Any], meta: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    parts = [first_text((row.get("summary"), meta.get("description")))]
    plugins = _lines(config.get("plugins"))
    if plugins:
        parts.append(f"At its source it used these plug-ins, which are no part of this listing: {', '.join(plugins)}.")
    turns = _turns(row)[:4]
    if turns:
        parts.append("## An example")
        parts += [f"**{'You' if role == 'user' else 'Assistant'}**\n\n{_quoted(text)}" for role, text in turns if text]
    return "\n\n".join(part for part in parts if part)


def _quoted(text: str) -> str:
    return "\n".join(f"> {row}".rstrip() for row in cut(text, 1500).splitlines())


def _translations(locales: object) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for language, texts in locales.items() if isinstance(locales, dict) else ():
        if not isinstance(texts, dict) or not isinstance(language, str) or not 2 <= len(language) <= 10:
            continue
        name, summary = line(texts.get("title"), 100), line(texts.get("description"), 300)
        if name:
            found[language] = {"name": name, "summary": summary, "tags": list(tag_list(texts.get("tags")))}
    return found


def _author(row: Mapping[str, Any]) -> Author:
    homepage, name = web_address(row.get("homepage")), line(row.get("author"), 80)
    host, owner = owner_of(homepage)
    if owner:
        return Author(key=f"{host}/{owner}".lower(), name=name or owner, website=f"https://{host}/{owner}")
    if not name:
        raise Refused("It names no author.")
    return Author(key=f"name:{name.lower()}", name=name, website=homepage)


def _day(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(clean(value)).replace(tzinfo=UTC)
    except ValueError:
        return None
