"""Is a provider there, is its key good, what does it offer? Over plain HTTP under core.net's rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from assistants.gateways.models.places import base_of
from core.net import Fetched, FetchError, NetPolicy, fetch_sync

TIMEOUT_S = 15.0
MOST_BYTES = 4 * 1024 * 1024
MOST_MODELS = 500
ANTHROPIC_VERSION = "2023-06-01"


@dataclass(frozen=True)
class Checked:
    """`problem` is empty where all is well; `models` are the names that the provider lists, sorted."""

    ok: bool
    problem: str = ""
    models: tuple[str, ...] = field(default_factory=tuple)


def check_provider(*, kind: str, base_url: str = "", key: str = "", model: str = "") -> Checked:
    """Ask a provider for its models. One that lists none is asked for a single word of `model`. Never raises."""
    base = base_of(kind, base_url)
    try:
        reply = _ask("GET", _list_url(kind, base), _headers(kind, key))
        if reply.status in (404, 405, 501) and kind == "openai":
            return _try_a_word(base, key, model)
        if reply.status != 200:
            return Checked(False, _refusal(reply))
        return _listed(kind, reply)
    except FetchError as problem:
        return Checked(False, problem.sentence)


def _ask(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Fetched:
    policy = NetPolicy(settings.GATEWAY.allow_networks)
    return fetch_sync(
        url, policy=policy, method=method, headers=headers, body=body, timeout_s=TIMEOUT_S, max_bytes=MOST_BYTES
    )


def _list_url(kind: str, base: str) -> str:
    return {
        "openai": f"{base}/models",
        "anthropic": f"{base}/v1/models?limit=1000",
        "google": f"{base}/v1beta/models?pageSize=1000",
    }[kind]


def _headers(kind: str, key: str) -> dict[str, str]:
    if kind == "anthropic":
        return {"x-api-key": key, "anthropic-version": ANTHROPIC_VERSION}
    if kind == "google":
        return {"x-goog-api-key": key}
    return {"authorization": f"Bearer {key}"} if key else {}


def _listed(kind: str, reply: Fetched) -> Checked:
    try:
        found = json.loads(reply.body)
        rows = found["models"] if kind == "google" else found["data"]
        names = {str(row["name"]).removeprefix("models/") if kind == "google" else str(row["id"]) for row in rows}
    except (ValueError, KeyError, TypeError):
        return Checked(False, _("What answers there is no model provider of this kind: its list cannot be read."))
    return Checked(True, models=tuple(sorted(name for name in names if 0 < len(name) <= 120))[:MOST_MODELS])


def _try_a_word(base: str, key: str, model: str) -> Checked:
    if not model:
        return Checked(False, _("There is no list of models at this address. Write a model's name to test it without."))
    asked = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
    headers = _headers("openai", key) | {"content-type": "application/json"}
    reply = _ask("POST", f"{base}/chat/completions", headers, json.dumps(asked).encode())
    if reply.status != 200:
        return Checked(False, _refusal(reply))
    try:
        good = bool(json.loads(reply.body)["choices"])
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        return Checked(False, _("What answers there is no model provider of this kind."))
    return Checked(True, models=(model,))


def _refusal(reply: Fetched) -> str:
    if reply.status in (401, 403):
        return _("The model provider refused the key.")
    if reply.status == 429:
        return _("The model provider limits how often it is asked.")
    if reply.status >= 500:
        return _("The model provider has an error of its own at the moment (status %d).") % reply.status
    if 300 <= reply.status < 400:
        where = reply.headers.get("location", "")
        return _("The address leads elsewhere (%s). Write the one that it leads to.") % where
    return _("The model provider answered with status %(status)d. %(said)s") % {
        "status": reply.status,
        "said": _said(reply.body),
    }


def _said(body: bytes) -> str:
    try:
        found: Any = json.loads(body)
        inner = found.get("error", found)
        return str(inner.get("message", "") if isinstance(inner, dict) else inner)[:300]
    except (ValueError, AttributeError):
        return ""
