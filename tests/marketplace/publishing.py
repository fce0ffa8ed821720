"""What tests of publishing start from: a workspace with an assistant, tools on a hub, and listed servers."""

from __future__ import annotations

from typing import Any

from accounts.models import Workspace
from accounts.permissions import SYSTEM
from assistants.configuration import Configuration, ToolChoice, configuration_json
from assistants.models import Assistant, AssistantVersion, ModelProvider
from marketplace.catalogue.schema import Http
from marketplace.manifests import manifest_of
from marketplace.models import Listing, ListingVersion, Publisher
from marketplace.packages import Package, ServerPackage, ToolDefinition, manifest_json, package_json
from marketplace.semver import version_key
from marketplace.services.listings import create_listing, edit_listing
from marketplace.services.publishers import create_publisher
from marketplace.services.scans import run_scan
from marketplace.services.versions import submit_version
from proxy.importers.drafts import ServerDraft
from proxy.models import Definition, Feature, Hub, Server
from proxy.services.hubs import create_hub
from proxy.services.servers import connect_server

INSTRUCTIONS = (
    "You help people who look after a small shop. Ask for the order's number when it is missing, look the order up, "
    "and answer in two short sentences. When something cannot be found, say so and name whom to ask."
)


def add_server(
    workspace: Workspace, slug: str, *, catalogue: str = "", url: str = "", tools: tuple[str, ...] = ("search",)
) -> Server:
    draft = ServerDraft(
        title=slug.title(),
        slug=slug,
        transport="http",
        url=url or f"https://{slug}.shop.example.com/mcp",
        catalogue=catalogue,
    )
    server = connect_server(actor=SYSTEM, workspace=workspace, draft=draft)
    for name in tools:
        body = {"name": name, "description": f"Does {name}.", "inputSchema": {"type": "object"}}
        definition, _ = Definition.objects.get_or_create(id=f"{name:0>64}", defaults={"body": body, "size": 80})
        Feature.objects.create(server=server, kind="tool", name=name, definition=definition, read_only=True)
    return server


def add_listed_server(slug: str, *, name: str = "", publisher: Publisher | None = None) -> Listing:
    """A live server listing of somebody else."""
    package = ServerPackage(
        transports=(Http(url=f"https://{slug}.example.com/mcp"),),
        tools=(ToolDefinition(name="search", description="Finds orders.", read_only=True),),
    )
    return add_live_listing(slug, name or slug.title(), package, publisher=publisher)


def add_live_listing(slug: str, name: str, package: Package, *, publisher: Publisher | None = None) -> Listing:
    from core.clock import now

    by = publisher or Publisher.objects.create(slug=f"{slug}-maker", name=f"{slug} Makers", letters="MK")
    listing = Listing.objects.create(
        slug=slug, kind="server" if isinstance(package, ServerPackage) else "assistant", publisher=by, name=name,
        summary="Finds things.", letters="XX", category="work", state="live", published_at=now(),
    )  # fmt: skip
    listing.current = ListingVersion.objects.create(
        listing=listing, version="1.0.0", version_key=version_key("1.0.0"), package=package_json(package),
        content_hash="0" * 64, manifest=manifest_json(manifest_of(package)), state="live",
    )  # fmt: skip
    listing.save()
    return listing


def add_assistant(
    workspace: Workspace, *, tools: tuple[ToolChoice, ...] = (), name: str = "Order helper", **values: Any
) -> Assistant:
    provider = ModelProvider.objects.filter(workspace=workspace).first()
    configuration = Configuration(**({"instructions": INSTRUCTIONS, "tools": tools} | values))
    assistant = Assistant.objects.create(
        workspace=workspace, slug=name.lower().replace(" ", "-"), name=name, summary="Answers questions on orders.",
        letters="OH", draft=configuration_json(configuration),
    )  # fmt: skip
    assistant.deployed = AssistantVersion.objects.create(
        assistant=assistant, number=1, configuration=assistant.draft, content_hash="0" * 64
    )
    assistant.save()
    assert provider is None or provider.workspace_id == workspace.id
    return assistant


def add_hub(workspace: Workspace, *servers: Server) -> Hub:
    return create_hub(actor=SYSTEM, workspace=workspace, title="Main", slug="main", servers=servers)


def new_publisher(workspace: Workspace, *, verified: bool = False) -> Publisher:
    publisher = create_publisher(actor=SYSTEM, workspace=workspace, name="Acme Tools")
    if verified:
        publisher.proof, publisher.proved_as = Publisher.Proof.DOMAIN, "acme.example"
        publisher.save()
    return publisher


def new_listing(publisher: Publisher, **texts: Any) -> Listing:
    """A draft that may be submitted."""
    assert publisher.workspace
    listing = create_listing(actor=SYSTEM, publisher=publisher, assistant=add_assistant(publisher.workspace))
    return edit_listing(
        actor=SYSTEM, listing=listing, **({"notes": "First version.", "category": "work", "licence": "MIT"} | texts)
    )


def submitted(listing: Listing, version: str = "1.0.0", notes: str = "First version.") -> ListingVersion:
    return submit_version(actor=SYSTEM, listing=listing, version=version, notes=notes)


def scanned(listing: Listing, version: str = "1.0.0") -> ListingVersion:
    made = run_scan(version_id=submitted(listing, version).id)
    assert made is not None
    return made
