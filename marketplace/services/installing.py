"""Installs: a version of a listing pinned into a workspace, as a server or an assistant; removed without a trace.

    plan = plan_install(actor=…, workspace=…, listing=…)                  # what it will do, before anything is done
    install = install_listing(actor=…, workspace=…, version=plan.version, values={…}, mapping={…})

`mapping`: {"hub": slug, id, "new" or "", "servers": {listing slug: server id, "install" or "skip"},
"model": {"provider": id, "name": …}}; what is left out is chosen as the plan says. `values` are by variable; those of
a server that is installed along are by `<listing slug>.<variable>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from assistants.models import ModelProvider
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import create_assistant
from assistants.services.values import fill_values
from core.decision import Principal
from core.errors import InvalidProblem, ServiceProblem
from marketplace.models import Install, Listing, ListingVersion
from marketplace.packages import AssistantPackage, ServerPackage, read_package
from marketplace.selectors.needs import INSTALL, SKIP, ServerChoice
from marketplace.selectors.plans import Plan, plan_of, refusal_to_install, server_choices
from marketplace.selectors.ways import best_way
from marketplace.services.install_assistants import configuration_of, find_tools
from marketplace.services.install_checks import check_install
from marketplace.services.install_servers import (
    NEW_HUB,
    chosen_hub,
    make_server,
    plain_values,
    put_on_hub,
    transport_of,
)
from marketplace.services.stats import count_stat
from marketplace.services.uninstalling import record_install, uninstall
from marketplace.signals import install_changed, listing_changed
from proxy.models import Server

__all__ = ["Plan", "install_listing", "plan_install", "uninstall"]

Mapped = Mapping[str, Any]


class InstallRefused(ServiceProblem):
    """It cannot be installed, here or by anybody. The sentence says why."""

    code = "not_installable"


class InstalledAlready(ServiceProblem):
    """There is one already; `install` is it."""

    code = "installed"

    def __init__(self, install: Install) -> None:
        super().__init__(_("%s is installed in this workspace already.") % install.listing.name)
        self.install = install


def plan_install(
    *,
    actor: Principal,
    workspace: Workspace,
    listing: Listing,
    version: ListingVersion | None = None,
    way: int | None = None,
) -> Plan:
    """What installing would do. `version`: the current one unless said; `way`: the first that may run here.

    Raises InstallRefused for a listing that never had a version.
    """
    require(actor, "install.manage", in_workspace(workspace, "install"))
    version = version or listing.current
    if version is None:
        raise InstallRefused(_("This listing is not in the marketplace yet."))
    return plan_of(actor=actor, workspace=workspace, listing=listing, version=version, way=way)


def install_listing(
    *,
    actor: Principal,
    workspace: Workspace,
    version: ListingVersion,
    way: int | None = None,
    values: Mapping[str, str] | None = None,
    mapping: Mapped | None = None,
) -> Install:
    """Make the server or assistant of a version, all or nothing. What is unmet is told by `steps` of the install.

    Raises InstallRefused, InstalledAlready, DraftProblem by variable, StdioRefused, InvalidProblem, LimitProblem.
    """
    require(actor, "install.manage", in_workspace(workspace, "install"))
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        listing = Listing.objects.select_related("publisher", "current").get(pk=version.listing_id)
        _refuse(workspace, listing, version)
        package = read_package(version.package)
        install = Install(workspace=workspace, listing=listing, version=version, installed_by=actor.user_id or actor.id)
        if isinstance(package, ServerPackage):
            way = best_way(actor, workspace, listing, package) if way is None else way
            _install_server(actor, install, package, way, values or {}, mapping or {})
        else:
            _install_assistant(actor, install, package, values or {}, mapping or {})
        record_install("install.made", actor, install)
        Listing.objects.filter(pk=listing.pk).update(installs=F("installs") + 1)
        check_install(install=install, told=False)
        install_changed.send(Install, install=install)
        listing_changed.send(Listing, listing_id=listing.id)
        transaction.on_commit(lambda: count_stat(listing.id, "installs"))
    return install


def _refuse(workspace: Workspace, listing: Listing, version: ListingVersion) -> None:
    refusal = refusal_to_install(listing, version)
    if refusal:
        raise InstallRefused(refusal)
    found = Install.objects.filter(workspace=workspace, listing=listing, removed_at=None).select_related("listing")
    if (there := found.first()) is not None:
        raise InstalledAlready(there)


def _install_server(
    actor: Principal, install: Install, package: ServerPackage, way: int, values: Mapping[str, str], mapping: Mapped
) -> None:
    transport = transport_of(package, way)
    server = make_server(
        actor=actor, workspace=install.workspace, listing=install.listing, transport=transport, values=values
    )
    put_on_hub(actor=actor, workspace=install.workspace, server=server, hub=str(mapping.get("hub", NEW_HUB)))
    install.server = server
    install.mapping = {"way": way, "values": plain_values(transport, values), "server": server.id}
    install.save(force_insert=True)


def _install_assistant(
    actor: Principal, install: Install, package: AssistantPackage, values: Mapping[str, str], mapping: Mapped
) -> None:
    chosen, along = _servers_for(actor, install, package, values, mapping)
    hub = chosen_hub(actor=actor, workspace=install.workspace, hub=str(mapping.get("hub", "")))
    install.mapping = {
        "servers": chosen,
        "hub": hub.id if hub else "",
        "model": _model(install.workspace, mapping.get("model") or {}),
        "came_with": along,
    }
    install.save(force_insert=True)
    found = find_tools(install, package)
    install.mapping["tools"] = {key: {"hub": one.hub, "name": one.name} for key, one in found.tools.items()}
    assistant = create_assistant(
        actor=actor,
        workspace=install.workspace,
        name=install.listing.name[:80],
        summary=install.listing.summary,
        letters=install.listing.letters,
        configuration=configuration_of(package, found.tools, install.mapping["model"]),
        install=install.id,
    )
    note = _("Version %s of the marketplace") % install.version.version
    assistant = keep_and_deploy(actor=actor, assistant=assistant, note=note)
    own = {name: text for name, text in values.items() if "." not in name and text}
    if own:
        assistant = fill_values(actor=actor, assistant=assistant, values=own)
    install.assistant = assistant
    install.save()


def _servers_for(
    actor: Principal, install: Install, package: AssistantPackage, values: Mapping[str, str], mapping: Mapped
) -> tuple[dict[str, str], list[str]]:
    """Which server stands for each listing, and the installs that were made along."""
    wanted: Mapping[str, str] = mapping.get("servers") or {}
    chosen, along = {}, []
    for choice in server_choices(actor, install.workspace, package):
        word = wanted.get(choice.slug) or choice.chosen
        if word == INSTALL and choice.can_install and _has_values(choice, values):
            made = _along(actor, install.workspace, choice, values, str(mapping.get("hub", NEW_HUB)))
            along.append(made.id)
            word = made.mapping["server"]
        elif word not in (INSTALL, SKIP) and not Server.objects.filter(workspace=install.workspace, pk=word).exists():
            raise InvalidProblem(_("There is no such server in this workspace."), field=f"servers.{choice.slug}")
        # One that could not be installed yet is found as soon as it is there.
        chosen[choice.slug] = "" if word == INSTALL or (word == SKIP and choice.slug not in wanted) else word
    return chosen, along


def _has_values(choice: ServerChoice, values: Mapping[str, str]) -> bool:
    return all(values.get(f"{choice.slug}.{variable.name}", "").strip() for variable in choice.variables)


def _along(
    actor: Principal, workspace: Workspace, choice: ServerChoice, values: Mapping[str, str], hub: str
) -> Install:
    assert choice.listing is not None
    assert choice.listing.current is not None
    prefix = f"{choice.slug}."
    own = {name.removeprefix(prefix): text for name, text in values.items() if name.startswith(prefix)}
    return install_listing(
        actor=actor,
        workspace=workspace,
        version=choice.listing.current,
        way=choice.way,
        values=own,
        mapping={"hub": hub or NEW_HUB},
    )


def _model(workspace: Workspace, wanted: Mapping[str, str]) -> dict[str, str]:
    provider = str(wanted.get("provider", ""))
    if provider and not ModelProvider.objects.filter(workspace=workspace, pk=provider).exists():
        raise InvalidProblem(_("There is no such model provider in this workspace."), field="model")
    return {"provider": provider, "name": str(wanted.get("name", ""))[:120]} if provider else {}
