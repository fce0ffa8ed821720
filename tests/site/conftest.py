"""A workspace with one of everything, so that every address has something to open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core import signing
from django.db import connection

from accounts.models import User
from accounts.services import create_key, create_workspace
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import create_assistant
from assistants.services.conversations import start_conversation
from assistants.services.providers import connect_provider
from assistants.views.trial import SALT
from core.ids import new_id
from core.models import Job, Message, WebhookDelivery
from core.permissions import SYSTEM
from core.secrets import seal_for
from core.webhooks.endpoints import create_endpoint
from marketplace.catalogue.loader import find
from marketplace.importers.stock import SOURCE, draft_of_entry
from marketplace.models import Claim, ImportRun, Listing, ListingPicture, ListingVersion, Publisher, Report, Review
from marketplace.semver import version_key
from marketplace.services.collections import create_collection
from marketplace.services.importing import upsert_listings
from marketplace.services.installing import install_listing
from marketplace.services.listings import create_listing
from marketplace.services.publishers import create_publisher
from proxy.importers.drafts import ServerDraft
from proxy.models import CallJob, Definition, Feature, Hub, Server
from proxy.services.hubs import create_hub
from proxy.services.servers import connect_server
from tests.cast import Cast, cast

__all__ = ["cast"]


@dataclass
class Things:
    """The cast's workspace, filled."""

    cast: Cast
    server: Server
    hub: Hub
    tool: Feature
    ids: dict[str, str]


def add_tool(server: Server, name: str, *, read_only: bool = True) -> Feature:
    """A tool as discovery keeps it."""
    body = {"name": name, "description": f"Does {name}.", "inputSchema": {"type": "object"}}
    definition, _ = Definition.objects.get_or_create(id=f"{name:0>64}", defaults={"body": body, "size": 80})
    return Feature.objects.create(server=server, kind="tool", name=name, definition=definition, read_only=read_only)


def add_call(workspace_id: str, hub_id: str, server_id: str, name: str = "up__echo") -> str:
    """A recorded call; returns its id."""
    call, at = new_id("call"), datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO proxy_call (id, month, workspace, hub, server, method, name, outcome, started_at, duration_us)"
            " VALUES (%s, %s, %s, %s, %s, 'tools/call', %s, 'answered', %s, 12000)",
            [call, at.date().replace(day=1), workspace_id, hub_id, server_id, name, at],
        )
    return call


def add_version(listing: Listing, version: str) -> ListingVersion:
    """A version of a listing's draft that waits for review."""
    made = ListingVersion.objects.create(
        listing=listing, version=version, version_key=version_key(version), package=listing.draft["package"],
        content_hash="0" * 64, state="review",
    )  # fmt: skip
    Listing.objects.filter(pk=listing.pk).update(state="review")
    return made


def list_stock(*slugs: str) -> dict[str, Listing]:
    """Entries of the built-in catalogue as listings."""
    drafts = [draft_of_entry(entry) for slug in slugs if (entry := find(slug))]
    upsert_listings(actor=SYSTEM, source=SOURCE, drafts=drafts)
    return {row.slug: row for row in Listing.objects.filter(slug__in=slugs).select_related("current")}


def add_review(publisher: Publisher, writer: User) -> Review:
    """Of a live listing, `notes`, by somebody else's workspace; reported."""
    listing = Listing.objects.create(
        slug="notes", kind="server", publisher=publisher, name="Notes", summary="Keeps notes.", letters="NO",
        category="work", state="live", published_at=datetime.now(UTC),
    )  # fmt: skip
    workspace = create_workspace(actor=SYSTEM, name="Elsewhere", slug="elsewhere", owner=writer)
    review = Review.objects.create(
        listing=listing, workspace=workspace, user=writer, version="1.0.0", stars=4, text="Fine.", runs=6, days=2
    )
    Report.objects.create(listing=listing, review=review, user=writer, reason="spam")
    return review


@pytest.fixture
def things(cast: Cast) -> Things:
    workspace = cast.workspace
    draft = ServerDraft(title="Up", slug="up", transport="http", url="https://up.example.com/mcp")
    server = connect_server(actor=SYSTEM, workspace=workspace, draft=draft)
    tool = add_tool(server, "echo")
    hub = create_hub(actor=SYSTEM, workspace=workspace, title="Main", slug="main", servers=[server])
    key, _secret = create_key(
        actor=SYSTEM, workspace=workspace, user=cast.users["owner"], name="laptop", scopes=["mcp"]
    )
    endpoint, _signing = create_endpoint(
        actor=cast.principal("owner"), workspace_id=workspace.id, url="https://hooks.example.com/", types=[]
    )
    delivery = WebhookDelivery.objects.create(
        workspace=workspace.id, endpoint=endpoint, url=endpoint.url, type="key.created", payload={}, state="failed"
    )
    run = CallJob.objects.create(
        workspace=workspace.id,
        hub=hub.id,
        tool="up__echo",
        arguments=seal_for(workspace.id, {}),
        principal={"kind": "person", "id": cast.users["owner"].id, "user_id": cast.users["owner"].id},
    )
    assistant = create_assistant(actor=SYSTEM, workspace=workspace, name="Guide", configuration={"greeting": "Hello"})
    keep_and_deploy(actor=SYSTEM, assistant=assistant)
    conversation = start_conversation(actor=cast.principal("owner"), assistant=assistant)
    provider = connect_provider(
        actor=SYSTEM, workspace=workspace, kind="openai", name="Nobody", base_url="http://127.0.0.1:1/v1"
    )
    message = Message.objects.create(to="a@example.com", subject="Hello", text="Hello")
    job = Job.objects.create(task="core.sweep", state="failed", due_at=datetime.now(UTC))
    publisher = create_publisher(actor=SYSTEM, workspace=workspace, name="Acme Tools")
    listing = create_listing(actor=SYSTEM, publisher=publisher, assistant=assistant)
    version = add_version(listing, "1.0.0")
    picture = ListingPicture.objects.create(
        listing=listing, alt="A picture", media_type="image/webp", width=1, height=1, body=b"RIFF"
    )
    claim = Claim.objects.create(
        publisher=publisher, workspace=workspace, method="domain", subject="localhost:1", token="x", created_by=""
    )
    listed = list_stock("github", "deepwiki")
    assert listed["deepwiki"].current
    install = install_listing(
        actor=cast.principal("owner"), workspace=workspace, version=listed["deepwiki"].current, mapping={"hub": ""}
    )
    review = add_review(publisher, cast.users["outsider"])
    collection = create_collection(actor=cast.principal("member"), title="A shelf", visibility="public")
    ids = {
        "collection": collection.slug,
        "collection_id": collection.id,
        "maker": listed["github"].publisher.slug,
        "review": review.id,
        "report": review.reports.get().id,
        "install": install.id,
        "import": ImportRun.objects.create(origin="some.jsonl", source="import:some", state="done").id,
        "publisher": publisher.slug,
        "publisher_id": publisher.id,
        "listing": listing.slug,
        "listing_id": listing.id,
        "version": version.id,
        "picture": picture.id,
        "claim": claim.id,
        "assistant": assistant.id,
        "conversation": conversation.id,
        "trial": signing.dumps({"a": assistant.id, "s": False, "b": ""}, salt=SALT, compress=True),
        "provider": provider.id,
        "call": add_call(workspace.id, hub.id, server.id),
        "key": key.id,
        "webhook": endpoint.id,
        "delivery": delivery.id,
        "run": run.id,
        "message": message.id,
        "job": job.id,
        "member": cast.member("viewer").id,
    }
    assert settings.ENV.stdio_policy == ("operator",)
    return Things(cast, server, hub, tool, ids)
