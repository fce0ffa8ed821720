"""What drf-spectacular cannot see by itself: problems, idempotency keys."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from core.api.idempotency import HEADER, LONGEST, IdempotencyMixin
from core.api.problems import CONTENT_TYPE

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "For people."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string", "description": "Dotted path; empty for the whole."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ALWAYS = {400: "It cannot be used as it is.", 401: "Who are you?", 403: "You may not.", 404: "No such thing."}
WRITES = {409: "Not as things are now.", 413: "Too large.", 415: "JSON only.", 422: "Idempotency key reused."}


class ApiSchema(AutoSchema):
    """Adds the problems that any operation may answer, and the header that every write takes."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        content = {CONTENT_TYPE: {"schema": self._problem()}}
        statuses = ALWAYS | {406: "JSON only.", 429: "Too many requests."}
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            statuses |= WRITES
        for status, description in statuses.items():
            operation["responses"].setdefault(str(status), {"description": description, "content": content})
        return operation

    def get_tags(self) -> list[str]:
        """The resource: `servers` of /api/v1/workspaces/{workspace}/servers/{id}."""
        path = self.path.removeprefix("/api/v1").strip("/")
        parts = [part for part in path.split("/") if not part.startswith("{")]
        return [parts[1] if len(parts) > 1 and "{workspace}" in self.path else parts[0]]

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if self.method in {"POST", "PUT", "PATCH", "DELETE"} and isinstance(self.view, IdempotencyMixin):
            from drf_spectacular.utils import OpenApiParameter

            what = "Any text of yours. A write that carries the same one again happens once; kept for 24 hours."
            schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
            parameters.append(OpenApiParameter(HEADER, schema, OpenApiParameter.HEADER, description=what))
        return parameters

    def _problem(self) -> dict[str, str]:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem"
        )
        self.registry.register_on_missing(component)
        return component.ref
