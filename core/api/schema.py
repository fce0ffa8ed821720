"""What drf-spectacular cannot see by itself: problems, idempotency keys, who may, what ids look like."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, get_doc

from core.api.idempotency import HEADER, LONGEST, IdempotencyMixin
from core.api.problems import CONTENT_TYPE
from core.decision import BUILT_IN, OPERATOR, SCOPES
from core.ids import new_id

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
ALWAYS: dict[int, tuple[str | Promise, tuple[str, ...]]] = {
    400: (_("The request cannot be used as it is; `errors` says what is wrong."), ("invalid", "parse_error")),
    401: (
        _("There is no key, or it is wrong, revoked or expired."),
        ("not_authenticated", "unknown", "revoked", "expired"),
    ),
    403: (
        _("The key's scopes or the person's role do not allow it."),
        ("scope", "role", "key_hub", "suspended", "csrf"),
    ),
    404: (_("There is no such thing, or not for you."), ("not_found",)),
    406: (_("Answers are JSON, and the request wants something else."), ("not_acceptable",)),
    429: (_("Too many requests; `Retry-After` says how long to wait."), ("throttled",)),
}
WRITES: dict[int, tuple[str | Promise, tuple[str, ...]]] = {
    409: (_("It does not go with how things are now."), ("conflict", "idempotency_in_progress")),
    413: (_("The body is larger than this site takes."), ("too_large",)),
    415: (_("The body is of a type that is not read."), ("unsupported_media_type",)),
    422: (_("The idempotency key was used for another request."), ("idempotency_reused",)),
}
"""Status -> what it means, and the codes that it mostly comes with."""
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
EXAMPLE_ID = "01kb3v9e5m8x2c7r4t6w1y0zqn"
GROUP = "x-group"
TOLD = {"workspace": _("Short name of the workspace."), "id": _("Its id.")}
"""What the parts of a path are that need no view to tell it."""


class ApiSchema(AutoSchema):
    """Adds the problems that any operation may answer, the header that every write takes, and who may."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        content = {CONTENT_TYPE: {"schema": self._problem()}}
        statuses = ALWAYS | WRITES if self.method in METHODS else ALWAYS
        for status, (description, _codes) in statuses.items():
            operation["responses"].setdefault(str(status), {"description": str(description), "content": content})
        action = getattr(self.view, "needs", {}).get(getattr(self.view, "action", ""))
        if action:
            operation |= permissions_of(action)
        # `describe_groups` makes the description of the group of it.
        return operation | {GROUP: get_doc(type(self.view))}

    def get_auth(self) -> list[dict[str, list[str]]]:
        """What only the operator may do is done in the operator's session: no key opens it."""
        action = getattr(self.view, "needs", {}).get(getattr(self.view, "action", ""))
        if action in OPERATOR:
            return [{"session": []}]
        return super().get_auth()

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Of the operation alone; what its view says goes to the group."""
        action = getattr(self.view, getattr(self.view, "action", "") or self.method.lower(), None)
        return str(get_doc(action))

    def get_tags(self) -> list[str]:
        """The resource: `servers` of /api/v1/workspaces/{workspace}/servers/{id}."""
        path = self.path.removeprefix("/api/v1").strip("/")
        parts = [part for part in path.split("/") if not part.startswith("{")]
        return [parts[1] if len(parts) > 1 and "{workspace}" in self.path else parts[0]]

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if self.method in METHODS and isinstance(self.view, IdempotencyMixin):
            from drf_spectacular.utils import OpenApiParameter

            what = "Any text of yours. A write that carries the same one again happens once; kept for 24 hours."
            schema = {"type": "string", "minLength": 1, "maxLength": LONGEST}
            parameters.append(OpenApiParameter(HEADER, schema, OpenApiParameter.HEADER, description=what))
        return parameters

    def _map_serializer_field(self, field: Any, *args: Any, **kwargs: Any) -> Any:
        """With an example of the id, where it is that of a model."""
        found = super()._map_serializer_field(field, *args, **kwargs)  # type: ignore[no-untyped-call]
        example = example_id(getattr(getattr(field.parent, "Meta", None), "model", None))
        if example and field.source == "id" and found.get("type") == "string":
            found["examples"] = [example]
        return found

    def _resolve_path_parameters(self, variables: Any) -> Any:
        parameters = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        example = example_id(getattr(getattr(self.view, "queryset", None), "model", None))
        for parameter in parameters:
            if parameter["name"] in TOLD:
                parameter.setdefault("description", str(TOLD[parameter["name"]]))
            if example and parameter["name"] == "id" and "$ref" not in parameter["schema"]:
                parameter["schema"] = parameter["schema"] | {"examples": [example]}
        return parameters

    def _problem(self) -> dict[str, str]:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem"
        )
        self.registry.register_on_missing(component)
        return component.ref


def permissions_of(action: str) -> dict[str, Any]:
    """Extensions of an operation that asks for this action: of which scopes and of which roles one is needed."""
    return {
        "x-permission": action,
        "x-scopes": [scope for scope, actions in SCOPES.items() if action in actions],
        "x-roles": [role for role, actions in BUILT_IN.roles.items() if action in actions],
    }


def example_id(model: type[Model] | None) -> str:
    """How an id of this model looks; empty when it has none of our kind."""
    default = model._meta.pk.default if model is not None and model._meta.pk is not None else None
    made_here = isinstance(default, partial) and default.func is new_id
    return f"{default.args[0]}_{EXAMPLE_ID}" if made_here else ""  # type: ignore[union-attr]  # a partial, then


def describe_groups(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """drf-spectacular's hook: each tag is described by the view that has most of its operations."""
    told: dict[str, Counter[str]] = {}
    for operations in result["paths"].values():
        for operation in operations.values():
            said = operation.pop(GROUP, "")
            for tag in operation.get("tags", ()):
                told.setdefault(tag, Counter())[said] += 1
    tags = ((tag, said.most_common(1)[0][0]) for tag, said in sorted(told.items()))
    result["tags"] = [{"name": tag} | ({"description": said} if said else {}) for tag, said in tags]
    return result
