"""The operator's list of workspaces."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import Workspace
from core.components.table import Choice, Column, Filter, Table
from core.http import SiteRequest
from core.pages import operator_page

COLUMNS = (
    Column("name", _("Workspace"), sort="name"),
    Column("kind", _("Kind"), wide_only=True),
    Column("members", _("Members"), sort="member_count", align="right", descending_first=True),
    Column("made", _("Made"), sort="created_at", descending_first=True),
)
FILTERS = (
    Filter("kind", _("Kind"), tuple(Choice(value, label) for value, label in Workspace.Kind.choices), field="kind"),
)


@require_safe
@operator_page()
def workspaces(request: SiteRequest) -> HttpResponse:
    """Who is here. Names and sizes, never contents: the operator is no member."""
    rows = Workspace.objects.annotate(member_count=Count("memberships"))
    table = Table(
        request, rows, columns=COLUMNS, filters=FILTERS, search=("name", "slug"), order="-created_at", name="workspaces"
    )
    return render(request, "accounts/operator_workspaces.html", {"table": table})
