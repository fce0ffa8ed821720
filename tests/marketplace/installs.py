"""What tests of installs start from: listed servers and assistants, and servers whose tools are known."""

from __future__ import annotations

from typing import Any

import msgspec

from assistants.configuration import Variable
from core.clock import now
from marketplace.catalogue.schema import Http, Stdio
from marketplace.catalogue.schema import Variable as ServerVariable
from marketplace.manifests import manifest_of
from marketplace.models import Listing, ListingVersion
from marketplace.packages import (
    AssistantPackage,
    Package,
    ServerPackage,
    ToolDefinition,
    ToolNeed,
    manifest_json,
    package_json,
    read_package,
)
from marketplace.selectors.travel import writing_tools
from marketplace.semver import version_key
from proxy.models import Definition, Feature, Server
from tests.marketplace import publishing

KEYED = Http(
    url="https://orders.example.com/mcp",
    variables=(
        ServerVariable(name="Authorization", where="header", label="Key", secret=True, template="Bearer {value}"),
    ),
    sign_in="key",
)
RUNS = Stdio(runtime="npx", args=("-y", "orders-mcp"))
SEARCH = ToolDefinition(name="search", description="Finds orders.", read_only=True)


__all__ = [
    "KEYED", "RUNS", "SEARCH", "add_version", "changed", "discover", "list_assistant", "list_server", "read_package",
]  # fmt: skip


def list_server(slug: str = "orders", *transports: Any, tools: tuple[ToolDefinition, ...] = (SEARCH,)) -> Listing:
    package = ServerPackage(transports=transports or (Http(url=f"https://{slug}.example.com/mcp"),), tools=tools)
    return publishing.add_live_listing(slug, slug.title(), package)


def list_assistant(slug: str = "order-helper", **values: Any) -> Listing:
    known: dict[str, Any] = {
        "instructions": "Help with orders of {{shop}}.",
        "works_offline": True,
        "tools": (ToolNeed(listing="orders", tool="search", version="1.0.0"),),
        "variables": (Variable(name="shop", label="Shop", required=True),),
    }
    return publishing.add_live_listing(slug, slug.replace("-", " ").title(), AssistantPackage(**(known | values)))


def add_version(listing: Listing, package: Package, number: str = "1.1.0", notes: str = "Better.") -> ListingVersion:
    """A newer live version."""
    listing.current = ListingVersion.objects.create(
        listing=listing, version=number, version_key=version_key(number), package=package_json(package), notes=notes,
        content_hash="1" * 64, manifest=manifest_json(manifest_of(package, writing_tools(package))), state="live",
        published_at=now(),
    )  # fmt: skip
    listing.save()
    return listing.current


def discover(server: Server, *tools: str) -> Server:
    """As if it had answered."""
    for name in tools or ("search",):
        body = {"name": name, "description": f"Does {name}.", "inputSchema": {"type": "object"}}
        definition, _ = Definition.objects.get_or_create(id=f"{name:0>64}", defaults={"body": body, "size": 80})
        Feature.objects.create(server=server, kind="tool", name=name, definition=definition, read_only=True)
    server.refresh_from_db()
    server.state, server.discovered_at = Server.State.RUNNING, now()
    server.save()
    return server


def changed(package: Package, **values: Any) -> Package:
    return msgspec.structs.replace(package, **values)
