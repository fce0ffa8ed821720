"""Tools: all of a workspace, and one of them with its inspector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.components.schema_form import SchemaForm
from core.components.table import Choice, Column, Filter, Table
from core.errors import ServiceProblem
from proxy.engine.naming import offered_name
from proxy.forms.hubs import FeatureForm
from proxy.models import Feature, Hub, Server
from proxy.results import parts_of
from proxy.selectors.servers import features_of
from proxy.selectors.stats import ToolStats, last_day, tool_stats
from proxy.services.features import set_feature
from proxy.services.inspect import Inspection, inspect_feature
from proxy.views.common import context, link, may, put_problem

COLUMNS = (
    Column("name", gettext_lazy("Tool"), sort="name"),
    Column("state", gettext_lazy("State")),
    Column("calls", gettext_lazy("Calls, 24 h"), align="right"),
    Column("spark", gettext_lazy("Calls by hour"), hidden_label=True, wide_only=True),
    Column("p95", gettext_lazy("p95"), align="right", wide_only=True),
    Column("success", gettext_lazy("Succeeded"), align="right", wide_only=True),
)


@workspace_page("tool.view")
def list_tools(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    servers = Server.objects.filter(workspace=request.workspace).order_by("title").values_list("id", "title")
    table = Table(
        request,
        features_of(request.workspace),
        columns=COLUMNS,
        filters=(
            Filter("server", _("Server"), [Choice(*pair) for pair in servers[:200]], field="server_id"),
            Filter("reads", _("May"), [Choice("True", _("only read")), Choice("False", _("write"))], field="read_only"),
        ),
        search=("name", "title", "alias"),
        order="name",
        name="tools",
        placeholder=_("Filter tools"),
    )
    stats = _stats(request, table.rows)
    for feature in table.rows:
        feature.stats = stats.get(feature.id, ToolStats())
    return render(request, "proxy/tools.html", context(request, table=table, may_manage=may(request, "server.manage")))


def _stats(request: WorkspaceRequest, features: list[Feature]) -> dict[str, ToolStats]:
    """Figures by every name under which the workspace's hubs may offer them."""
    names = {
        feature.id: {
            (feature.server_id, name)
            for base in {feature.name, feature.alias or feature.name}
            for name in (base, offered_name(feature.server.slug, base, prefixed=True))
        }
        for feature in features
    }
    return tool_stats(last_day(request.workspace.id), names)


@workspace_page("tool.view")
def show_tool(request: WorkspaceRequest, workspace: str, feature: str) -> HttpResponse:
    """The inspector. A POST with `do=call` calls it, with `do=decide` changes what the workspace decided about it."""
    found = get_object_or_404(
        Feature.objects.select_related("server__workspace", "definition"),
        pk=feature,
        server__workspace=request.workspace,
    )
    what = request.POST.get("do", "") if request.method == "POST" else ""
    inspection, problem = None, ""
    form = SchemaForm(_schema(found), name="args", data=request.POST if what == "call" else None)
    decided = FeatureForm(request.POST if what == "decide" else None, feature=found)
    if what == "decide" and decided.is_valid() and _decide(request, found, decided):
        return redirect(link(request, "tool", found.id))
    if what == "call" and form.is_valid():
        try:
            inspection = inspect_feature(actor=request.principal, feature=found, values=form.value)
        except ServiceProblem as refused:
            problem = str(refused.sentence)
    return render(
        request,
        "proxy/tool.html",
        context(
            request,
            feature=found,
            body=found.definition.body,
            annotations=_annotations(found.definition.body),
            form=form,
            decided=decided,
            inspection=inspection,
            parts=parts_of(inspection.result) if inspection and inspection.result is not None else [],
            went_wrong=_went_wrong(inspection),
            problem=problem,
            stats=_stats(request, [found]).get(found.id, ToolStats()),
            hubs=Hub.objects.filter(hub_servers__server=found.server_id).order_by("title"),
            may_call=may(request, "tool.call"),
            may_manage=may(request, "server.manage"),
        ),
        status=400 if (what == "call" and form.errors) or decided.errors else 200,
    )


def _decide(request: WorkspaceRequest, feature: Feature, form: FeatureForm) -> bool:
    try:
        set_feature(actor=request.principal, feature=feature, **form.values())
    except ServiceProblem as problem:
        put_problem(form, problem)
        return False
    messages.success(request, _("Saved. Hubs offer it this way from now on."))
    return True


def _schema(feature: Feature) -> Mapping[str, Any]:
    """What is to be filled in: a tool's input schema, a prompt's arguments, a template's address."""
    body = feature.definition.body
    if feature.kind == Feature.Kind.TOOL:
        schema = body.get("inputSchema")
        return schema if isinstance(schema, dict) else {"type": "object"}
    if feature.kind == Feature.Kind.TEMPLATE:
        uri = {"type": "string", "title": _("Address"), "default": feature.name}
        return {"type": "object", "properties": {"uri": uri}, "required": ["uri"]}
    if feature.kind == Feature.Kind.PROMPT:
        arguments = _arguments(body.get("arguments"))
        return {
            "type": "object",
            "properties": {
                item["name"]: {"type": "string", "description": item.get("description", "")} for item in arguments
            },
            "required": [item["name"] for item in arguments if item.get("required")],
        }
    return {"type": "object"}


def _arguments(said: object) -> list[dict[str, Any]]:
    """A prompt's arguments, without what is none."""
    listed = said if isinstance(said, list) else []
    return [one for one in listed if isinstance(one, dict) and isinstance(one.get("name"), str) and one["name"]]


def _annotations(body: Mapping[str, Any]) -> list[str]:
    """What the server says of the tool's effects, in words. They are hints, not promises."""
    hints = body.get("annotations")
    if not isinstance(hints, dict):
        return []
    if hints.get("readOnlyHint"):
        words = [_("only reads")]
    else:
        words = [_("may write")] + ([_("may destroy")] if hints.get("destructiveHint", True) else [])
        words += [_("may be repeated")] if hints.get("idempotentHint") else []
    return words + ([_("reaches the outside world")] if hints.get("openWorldHint") else [])


def _went_wrong(inspection: Inspection | None) -> str:
    if inspection is None:
        return ""
    if inspection.result is None:
        return inspection.error or _("The server answered with an error.")
    return _("The tool says that it failed.") if inspection.result.get("isError") else ""
