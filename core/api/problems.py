"""Problem details (RFC 9457) for every error of the API, also for those that no view of the API raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import ServiceProblem
from core.requests import current_request

CONTENT_TYPE = "application/problem+json"


def problem(
    status: int, code: str, detail: str, *, errors: list[dict[str, str]] | None = None, **more: Any
) -> dict[str, Any]:
    """The body of a problem. `errors`: [{"field": dotted path, "code": …, "detail": sentence}]."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    info = current_request()
    if info is not None:
        body["request_id"] = info.id
    return body | more


def problem_response(status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """For code outside REST framework: middleware and the site's error handlers."""
    return JsonResponse(problem(status, code, detail, **more), status=status, content_type=CONTENT_TYPE)


def wants_problem(request: HttpRequest) -> bool:
    """Does this request belong to the API, so that its errors are problems and not pages?"""
    return request.path.startswith("/api/") and not request.path.startswith("/api/docs/")


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's hook. What it does not know stays an exception and ends as a 500."""
    if isinstance(error, ServiceProblem):
        return _from_service(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        return _answer(problem(413, "too_large", _("The body is larger than this site takes.")), {})
    if not isinstance(error, exceptions.APIException):
        return None
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flatten(error.detail))
        body = problem(error.status_code, "invalid", _("The request cannot be used as it is."), errors=errors)
    else:
        body = problem(error.status_code, _code(error), force_str(error.detail))
    return _answer(body, headers)


def _from_service(error: ServiceProblem) -> Response:
    errors = [
        {"field": field, "code": error.code, "detail": force_str(sentence)}
        for field, sentences in error.errors.items()
        for sentence in sentences
    ]
    return _answer(problem(error.status, error.code, str(error), errors=errors), {})


def _answer(body: dict[str, Any], headers: dict[str, str]) -> Response:
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code


def _flatten(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """{"a": {"b": ["No."]}} becomes one error at `a.b`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            part = "" if name == "non_field_errors" else str(name)
            yield from _flatten(inner, ".".join(filter(None, (path, part))))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _flatten(inner, f"{path}.{index}".lstrip(".") if nested else path)
    else:
        yield {"field": path, "code": getattr(detail, "code", "invalid"), "detail": force_str(detail)}
