"""From the bytes of a file to an assistant: which format it is, and what it says."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

import yaml
from django.utils.translation import gettext as _

from assistants.enums import MAX_FILE_BYTES
from assistants.errors import ImportProblem
from assistants.importers.drafts import ImportedAssistant
from assistants.importers.formats import read_value
from core.json_values import checked_json, too_deep

_FRONT = re.compile(r"\A---[ \t]*\n(?P<head>.*?)\n---[ \t]*(?:\n(?P<body>.*))?\Z", re.DOTALL)
_HEADING = re.compile(r"\A#\s+(?P<title>[^\n]+)\n+(?P<rest>.*)\Z", re.DOTALL)
_KEY = re.compile(r"\A[A-Za-z_][\w -]{0,40}:(\s|\Z)")


def read_assistant_file(content: bytes, name: str = "") -> ImportedAssistant:
    """The assistant of a file. `name` is the file's, and only helps. Raises ImportProblem with a sentence."""
    if len(content) > MAX_FILE_BYTES:
        raise ImportProblem(
            _("The file is %(size).1f MB. A file of at most 1 MB can be read; instructions hold 100,000 characters.")
            % {"size": len(content) / 1024 / 1024}
        )
    text = _decoded(content).strip()
    if not text:
        raise ImportProblem(_("The file is empty."))
    found = _read(text, name.lower())
    if not found.name:
        found.put_name(_from_filename(name) or _("Imported assistant"))
        found.notes.append(_("The file gives no name, so it has this one for now."))
    if not found.configuration.get("instructions"):
        found.notes.append(_("The file gives no instructions."))
    return found.finish()


def _read(text: str, name: str) -> ImportedAssistant:
    if text[0] in "{[":
        return read_value(_one(_json(text)))
    if front := _FRONT.match(text):
        head = _yaml(front["head"])
        if not isinstance(head, dict):
            raise ImportProblem(_("The front matter between the two lines of --- is no list of fields."))
        return read_value(head, body=front["body"] or "", format="markdown")
    if name.endswith((".yaml", ".yml")) or (not name.endswith((".md", ".markdown", ".txt")) and _KEY.match(text)):
        value = _yaml(text)
        if isinstance(value, (dict, list)):
            return read_value(_one(value), format="yaml")
        if name.endswith((".yaml", ".yml")):
            raise ImportProblem(_("This YAML holds no fields such as name and instructions."))
    return _plain(text)


def _plain(text: str) -> ImportedAssistant:
    """Text without any field is the instructions; a heading at its top is the name."""
    heading = _HEADING.match(text + "\n")
    value = {"name": heading["title"], "instructions": heading["rest"]} if heading else {"instructions": text}
    return read_value(value, format="text")


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportProblem(_("This is no text in UTF-8. JSON, YAML and Markdown can be read.")) from None
    if "\0" in text:
        raise ImportProblem(_("This is no text: it holds NUL characters."))
    return text.replace("\r\n", "\n")


def _json(text: str) -> Any:
    try:
        return checked_json(text)
    except ValueError as problem:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines[:3]):
            try:
                return [checked_json(line) for line in lines]
            except ValueError:
                pass
        raise ImportProblem(_("This is not JSON that can be read: %s") % problem) from None


def _one(value: Any) -> dict[str, Any]:
    """The one assistant of a file; a list of several is no single assistant."""
    if isinstance(value, list):
        if len(value) != 1:
            raise ImportProblem(
                _("The file holds %d entries. Import one assistant at a time: put its entry into a file of its own.")
                % len(value)
            )
        value = value[0]
    if not isinstance(value, dict):
        raise ImportProblem(_("The file holds no fields such as name and instructions."))
    return value


class _Loader(yaml.SafeLoader):
    """Plain values alone: no aliases, with which a small file becomes a huge one, and no dates."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(_("references (*name) cannot be used"))
        return super().compose_node(parent, index)


def _yaml(text: str) -> Any:
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader, made stricter
        if too_deep(value):
            raise ImportProblem(_("This is nested too deeply."))
        return json.loads(json.dumps(_named(value), default=_text, allow_nan=False))
    except RecursionError:
        raise ImportProblem(_("This is nested too deeply.")) from None
    except (yaml.YAMLError, ValueError, TypeError) as problem:
        short = " ".join(str(problem).split())[:300]
        raise ImportProblem(_("This is not YAML that can be read: %s") % short) from None


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _named(inner) for name, inner in value.items()}
    return [_named(inner) for inner in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def _from_filename(name: str) -> str:
    stem = re.sub(r"(\.assistant)?\.[A-Za-z]{2,8}\Z", "", name.rpartition("/")[2])
    return re.sub(r"[_-]+", " ", stem).strip().capitalize()
