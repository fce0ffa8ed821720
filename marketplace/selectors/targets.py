"""What a probe of a listing asks, and why there is nothing to ask."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.catalogue.filling import connection
from marketplace.catalogue.schema import Remote, Stdio, Transport
from marketplace.importers.stock import SOURCE as STOCK
from marketplace.models import Listing
from marketplace.packages import AssistantPackage, Package, ServerPackage, read_package
from proxy.engine.ports import UpstreamSpec
from proxy.services.stdio import BUNDLED_ARGS
from proxy.specs import make_spec

MAX_SILENCE_MS = 10_000
START_MS = 30_000
NOTES = "probes"


def transport_to_probe(listing: Listing, package: ServerPackage) -> Transport | None:
    """An address that is whole without anybody's values, Streamable HTTP first; else the bundled program."""
    remotes = [way for way in package.transports if isinstance(way, Remote) and not _open_address(way)]
    remotes.sort(key=lambda way: way.kind != "http")
    if remotes:
        return remotes[0]
    return next((way for way in package.transports if isinstance(way, Stdio) and _is_ours(listing, way)), None)


def spec_of(listing: Listing, package: ServerPackage) -> UpstreamSpec | None:
    """How a stranger reaches it, with no key of anybody; None when it cannot be probed."""
    way = transport_to_probe(listing, package)
    if way is None:
        return None
    made = connection(way, _defaults(way))
    env = {"NOTES_DIR": str(settings.ENV.data_dir / "notes" / NOTES)} if isinstance(way, Stdio) else {}
    return make_spec(
        server_id="",
        workspace_id="",
        slug=listing.slug,
        title=listing.name,
        transport=made.transport,
        command=made.command,
        args=made.args,
        cwd=made.cwd,
        url=made.url,
        secrets={"env": env, "headers": dict(made.headers)},
        timeout_ms=MAX_SILENCE_MS if isinstance(way, Remote) else START_MS,
    )


def host_of(listing: Listing, package: Package) -> str:
    """Whom a probe asks; empty for what runs here."""
    way = transport_to_probe(listing, package) if isinstance(package, ServerPackage) else None
    return (urlsplit(connection(way, _defaults(way)).url).hostname or "")[:255] if isinstance(way, Remote) else ""


def can_probe(listing: Listing, package: Package) -> bool:
    if isinstance(package, AssistantPackage):
        return bool(package.examples)
    return transport_to_probe(listing, package) is not None


def asks_for_key(package: ServerPackage) -> bool:
    """Does every way to reach it at an address say that it takes a key or a sign-in?"""
    ways = [way for way in package.transports if isinstance(way, Remote)]
    return bool(ways) and all(way.sign_in != "none" or any(one.required for one in way.variables) for way in ways)


def reason_unprobed(listing: Listing) -> str:
    """Why there is nothing to probe, in plain words; "" when there is."""
    if listing.current is None:
        return _("Not probed: no version is live.")
    package = read_package(listing.current.package)
    if can_probe(listing, package):
        return ""
    if isinstance(package, AssistantPackage):
        return _("Not probed: it brings no examples of its own.")
    if any(isinstance(way, Remote) for way in package.transports):
        return _("Not probed: its address has to be filled in first.")
    return _("Not probed: it is a program, and programs of others are not run until they can run in a sandbox.")


def _open_address(way: Transport) -> bool:
    return not connection(way, _defaults(way)).url


def _is_ours(listing: Listing, way: Stdio) -> bool:
    """Exactly the server that comes with Crossroads: what else is called bundled could run other code."""
    return listing.source == STOCK and way.runtime == "python" and way.args == BUNDLED_ARGS


def _defaults(way: Transport) -> dict[str, str]:
    return {one.name: one.template.replace("{value}", one.default) for one in way.variables if one.default}
