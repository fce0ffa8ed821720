"""The places of assistants in the navigation, and what Ctrl-K finds of them."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.http import WorkspaceRequest
from assistants.models import Assistant
from core.components.places import register_place
from core.find import MOST, Group, Hit, register_source
from core.http import SiteRequest


def register_places() -> None:
    """Called once, in AppConfig.ready."""
    register_place(
        "workspace", _("Assistants"), "assistants:list", "bot", 60, count=count_assistants, permission="assistant.view"
    )
    register_place("admin", _("Models"), "assistants:models", "cpu", 40, permission="model.manage")


def register_sources() -> None:
    """Called once, in AppConfig.ready."""
    register_source(find_assistants, order=15)


def count_assistants(request: WorkspaceRequest) -> int:
    return Assistant.objects.filter(workspace=request.workspace).count()


def find_assistants(request: SiteRequest, q: str) -> Group | None:
    """Assistants of every workspace that the person is a member of."""
    rows = Assistant.objects.filter(workspace__memberships__user=request.principal.user_id or None)
    for word in q.split():
        rows = rows.filter(Q(name__icontains=word) | Q(slug__icontains=word) | Q(summary__icontains=word))
    return Group(
        _("Assistants"),
        [
            Hit(
                assistant.name,
                reverse("assistants:detail", args=[assistant.workspace.slug, assistant.slug]),
                note=assistant.workspace.name,
                icon="bot",
            )
            for assistant in rows.select_related("workspace").order_by("name", "id")[:MOST]
        ],
    )
