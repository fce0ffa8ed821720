"""What an install will do, told before anything is done: permissions, what it needs, and what cannot run here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from django.utils.translation import gettext as _

from accounts.models import Workspace
from core.decision import Principal
from marketplace.manifest_words import Said, sentences_of
from marketplace.manifests import manifest_of
from marketplace.models import Install, Listing, ListingVersion
from marketplace.packages import AssistantPackage, Package, ServerPackage, read_manifest, read_package
from marketplace.selectors.needs import INSTALL, SKIP, Need, ServerChoice, assistant_needs, server_needs
from marketplace.selectors.travel import listings_of_servers
from marketplace.selectors.ways import best_way, open_variables, refusal_of
from proxy.models import Server


@dataclass(frozen=True)
class Plan:
    """`refusal`: why it cannot be installed at all. `warnings` do not stand in the way."""

    workspace: Workspace
    listing: Listing
    version: ListingVersion
    package: Package
    said: Said
    way: int = 0
    needs: tuple[Need, ...] = ()
    servers: tuple[ServerChoice, ...] = ()
    warnings: tuple[str, ...] = ()
    refusal: str = ""
    installed: Install | None = None
    similar: tuple[Server, ...] = ()
    """Servers of the workspace that came from this listing without an install."""

    @property
    def ready(self) -> bool:
        """Whether nothing is missing: what is filled in below the plan counts as there."""
        return not self.refusal and not any(need.state == "missing" for need in self.needs)


def plan_of(
    *, actor: Principal, workspace: Workspace, listing: Listing, version: ListingVersion, way: int | None = None
) -> Plan:
    """The plan for a version, whoever asks; `marketplace.services.installing.plan_install` asks for permission."""
    package = read_package(version.package)
    installed = Install.objects.filter(workspace=workspace, listing=listing, removed_at=None).first()
    names: Mapping[str, str] = {}
    servers: tuple[ServerChoice, ...] = ()
    similar: tuple[Server, ...] = ()
    manifest = read_manifest(version.manifest)
    if isinstance(package, ServerPackage):
        way = way if way is not None and 0 <= way < len(package.transports) else None
        way = best_way(actor, workspace, listing, package) if way is None else way
        needs = list(server_needs(actor, workspace, listing, package, way))
        manifest = manifest_of(msgspec.structs.replace(package, transports=(package.transports[way],)))
        similar = tuple(Server.objects.filter(workspace=workspace, catalogue=listing.slug)) if not installed else ()
    else:
        servers = server_choices(actor, workspace, package)
        names = {choice.slug: choice.name for choice in servers}
        needs = list(assistant_needs(workspace, package, servers))
    return Plan(
        workspace=workspace,
        listing=listing,
        version=version,
        package=package,
        said=sentences_of(manifest, names),
        way=way or 0,
        needs=tuple(needs),
        servers=servers,
        warnings=tuple(_warnings(listing, version)),
        refusal=refusal_to_install(listing, version) or _refused(needs),
        installed=installed,
        similar=similar,
    )


def refusal_to_install(listing: Listing, version: ListingVersion) -> str:
    """Why nobody can install this version, in a sentence; "" when they can."""
    state = Listing.State(listing.state)
    if state == Listing.State.REMOVED:
        return _("This listing was removed from the marketplace. It cannot be installed any more.")
    if state == Listing.State.QUARANTINE:
        return _("This listing is in quarantine while the operator looks at it. It cannot be installed now.")
    if state not in Listing.SHOWN:
        return _("This listing is not in the marketplace yet.")
    if version.listing_id != listing.id:
        return _("This is a version of another listing.")
    if version.state == ListingVersion.State.QUARANTINE:
        return _("Version %s is in quarantine. It cannot be installed now.") % version.version
    if version.state != ListingVersion.State.LIVE:
        return _("Version %s is not offered any more. Install a newer one.") % version.version
    if listing.publisher.suspended_at is not None:
        return _("The publisher of this listing is suspended. It cannot be installed now.")
    return ""


def server_choices(actor: Principal, workspace: Workspace, package: AssistantPackage) -> tuple[ServerChoice, ...]:
    """Each listed server that the tools come from, with the workspace's own that are of it."""
    slugs = list(dict.fromkeys(need.listing for need in package.tools))
    if not slugs:
        return ()
    own = servers_by_listing(workspace.id)
    rows = Listing.objects.filter(slug__in=slugs, kind=Listing.Kind.SERVER, state__in=Listing.SHOWN)
    listings = {row.slug: row for row in rows.select_related("current", "publisher")}
    return tuple(_choice(actor, workspace, package, slug, listings.get(slug), own.get(slug, [])) for slug in slugs)


def servers_by_listing(workspace_id: str) -> dict[str, list[Server]]:
    """Slug of a listing -> the servers of a workspace that are of it, the oldest first."""
    servers = list(Server.objects.filter(workspace=workspace_id).order_by("id"))
    named = listings_of_servers(workspace_id, servers)
    found: dict[str, list[Server]] = {}
    for server in servers:
        slug = named[server.id].listing if server.id in named else server.catalogue
        if slug:
            found.setdefault(slug, []).append(server)
    return found


def _choice(
    actor: Principal,
    workspace: Workspace,
    package: AssistantPackage,
    slug: str,
    listing: Listing | None,
    there: list[Server],
) -> ServerChoice:
    needs = [need for need in package.tools if need.listing == slug]
    common = ServerChoice(
        slug=slug,
        listing=listing,
        tools=tuple(need.tool for need in needs),
        optional=all(need.optional for need in needs),
        there=tuple(there),
        chosen=there[0].id if there else SKIP,
    )
    if listing is None or listing.current is None:
        return common
    server = read_package(listing.current.package)
    if not isinstance(server, ServerPackage):
        return common
    way = best_way(actor, workspace, listing, server)
    transport = server.transports[way]
    refusal = refusal_to_install(listing, listing.current) or refusal_of(actor, workspace, listing, transport)
    chosen = common.chosen if there or refusal else INSTALL
    values = {name: getattr(common, name) for name in ("slug", "listing", "tools", "optional", "there")}
    return ServerChoice(**values, chosen=chosen, way=way, variables=open_variables(transport), refusal=refusal)


def _refused(needs: Iterable[Need]) -> str:
    """A server that may not run here is no install at all."""
    return next((need.sentence for need in needs if need.kind == "policy"), "")


def _warnings(listing: Listing, version: ListingVersion) -> Iterable[str]:
    if listing.state == Listing.State.DEPRECATED:
        yield " ".join([_("Its publisher advises against it."), listing.state_reason]).strip()
    current = listing.current
    if current is not None and current.version_key > version.version_key:
        yield _("Version %(newest)s is newer than %(version)s.") % {
            "newest": current.version,
            "version": version.version,
        }
