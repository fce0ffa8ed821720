"""Installing a listed server: it becomes a server of the workspace, on the hub that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from accounts.models import Workspace
from core.decision import Principal
from core.errors import InvalidProblem, Text
from marketplace.catalogue.schema import Transport
from marketplace.models import Install, Listing
from marketplace.packages import ServerPackage
from marketplace.selectors.ways import template_of
from proxy.errors import DraftProblem
from proxy.importers.drafts import ServerDraft
from proxy.importers.templates import draft_from_catalogue
from proxy.models import Hub, Server
from proxy.services.choices import add_server
from proxy.services.hubs import create_hub
from proxy.services.servers import connect_server, update_server

NEW_HUB = "new"
_KEPT = "\x00kept"


def transport_of(package: ServerPackage, way: int) -> Transport:
    """Raises InvalidProblem for a way that the listing does not have."""
    if not 0 <= way < len(package.transports):
        raise InvalidProblem(_("The listing has no such way to reach it."), field="way")
    return package.transports[way]


def draft_for(listing: Listing, transport: Transport, values: Mapping[str, str]) -> ServerDraft:
    """The server as it would be connected. Raises DraftProblem by the variable's name for what is missing."""
    draft = draft_from_catalogue(template_of(listing, transport), values)
    if draft.missing:
        errors: dict[str, list[Text]] = {variable.name: [_("This is needed.")] for variable in draft.missing}
        raise DraftProblem(errors)
    return draft


def plain_values(transport: Transport, values: Mapping[str, str]) -> dict[str, str]:
    """What was filled in that is no secret: kept with the install, so that an update can fill it in again."""
    return {
        known.name: values[known.name].strip()
        for known in transport.variables
        if not known.secret and values.get(known.name, "").strip()
    }


def make_server(
    *, actor: Principal, workspace: Workspace, listing: Listing, transport: Transport, values: Mapping[str, str]
) -> Server:
    """Connect it. Raises DraftProblem, StdioRefused or LimitProblem."""
    return connect_server(actor=actor, workspace=workspace, draft=draft_for(listing, transport, values))


def put_on_hub(*, actor: Principal, workspace: Workspace, server: Server, hub: str) -> Hub | None:
    """Put it on the hub of this slug or id; NEW_HUB: on the workspace's first, which is made if it has none.

    "" leaves it on none. Raises InvalidProblem for a hub that is not there, ClashProblem, LimitProblem.
    """
    found = chosen_hub(actor=actor, workspace=workspace, hub=hub)
    if found is not None:
        add_server(actor=actor, hub=found, server=server)
    return found


def chosen_hub(*, actor: Principal, workspace: Workspace, hub: str) -> Hub | None:
    """Raises InvalidProblem for a hub that the workspace does not have."""
    if not hub:
        return None
    rows = Hub.objects.filter(workspace=workspace).order_by("title", "id")
    if hub == NEW_HUB:
        return rows.first() or create_hub(actor=actor, workspace=workspace, title=_("Main"), slug="main")
    found = rows.filter(slug=hub).first() or rows.filter(pk=hub).first()
    if found is None:
        raise InvalidProblem(_("There is no such hub in this workspace."), field="hub")
    return found


def move_server(
    *, actor: Principal, install: Install, before: Transport, after: Transport, values: Mapping[str, str]
) -> None:
    """Reach the installed server as the new version says. Secrets that it had before stay, unless given anew.

    Raises DraftProblem, also where a secret would go to another host than before: it must be typed again.
    """
    server = install.server
    if server is None or before == after:
        return
    same = {known.name: known for known in before.variables}
    kept = {
        known.name
        for known in after.variables
        if known.secret and not values.get(known.name) and same.get(known.name) == known
    }
    draft = draft_for(install.listing, after, {**values, **dict.fromkeys(kept, _KEPT)})
    update_server(
        actor=actor,
        server=server,
        draft=replace(
            draft,
            title=server.title,
            letters=server.letters,
            timeout_ms=server.timeout_ms,
            env=_blank(draft.env),
            headers=_blank(draft.headers),
            hidden=_blank(draft.hidden),
        ),
    )


def _blank(values: Mapping[str, str]) -> dict[str, str]:
    """Left blank, a stored secret stays."""
    return {name: "" if _KEPT in value else value for name, value in values.items()}
