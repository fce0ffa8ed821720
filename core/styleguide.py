"""The living page of the design system at /styleguide/: every component in every state, drawn from samples."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from core import styleguide_forms as forms
from core import styleguide_samples as samples
from core.components.schema_form import SchemaForm
from core.components.table import Table

app_name = "styleguide"


def _table(request: HttpRequest) -> Table:
    return Table(
        request,
        samples.TOOLS,
        columns=samples.COLUMNS,
        filters=samples.FILTERS,
        search=("name", "server"),
        order="-calls",
        size=6,
        name="sample-tools",
        placeholder="Filter tools",
    )


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """POST fills in the two sample forms and shows what was read, or what is wrong. Nothing is stored."""
    sent = request.POST if request.method == "POST" else None
    schema = SchemaForm(forms.SCHEMA, name="args", data=sent, **({} if sent else {"value": forms.ARGUMENTS}))
    context: dict[str, Any] = {
        **samples.context(),
        "table": _table(request),
        "form": forms.SampleForm(sent) if sent else forms.SampleForm(initial={"name": "production"}),
        "wrong": forms.SampleForm({"name": "", "url": "http//mcp", "transport": "sse"}, auto_id="wrong_%s"),
        "prefixed": forms.SampleForm(initial={"name": "production"}, auto_id="prefixed_%s"),
        "schema": schema,
        "read": schema.value if schema.is_valid() else None,
    }
    return render(request, "styleguide/index.html", context)


@require_GET
def frame(request: HttpRequest, name: str) -> HttpResponse:
    """A layout with sample content: workspace, auth or mail; or the components that draw (pictures)."""
    return render(request, f"styleguide/{name}.html", {**samples.context(), "table": _table(request)})


urlpatterns = [
    path("", index, name="index"),
    path("pictures/", frame, {"name": "pictures"}, name="pictures"),
    path("workspace/", frame, {"name": "workspace"}, name="workspace"),
    path("auth/", frame, {"name": "auth"}, name="auth"),
    path("mail/", frame, {"name": "mail"}, name="mail"),
]
