"""Updates of installs: offered with what they change, taken only when somebody says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import in_workspace, require
from assistants.configuration import read_configuration
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import save_draft
from assistants.services.values import fill_values
from core.decision import Principal
from core.errors import ServiceProblem
from marketplace.catalogue.schema import Transport
from marketplace.manifest_words import widened
from marketplace.models import Install, Listing, ListingVersion
from marketplace.packages import AssistantPackage, Package, ServerPackage, read_manifest, read_package
from marketplace.selectors.plans import refusal_to_install
from marketplace.services.install_assistants import configuration_of, find_tools
from marketplace.services.install_checks import check_install
from marketplace.services.install_servers import move_server, plain_values
from marketplace.services.uninstalling import locked_install, record_install
from marketplace.signals import install_changed


class NoUpdate(ServiceProblem):
    """There is nothing newer, or nothing that may be taken."""

    code = "no_update"


@dataclass(frozen=True)
class Difference:
    """What an update changes: `widened` are sentences on what it may do more, texts are (title, before, after)."""

    before: ListingVersion
    after: ListingVersion
    widened: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    """(version, what changed) of every version in between, the newest first."""
    texts: tuple[tuple[str, str, str], ...]
    transport: Transport | None = None
    """The way of a server in the new version, where it is another than now."""
    edited: bool = False
    """The assistant's instructions were changed here; the update takes their place."""


def update_of(install: Install) -> ListingVersion | None:
    """The version that could be taken now. `listing.current` and `version` must be loaded."""
    newest = install.listing.current
    if newest is None or install.removed_at is not None or newest.version_key <= install.version.version_key:
        return None
    return None if refusal_to_install(install.listing, newest) else newest


def is_dismissed(install: Install) -> bool:
    """Somebody said that the newest version is not wanted; the next one is offered again."""
    newest = install.listing.current
    return newest is not None and install.mapping.get("dismissed") == newest.version


def difference_of(install: Install) -> Difference | None:
    """None where there is no update."""
    newest = update_of(install)
    if newest is None:
        return None
    old, new = read_package(install.version.package), read_package(newest.package)
    between = install.listing.versions.filter(
        state=ListingVersion.State.LIVE,
        version_key__gt=install.version.version_key,
        version_key__lte=newest.version_key,
    )
    added = widened(read_manifest(install.version.manifest), read_manifest(newest.manifest), _names(old, new))
    return Difference(
        before=install.version,
        after=newest,
        widened=tuple(added),
        notes=tuple((row.version, row.notes) for row in between.order_by("-version_key")[:20]),
        texts=tuple(_texts(old, new)),
        transport=_moved(install, old, new),
        edited=_edited(install, old),
    )


def accept_update(
    *,
    actor: Principal,
    install: Install,
    version: ListingVersion | None = None,
    values: Mapping[str, str] | None = None,
) -> Install:
    """Pin the newest version and change the server or assistant to it. `version`: the one whose changes were seen.

    Raises NoUpdate, also when a newer one came meanwhile; DraftProblem by variable for what must be filled in.
    """
    require(actor, "install.manage", in_workspace(install.workspace_id, "install", install.id))
    with transaction.atomic():
        install = locked_install(install)
        newest = update_of(install)
        if newest is None:
            raise NoUpdate(_("There is no update for it."))
        if version is not None and version.id != newest.id:
            raise NoUpdate(_("Version %s came meanwhile. Look at what it changes first.") % newest.version)
        old, new = read_package(install.version.package), read_package(newest.package)
        was = install.version.version
        install.version = newest
        install.mapping = {name: value for name, value in install.mapping.items() if name != "dismissed"}
        if isinstance(new, ServerPackage) and isinstance(old, ServerPackage):
            _update_server(actor, install, old, new, values or {})
        elif isinstance(new, AssistantPackage):
            _update_assistant(actor, install, new, values or {})
        install.save()
        record_install("install.updated", actor, install, before=was)
        check_install(install=install, told=False)
        install_changed.send(Install, install=install)
    return install


def dismiss_update(*, actor: Principal, install: Install) -> Install:
    """Do not offer the newest version any more; the one after it is offered again."""
    require(actor, "install.manage", in_workspace(install.workspace_id, "install", install.id))
    with transaction.atomic():
        install = locked_install(install)
        newest = update_of(install)
        if newest is None:
            raise NoUpdate(_("There is no update for it."))
        if not is_dismissed(install):
            install.mapping = install.mapping | {"dismissed": newest.version}
            install.save(update_fields=["mapping", "updated_at"])
            record_install("install.update_dismissed", actor, install, newest=newest.version)
    return install


def _update_server(
    actor: Principal, install: Install, old: ServerPackage, new: ServerPackage, values: Mapping[str, str]
) -> None:
    way = int(install.mapping.get("way", 0))
    at = _same_way(old, new, way)
    filled = dict(install.mapping.get("values", {})) | {name: text for name, text in values.items() if text}
    move_server(actor=actor, install=install, before=old.transports[way], after=new.transports[at], values=filled)
    install.mapping = install.mapping | {"way": at, "values": plain_values(new.transports[at], filled)}


def _update_assistant(actor: Principal, install: Install, package: AssistantPackage, values: Mapping[str, str]) -> None:
    assistant = install.assistant
    if assistant is None:
        return
    found = find_tools(install, package)
    install.mapping = install.mapping | {
        "tools": {key: {"hub": one.hub, "name": one.name} for key, one in found.tools.items()}
    }
    made = configuration_of(package, found.tools, install.mapping.get("model", {}))
    assistant = save_draft(actor=actor, assistant=assistant, configuration=made, revision=None)
    note = _("Version %s of the marketplace") % install.version.version
    assistant = keep_and_deploy(actor=actor, assistant=assistant, note=str(note))
    given = {name: text for name, text in values.items() if text}
    install.assistant = fill_values(actor=actor, assistant=assistant, values=given) if given else assistant


def _same_way(old: ServerPackage, new: ServerPackage, way: int) -> int:
    """The way of the new version that is most like the one in use."""
    before = old.transports[way] if way < len(old.transports) else old.transports[0]
    if before in new.transports:
        return new.transports.index(before)
    alike = [at for at, one in enumerate(new.transports) if one.kind == before.kind]
    return alike[0] if alike else 0


def _moved(install: Install, old: Package, new: Package) -> Transport | None:
    if not (isinstance(old, ServerPackage) and isinstance(new, ServerPackage)):
        return None
    way = int(install.mapping.get("way", 0))
    after = new.transports[_same_way(old, new, way)]
    return None if after == old.transports[way] else after


def _edited(install: Install, old: Package) -> bool:
    assistant = install.assistant
    if not isinstance(old, AssistantPackage) or assistant is None:
        return False
    return read_configuration(assistant.draft).instructions != old.instructions


def _texts(old: Package, new: Package) -> list[tuple[str, str, str]]:
    pairs: list[tuple[Any, str, str]] = []
    if isinstance(old, AssistantPackage) and isinstance(new, AssistantPackage):
        pairs = [
            (_("Instructions"), old.instructions, new.instructions),
            (_("Tools"), _tools(old), _tools(new)),
            (_("Greeting"), old.greeting, new.greeting),
            (_("Variables"), _json(old.variables), _json(new.variables)),
        ]
    elif isinstance(old, ServerPackage) and isinstance(new, ServerPackage):
        pairs = [
            (_("How it is reached"), _json(old.transports), _json(new.transports)),
            (_("Tools"), _json(old.tools), _json(new.tools)),
        ]
    return [(str(title), before, after) for title, before, after in pairs if before != after]


def _tools(package: AssistantPackage) -> str:
    asks = _("asks first")
    return "\n".join(
        f"{need.listing}: {need.tool}" + (f" ({asks})" if need.ask_first else "") for need in package.tools
    )


def _names(*packages: Package) -> dict[str, str]:
    slugs = {need.listing for one in packages if isinstance(one, AssistantPackage) for need in one.tools}
    return dict(Listing.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}


def _json(value: Any) -> str:
    return json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False, sort_keys=True)
