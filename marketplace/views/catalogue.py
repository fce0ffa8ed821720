"""The catalogue's pages. Connecting from it, inside a workspace, is in `marketplace.connecting`."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User, Workspace
from core.decision import BUILT_IN
from marketplace.catalogue.labels import CATEGORIES, RUNTIMES, SIGN_IN
from marketplace.catalogue.loader import find
from marketplace.catalogue.schema import Entry, Stdio, Transport
from marketplace.connecting import connect_page

__all__ = ["connect_page", "entry_page"]


def entry_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One server: what it is, what it needs, and where to connect it."""
    entry = find(slug)
    if entry is None:
        raise Http404
    return render(
        request,
        "marketplace/entry.html",
        {
            "entry": entry,
            "category_label": CATEGORIES[entry.category],
            "ways": [_way(transport) for transport in entry.transports],
            "facts": _facts(entry),
            "targets": _targets(request, entry),
        },
    )


def _targets(request: HttpRequest, entry: Entry) -> list[tuple[Workspace, str]]:
    """The workspaces in which this person may connect a server, with the page for it."""
    if not isinstance(request.user, User):
        return []
    roles = [role for role, actions in BUILT_IN.roles.items() if "server.manage" in actions]
    own = Workspace.objects.filter(memberships__user=request.user, memberships__role__in=roles).order_by("name")[:50]
    return [(workspace, reverse("marketplace:connect", args=[workspace.slug, entry.slug])) for workspace in own]


def _facts(entry: Entry) -> list[tuple[str, object]]:
    return [
        (_("Publisher"), entry.publisher),
        (_("Licence"), _("Hosted service") if entry.licence == "hosted" else entry.licence),
        (_("Account"), _with_whom(entry.sign_in_with) if entry.sign_in == "oauth" else SIGN_IN[entry.sign_in]),
        (_("Reaches the internet"), _("No") if entry.offline else _("Yes")),
        (_("Changes things"), _("Some of its tools do") if entry.writes else _("No, it only reads")),
    ]


def _with_whom(name: str) -> str:
    return _("Needs a sign-in with %(name)s") % {"name": name}


def _way(transport: Transport) -> dict[str, object]:
    """How one transport is described in plain words."""
    local = isinstance(transport, Stdio)
    return {
        "title": _("On this machine") if local else _("At its publisher"),
        "kind": transport.kind,
        "runs": RUNTIMES[transport.runtime] if isinstance(transport, Stdio) else "",
        "line": _command(transport) if isinstance(transport, Stdio) else transport.url,
        "variables": transport.variables,
        "sign_in_with": transport.sign_in_with,
    }


def _command(transport: Stdio) -> str:
    parts = [part for group in transport.args for part in ((group,) if isinstance(group, str) else group)]
    command = "python" if transport.runtime == "python" else transport.command
    return " ".join([command, *parts])
