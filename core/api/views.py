"""The API's description (OpenAPI 3.1) and the reference that is made of it. Everybody may read both."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import condition, require_safe

from core.api.idempotency import LIFETIME, LONGEST
from core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from core.api.schema import ALWAYS, EXAMPLE_ID, WRITES
from core.components.places import workspaces
from core.decision import SCOPES
from core.find import MOST, Group, Hit, matches
from core.http import SiteRequest
from core.reference.kept import Kept, kept
from core.reference.operations import WORKSPACE, status_title
from core.reference.samples import KEY

SCOPES_TOLD = {
    "mcp": gettext_lazy("using hubs and calling tools"),
    "read": gettext_lazy("seeing what there is"),
    "write": gettext_lazy("changing it, too"),
    "admin": gettext_lazy("all that the person's role allows"),
}
"""In short; beside it stand the actions themselves, so that a scope without words is described as well."""
PROBLEM_SAMPLE = {
    "type": "about:blank",
    "title": "Bad Request",
    "status": 400,
    "code": "invalid",
    "detail": "The request cannot be used as it is.",
    "errors": [{"field": "name", "code": "required", "detail": "This field is required."}],
    "request_id": f"req_{EXAMPLE_ID}",
}


def _etag(request: HttpRequest) -> str:
    return kept().etag


@require_safe
@condition(etag_func=_etag)
def schema(request: HttpRequest) -> HttpResponse:
    """`/api/schema/`. To be asked for again each time, which costs nothing while it is the same."""
    response = HttpResponse(kept().body, content_type="application/json")
    patch_cache_control(response, public=True, no_cache=True)
    patch_vary_headers(response, ["Accept-Language"])
    return response


@require_safe
def reference_index(request: HttpRequest) -> HttpResponse:
    """What all operations have in common, and the groups that there are."""
    found = kept()
    context = {"reference": found.reference, **_common_facts(found)}
    return _page(request, found, "", found.part("reference/index.html", "", context), _("API"))


@require_safe
def reference_group(request: HttpRequest, slug: str) -> HttpResponse:
    found = kept()
    group = found.reference.groups.get(slug)
    if group is None:
        raise Http404
    return _page(request, found, slug, found.part("reference/group.html", slug, {"group": group}), group.title)


def _page(request: HttpRequest, found: Kept, slug: str, content: SafeString, title: str) -> HttpResponse:
    """The content with the visitor's own workspace in the examples; what surrounds it is of the request."""
    workspace = _workspace_of(request)
    own = content.replace(WORKSPACE, workspace) if workspace else content.replace(f' value="{WORKSPACE}"', "")
    groups = found.reference.groups
    context = {"title": title, "content": SafeString(own), "groups": groups.values(), "group": groups.get(slug)}
    return render(request, "reference/page.html", context)


def _workspace_of(request: HttpRequest) -> str:
    """The short name of the workspace that a signed-in visitor has open, or of their first."""
    links = workspaces(request)
    link = next((link for link in links if link.current), links[0] if links else None)
    return str(resolve(link.url).kwargs.get("workspace", "")) if link else ""


def _common_facts(found: Kept) -> dict[str, Any]:
    """What the index tells, from where it is decided."""
    problems = sorted((ALWAYS | WRITES).items())
    return {
        "site_url": found.reference.site,
        "scopes": [(scope, SCOPES_TOLD.get(scope, ""), sorted(actions)) for scope, actions in SCOPES.items()],
        "problem_sample": PROBLEM_SAMPLE,
        **_samples(found.reference.site),
        "default_limit": DEFAULT_LIMIT,
        "max_limit": MAX_LIMIT,
        "longest_key": LONGEST,
        "lifetime_hours": int(LIFETIME.total_seconds() // 3600),
        "problems": [(status, status_title(str(status)), said, codes) for status, (said, codes) in problems],
    }


def _samples(site: str) -> dict[str, Any]:
    keys = f"{site}/api/v1/workspaces/{WORKSPACE}/keys"
    key = f'-H "Authorization: Bearer {KEY}"'
    write = f'curl -X POST "{keys}" \\\n  {key} \\\n  -H "Content-Type: application/json" \\\n'
    return {
        "keys_sample": f'curl "{site}/api/v1/workspaces" \\\n  {key}',
        "lists_sample": f'curl "{keys}?limit=10&cursor=MTprZXlfMDFr" \\\n  {key}',
        "list_answer": {"data": [{"id": f"key_{EXAMPLE_ID}"}], "next": "MTprZXlfMDFr"},
        "write_sample": write + '  -H "Idempotency-Key: nightly-report-key" \\\n  -d \'{"name": "nightly report"}\'',
    }


def find_operations(request: SiteRequest, q: str) -> Group | None:
    """For Ctrl-K: operations that fit; none for an empty search."""
    if not q:
        return None
    hits = [
        Hit(
            operation.summary,
            f"{reverse('api-docs-group', args=[group.slug])}#{operation.id}",
            note=f"{operation.method} {operation.path}",
            icon="terminal",
        )
        for group, operation in kept().reference.operations()
        if matches(q, "API", group.title, operation.summary, operation.path, operation.id, operation.method)
    ]
    return Group(_("API"), hits[:MOST])
