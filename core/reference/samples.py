"""How to make a request: the same one for curl, Python and TypeScript, with the place where the key goes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from core.components.snippets import Snippet
from core.reference.operations import Body, Operation, Parameter

KEY = "YOUR_KEY"
WIDE = 72
"""Characters of one line; a value that is longer is laid out."""


def samples(operation: Operation, site: str) -> list[Snippet]:
    """Empty where no key may do it: a program has no session."""
    if not (operation.takes_key or operation.is_open):
        return []
    url = address(operation, site)
    return [
        Snippet(key="curl", label="curl", text=_curl(operation, url), lang="bash"),
        Snippet(key="python", label="Python", text=_python(operation, url), lang="python"),
        Snippet(key="typescript", label="TypeScript", text=_typescript(operation, url), lang="typescript"),
    ]


def address(operation: Operation, site: str) -> str:
    """The address with examples in place of its parameters, and of the query only what must be there."""
    path = operation.path
    for parameter in operation.parameters_in("path"):
        path = path.replace("{" + parameter.name + "}", quote(_text(parameter), safe="…"))
    query = [(each.name, _text(each)) for each in operation.parameters_in("query") if each.required]
    return site + path + (f"?{urlencode(query)}" if query else "")


def _text(parameter: Parameter) -> str:
    value = parameter.example
    if isinstance(value, list):
        value = ",".join(str(each) for each in value if each != "…")
    if isinstance(value, bool):
        return str(value).lower()
    return parameter.name.upper() if value in (None, "", "…") else str(value)


def _headers(operation: Operation) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {KEY}"} if operation.takes_key else {}
    if operation.body and not operation.body.is_form:
        headers["Content-Type"] = operation.body.media_type
    return headers | {each.name: _text(each) for each in operation.parameters_in("header") if each.required}


def _curl(operation: Operation, url: str) -> str:
    method = "" if operation.method == "GET" else f"-X {operation.method} "
    lines = [f"curl {method}{_quoted(url)}"]
    lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in _headers(operation).items()]
    body = operation.body
    if body and body.is_json:
        lines.append(f"-d {_single(_json(body.example))}")
    elif body and body.is_form:
        lines += [f"-F {_quoted(f'{name}={_part(value)}')}" for name, value in _texts(body).items()]
        lines += [f"-F {_quoted(f'{name}=@FILE')}" for name in body.files]
    elif body:
        lines.append('--data-binary "@FILE"')
    return " \\\n  ".join(lines)


def _python(operation: Operation, url: str) -> str:
    body = operation.body
    headers = _headers(operation)
    if body and body.is_json and body.media_type == "application/json":
        headers.pop("Content-Type")
    given = [json.dumps(url, ensure_ascii=False)]
    if headers:
        given.append(f"headers={_literal(headers, 4)}")
    if body and body.is_json:
        given.append(f"json={_literal(body.example, 4)}")
    elif body and body.is_form:
        files = [f'{json.dumps(name)}: open("FILE", "rb")' for name in body.files]
        texts = _texts(body)
        given += [f"files={{{', '.join(files)}}}"] * bool(files) + [f"data={_literal(texts, 4)}"] * bool(texts)
    elif body:
        given.append('data=open("FILE", "rb")')
    verb = operation.method.lower()
    call = f"requests.{verb}(" if verb in ("get", "post", "put", "patch", "delete", "head", "options") else ""
    if not call:
        call, given = "requests.request(", [json.dumps(operation.method), *given]
    arguments = "".join(f"    {each},\n" for each in given)
    end = "print(answer.json())" if _answers_json(operation) else "print(answer.status_code)"
    return f"import requests\n\nanswer = {call}\n{arguments})\nanswer.raise_for_status()\n{end}"


def _typescript(operation: Operation, url: str) -> str:
    body = operation.body
    lines = [f'  method: "{operation.method}",'] if operation.method != "GET" else []
    headers = _headers(operation)
    if headers:
        said = ", ".join(f"{_name(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in headers.items())
        lines.append(f"  headers: {{ {said} }},")
    before = ""
    if body and body.is_json:
        lines.append(f"  body: JSON.stringify({_json(body.example, 2)}),")
    elif body and body.is_form:
        added = [
            f"form.append({json.dumps(name)}, {json.dumps(_part(value))});" for name, value in _texts(body).items()
        ]
        added += [f"form.append({json.dumps(name)}, file);" for name in body.files]
        before = "\n".join(["const form = new FormData();", *added, ""])
        lines.append("  body: form,")
    elif body:
        lines.append("  body: file,")
    options = ", {\n" + "\n".join(lines) + "\n}" if lines else ""
    result = "await answer.json()" if _answers_json(operation) else "answer.status"
    return (
        f"{before}const answer = await fetch({json.dumps(url, ensure_ascii=False)}{options});\n"
        f"if (!answer.ok) throw new Error(await answer.text());\nconsole.log({result});"
    )


def _answers_json(operation: Operation) -> bool:
    return any(answer.is_json for answer in operation.answers)


def _json(value: Any, indent: int = 0) -> str:
    """On one line where it fits, else laid out; lines after the first are moved in by `indent`."""
    short = json.dumps(value, ensure_ascii=False)
    return short if len(short) <= WIDE else _moved(json.dumps(value, ensure_ascii=False, indent=2), indent)


def _literal(value: Any, indent: int) -> str:
    """The value as Python writes it."""
    short = _python_value(value)
    if len(short) + indent <= WIDE or not isinstance(value, dict | list) or not value:
        return short
    if isinstance(value, dict):
        rows = [f"{json.dumps(str(key), ensure_ascii=False)}: {_literal(each, 0)}" for key, each in value.items()]
        return _moved("{\n" + "".join(_moved(f"    {row},", 4) + "\n" for row in rows) + "}", indent)
    rows = [_literal(each, 0) for each in value]
    return _moved("[\n" + "".join(_moved(f"    {row},", 4) + "\n" for row in rows) + "]", indent)


def _python_value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(str(key), ensure_ascii=False)}: {_python_value(each)}" for key, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_python_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _moved(text: str, indent: int) -> str:
    return text.replace("\n", "\n" + " " * indent)


def _quoted(text: str) -> str:
    """For a shell, in double quotes."""
    for mark in ("\\", '"', "$", "`"):
        text = text.replace(mark, "\\" + mark)
    return f'"{text}"'


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _name(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _texts(body: Body) -> Mapping[str, Any]:
    """The fields of a form that are no files."""
    values = body.example if isinstance(body.example, Mapping) else {}
    return {name: value for name, value in values.items() if name not in body.files}


def _part(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
