"""Where listed assistants are tried before anybody signs in: a workspace without members, with the bundled server.

Each is made there when somebody first tries it, with its values at their defaults. Tools of servers that do not come
with Crossroads stay away, unless the publisher lends a demo hub. The offline model answers, unless the publisher pays
for another (marketplace.services.sponsoring): nobody else's account pays, and nobody's data is seen.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Workspace
from assistants.configuration import Configuration, ToolChoice
from assistants.models import Assistant
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import create_assistant, delete_assistant, save_draft
from core.errors import ServiceProblem
from core.permissions import SYSTEM
from marketplace.models import Listing, ListingVersion
from marketplace.packages import AssistantPackage, Package, ToolNeed, read_package
from marketplace.selectors.sponsoring import paying
from marketplace.services.install_assistants import configuration_of
from proxy.models import Hub, Server
from proxy.services.choices import add_server
from proxy.services.hubs import create_hub
from proxy.services.servers import connect_server
from proxy.services.stdio import bundled_draft

SLUG = "crossroads"
"""No person can have a workspace of this name."""
BUNDLED = "toolbox"
MOST = 400
"""Assistants in the showroom; beyond, the one that was made first makes room and is made again when it is tried."""


class NotTried(ServiceProblem):
    """It cannot be tried here."""

    code = "not_tried"


def shown_assistant(version: ListingVersion) -> Assistant | None:
    """The one that stands in the showroom for this version; None before somebody tried it."""
    rows = Assistant.objects.filter(workspace__slug=SLUG, imported__listing=version.listing_id)
    return rows.filter(imported__version=version.id, state=Assistant.State.RUNNING).select_related("deployed").first()


def prepare_trial(*, listing: Listing) -> Assistant:
    """The assistant that a visitor talks to, made or brought to the listing's current version. Raises NotTried."""
    version = listing.current
    package = trial_package(listing, read_package(version.package)) if version else None
    if version is None or package is None or listing.state not in Listing.SHOWN:
        raise NotTried(_("It cannot be tried in the page."))
    found = shown_assistant(version)
    if found is not None:
        return found
    with transaction.atomic():
        workspace = showroom()
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        return _put(workspace, listing, version, package)


def trial_package(listing: Listing, package: Package) -> AssistantPackage | None:
    """What is talked to in a trial: an assistant itself, or those tools of a server that only read: of the bundled
    one, or of one that its publisher lends on a demo hub."""
    if isinstance(package, AssistantPackage):
        return package
    bundled = package.bundled and listing.slug == BUNDLED
    lender = None if bundled else paying(listing)
    if not bundled and (lender is None or lender.hub_id is None):
        return None
    return AssistantPackage(
        instructions=_("Call the tool that fits, and show what it gives."),
        greeting=_("Say what you want to know, and the tool that fits is called."),
        works_offline=True,
        tools=tuple(ToolNeed(listing=listing.slug, tool=tool.name) for tool in package.tools if tool.read_only),
    )


def showroom() -> Workspace:
    """The workspace, with the bundled server on a hub. Nobody is a member, so nobody but the installation is in it."""
    workspace, _made = Workspace.objects.get_or_create(slug=SLUG, defaults={"name": "Crossroads"})
    _hub(workspace)
    return workspace


def trial_tools(package: AssistantPackage, lent: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Names of the tools that a trial has, and of those that it lacks. `lent`: on a demo hub."""
    there = [need.tool for need in package.tools if need.listing == BUNDLED or need.tool in lent]
    return there, [need.tool for need in package.tools if need.tool not in there]


def close_trials(*, listing_ids: Collection[str]) -> int:
    """Take out of the showroom what is not shown any more; trials under way end. Returns how many."""
    shown = Assistant.objects.filter(workspace__slug=SLUG, imported__listing__in=list(listing_ids))
    tried = {assistant.imported["listing"]: assistant for assistant in shown}
    gone = Listing.objects.filter(pk__in=tried).exclude(state__in=Listing.SHOWN).values_list("pk", flat=True)
    for id in gone:
        delete_assistant(actor=SYSTEM, assistant=tried[id])
    return len(gone)


def _hub(workspace: Workspace) -> tuple[Hub, Server]:
    server = Server.objects.filter(workspace=workspace, slug=BUNDLED).first()
    if server is None:
        server = connect_server(actor=SYSTEM, workspace=workspace, draft=bundled_draft(workspace))
    hub = Hub.objects.filter(workspace=workspace).order_by("id").first()
    if hub is None:
        hub = create_hub(actor=SYSTEM, workspace=workspace, title="Trials", slug="trials", read_only=True)
    add_server(actor=SYSTEM, hub=hub, server=server)
    return hub, server


def _put(workspace: Workspace, listing: Listing, version: ListingVersion, package: AssistantPackage) -> Assistant:
    hub, server = _hub(workspace)
    configuration = _configuration(package, hub, server)
    rows = Assistant.objects.filter(workspace=workspace)
    found = rows.filter(imported__listing=listing.id).first()
    if found is None:
        for oldest in rows.order_by("id")[: max(0, rows.count() - MOST + 1)]:
            delete_assistant(actor=SYSTEM, assistant=oldest)
        found = create_assistant(
            actor=SYSTEM,
            workspace=workspace,
            name=listing.name[:80],
            summary=listing.summary,
            letters=listing.letters,
            configuration=configuration,
        )
    else:
        found = save_draft(actor=SYSTEM, assistant=found, configuration=configuration, revision=None)
    found = keep_and_deploy(actor=SYSTEM, assistant=found, note=version.version)
    found.imported = {"format": "listing", "listing": listing.id, "version": version.id}
    found.offer_tool = False
    found.save(update_fields=["imported", "offer_tool", "updated_at"])
    return found


def _configuration(package: AssistantPackage, hub: Hub, server: Server) -> Configuration:
    """Tools by the names that the hub will give them, also before the server was asked; nothing has to be filled in."""
    tools: dict[str, Any] = {
        f"{need.listing}/{need.tool}": ToolChoice(
            hub=hub.id, name=f"{server.slug}__{need.tool}", ask_first=need.ask_first
        )
        for need in package.tools
        if need.listing == BUNDLED
    }
    made = configuration_of(package, tools, {})
    variables = tuple(msgspec.structs.replace(variable, required=False) for variable in made.variables)
    return msgspec.structs.replace(made, variables=variables)
