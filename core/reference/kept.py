"""The API's description and all that is made of it, once per process and language: making it takes a quarter second."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator

from core.reference.groups import Reference


@dataclass(frozen=True)
class Kept:
    """`body`: the document as it is sent. `etag` follows from it, so that all processes of one version agree."""

    document: Mapping[str, Any]
    body: bytes
    etag: str
    reference: Reference
    _parts: dict[str, SafeString] = field(default_factory=dict)

    def part(self, template: str, key: str, context: dict[str, Any]) -> SafeString:
        """A part of a page that is the same for everybody, drawn once. While developing it is drawn each time."""
        name = f"{template} {key}"
        if settings.DEBUG or name not in self._parts:
            self._parts[name] = SafeString(render_to_string(template, context))
        return self._parts[name]


_kept: dict[str, Kept] = {}
_lock = threading.Lock()


def kept() -> Kept:
    """The description in the language of the request."""
    language = get_language() or ""
    found = _kept.get(language)
    if found is None:
        # Not beside another: the generator keeps what it is at on the classes of the views.
        with _lock:
            found = _kept.get(language) or _made()
            _kept[language] = found
    return found


def _made() -> Kept:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # not typed there
    body = json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()
    # As it is read back: without lazy texts and special dictionaries.
    plain = json.loads(body)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Kept(plain, body, etag, Reference(plain, settings.ENV.public_url))
