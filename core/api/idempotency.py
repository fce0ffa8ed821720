"""Idempotency keys: a write that carries `Idempotency-Key` happens once, however often it is sent.

The first request claims its key; its answer is stored (without the secrets that the view names) and replayed to later
ones for 24 hours. The same key with another method, path or body is 422, one whose first request still runs is 409.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.problems import CONTENT_TYPE
from core.clock import now
from core.errors import InvalidProblem, ServiceProblem
from core.models import IdempotentRequest

HEADER = "Idempotency-Key"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LONGEST = 255
ABANDONED = timedelta(minutes=2)
"""A claim without an answer for so long is of a process that is gone."""
LIFETIME = timedelta(hours=24)


class _Replay(Exception):
    def __init__(self, stored: IdempotentRequest) -> None:
        self.stored = stored


class IdempotencyMixin(APIView):
    """For views whose `initial` has run authentication. `secret_fields`: top-level fields that are answered once."""

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    _claim: IdempotentRequest | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = request.headers.get(HEADER, "")
        if key and request.method in WRITES and hasattr(self, request.method.lower()):
            self._claim = _claim(_owner(request), key, _fingerprint(request))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, _Replay):
            return _answer(exc.stored)
        try:
            return super().handle_exception(exc)
        except Exception:
            # Nobody knows how far it came: the key is free again, and a retry shows what is there.
            self._release()
            raise

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._claim is not None:
            if response.status_code >= 500 or response.status_code in (401, 403, 429):
                self._release()
            else:
                # As it was sent: dates and lazy texts are plain JSON now.
                body = json.loads(JSONRenderer().render(response.data) or b"null")
                if isinstance(body, dict) and self.secret_fields & body.keys():
                    body = {name: value for name, value in body.items() if name not in self.secret_fields}
                IdempotentRequest.objects.filter(pk=self._claim.pk).update(status=response.status_code, body=body)
        return response

    def _release(self) -> None:
        if self._claim is not None:
            self._claim.delete()
            self._claim = None


def _answer(stored: IdempotentRequest) -> Response:
    failed = stored.status is not None and stored.status >= 400
    return Response(
        stored.body,
        status=stored.status,
        headers={"Idempotent-Replayed": "true"},
        content_type=CONTENT_TYPE if failed else None,
    )


def _claim(owner: str, key: str, fingerprint: str) -> IdempotentRequest:
    """Our claim on a key. Raises _Replay, or ServiceProblem with 409 or 422."""
    if len(key) > LONGEST or not key.isprintable():
        raise InvalidProblem(_("An Idempotency-Key has at most 255 visible characters."), code="idempotency_key")
    moment = now()
    with transaction.atomic():
        IdempotentRequest.objects.filter(owner=owner, key=key, created_at__lt=moment - LIFETIME).delete()
        abandoned = IdempotentRequest.objects.filter(owner=owner, key=key, status=None)
        abandoned.filter(created_at__lt=moment - ABANDONED).delete()
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(owner=owner, key=key, fingerprint=fingerprint)
    except IntegrityError:
        stored = IdempotentRequest.objects.filter(owner=owner, key=key).first()
    if stored is None:
        return _claim(owner, key, fingerprint)
    if stored.fingerprint != fingerprint:
        problem = ServiceProblem(_("This Idempotency-Key was used for another request."), code="idempotency_reused")
        problem.status = 422
        raise problem
    if stored.status is None:
        raise ServiceProblem(_("The first request with this key still runs."), code="idempotency_in_progress")
    raise _Replay(stored)


def _owner(request: Request) -> str:
    principal = request.auth
    return getattr(principal, "key_id", "") or str(request.user.pk)


def _fingerprint(request: Request) -> str:
    """Of method, path with query, and the body's bytes (read before REST framework parses them)."""
    parts = (str(request.method), request.get_full_path(), request._request.body.hex())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
