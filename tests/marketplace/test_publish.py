"""From an assistant to a live listing, and what may not be published."""

from __future__ import annotations

import json

import pytest

from accounts.permissions import SYSTEM
from assistants.configuration import ModelChoice, ToolChoice, Variable
from assistants.models import ModelProvider
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.ids import is_id
from core.models import Event, Job, Message
from marketplace.errors import TravelProblem
from marketplace.models import Listing, Publisher
from marketplace.selectors.travel import package_of_assistant
from marketplace.selectors.travel_servers import package_of_server
from marketplace.services.listings import (
    create_listing,
    deprecate_listing,
    edit_listing,
    refresh_package,
    remove_listing,
    restore_listing,
)
from marketplace.services.moderation import approve_version
from marketplace.services.publishers import create_publisher, suspend_publisher, update_publisher
from marketplace.services.versions import SecretProblem, submit_version, withdraw_version
from marketplace.signals import listing_changed, version_live
from proxy.importers.drafts import ServerDraft
from proxy.services.servers import connect_server
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]


def events(listing: Listing) -> list[str]:
    return list(Event.objects.filter(target=listing.id).order_by("id").values_list("type", flat=True))


def test_from_an_assistant_to_a_live_listing(cast: Cast) -> None:
    admin = cast.principal("admin")
    publisher = create_publisher(actor=admin, workspace=cast.workspace, name="Acme Tools")
    assistant = publishing.add_assistant(cast.workspace)
    listing = create_listing(actor=admin, publisher=publisher, assistant=assistant)
    listing = edit_listing(
        actor=admin, listing=listing, category="work", licence="MIT", readme="# Orders", tags=["Shop"]
    )
    heard: list[object] = []

    def hear(sender: object, **sent: object) -> None:
        heard.append(sent.get("listing_id") or sent.get("version"))

    version_live.connect(hear)
    listing_changed.connect(hear)
    version = submit_version(actor=admin, listing=listing, version="1.0.0", notes="First version.")
    listing.refresh_from_db()
    assert (listing.state, version.state) == ("scan", "scan")
    assert Job.objects.filter(task="marketplace.scan_version", subject=version.id).exists()

    scanned = publishing.run_scan(version_id=version.id)
    listing.refresh_from_db()
    assert scanned is not None
    assert (listing.state, scanned.state) == ("review", "review")
    assert listing.current is None

    approve_version(actor=cast.principal("operator"), version=scanned)
    listing.refresh_from_db()
    assert listing.state == "live"
    assert listing.current is not None
    assert listing.current.version == "1.0.0"
    assert listing.published_at is not None
    assert (listing.tags, listing.category, listing.needs) == (["shop"], "work", ["model"])
    assert events(listing) == [
        "listing.created", "listing.changed", "listing.submitted", "listing.review_waiting", "listing.live",
    ]  # fmt: skip
    assert heard[-2] == scanned
    assert heard[-1] == listing.id
    sent = Message.objects.filter(kind="marketplace.version_live")
    assert sorted(sent.values_list("to", flat=True)) == ["admin@example.com", "owner@example.com"]


def test_a_verified_publisher_goes_live_at_once(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    assert publishing.scanned(listing).state == "live"


def test_nothing_private_travels(cast: Cast) -> None:
    publishing.add_listed_server("orders")
    provider = ModelProvider.objects.create(workspace=cast.workspace, kind="openai", name="Ours")
    server = publishing.add_server(cast.workspace, "ours", catalogue="orders")
    hub = publishing.add_hub(cast.workspace, server)
    assistant = publishing.add_assistant(
        cast.workspace,
        tools=(ToolChoice(hub=hub.id, name="ours__search", ask_first=True),),
        model=ModelChoice(klass="best", provider=provider.id, name="gpt-x", temperature=0.2),
        variables=(Variable(name="token", label="Token", kind="secret", default="hunter2hunter2"),),
    )
    package = package_of_assistant(assistant, assistant.deployed)
    (tool,) = package.tools
    assert (tool.listing, tool.tool, tool.version, tool.ask_first) == ("orders", "search", "1.0.0", True)
    assert (package.model, package.temperature) == ("best", 0.2)

    listing = create_listing(actor=SYSTEM, publisher=publishing.new_publisher(cast.workspace), assistant=assistant)
    version = submit_version(
        actor=SYSTEM, listing=edit_listing(actor=SYSTEM, listing=listing, notes="First.", version="1.0.0")
    )
    told = json.dumps([version.package, version.manifest, version.texts, version.readme])
    assert "hunter2" not in told
    assert "gpt-x" not in told
    assert not [word for word in told.replace('"', " ").split() if is_id(word.strip(",:[]{}"))]
    assert not [mark for mark in ("hub_", "mdl_", "srv_", "key_") if mark in told]


def test_a_tool_that_is_not_listed_is_refused_with_advice(cast: Cast) -> None:
    hub = publishing.add_hub(cast.workspace, publishing.add_server(cast.workspace, "secretive"))
    tools = (ToolChoice(hub=hub.id, name="secretive__search"), ToolChoice(hub=hub.id, name="gone"))
    assistant = publishing.add_assistant(cast.workspace, tools=tools)
    publisher = publishing.new_publisher(cast.workspace)
    with pytest.raises(TravelProblem) as caught:
        create_listing(actor=SYSTEM, publisher=publisher, assistant=assistant)
    first, second = caught.value.sentences
    assert "search" in first
    assert "Secretive" in first
    assert "Publish that server first" in first
    assert "gone" in second


def test_a_server_travels_without_its_values(cast: Cast) -> None:
    draft = ServerDraft(
        title="Shop", transport="http", url="https://shop.example.com/mcp/${secret:team}",
        headers={"Authorization": "Bearer abcdefghijk"}, hidden={"team": "blue-team-7"},
    )  # fmt: skip
    server = connect_server(actor=SYSTEM, workspace=cast.workspace, draft=draft)
    package = package_of_server(server)
    (transport,) = package.transports
    assert transport.kind == "http"
    assert transport.url == "https://shop.example.com/mcp/{team}"  # type: ignore[union-attr]
    assert {(v.name, v.where, v.secret) for v in transport.variables} == {
        ("team", "url", True), ("Authorization", "header", True),
    }  # fmt: skip
    assert "blue-team-7" not in str(package)
    assert "abcdefghijk" not in str(package)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/mcp", "http://localhost:9/mcp", "http://[::1]:9/mcp"])
def test_a_server_of_a_private_network_is_not_published(cast: Cast, url: str) -> None:
    server = publishing.add_server(cast.workspace, "near", url=url)
    with pytest.raises(TravelProblem, match="private network"):
        package_of_server(server)


def test_what_came_from_the_marketplace_is_not_published_again(cast: Cast) -> None:
    publisher = publishing.new_publisher(cast.workspace)
    server = publishing.add_server(cast.workspace, "known", catalogue="github")
    with pytest.raises(ServiceProblem, match="came from the marketplace"):
        create_listing(actor=SYSTEM, publisher=publisher, server=server)
    assistant = publishing.add_assistant(cast.workspace)
    assistant.install = "ins_00000000000000000000000000"
    with pytest.raises(ServiceProblem, match="came from the marketplace"):
        create_listing(actor=SYSTEM, publisher=publisher, assistant=assistant)


def test_versions_only_rise(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    publishing.scanned(listing, "1.2.0")
    for version in ("1.2.0", "1.1.9", "1.2.0-rc.1"):
        with pytest.raises(InvalidProblem, match="greater than"):
            submit_version(actor=SYSTEM, listing=listing, version=version, notes="New.")
    for version in ("1.2", "v2.0.0", "two"):
        with pytest.raises(InvalidProblem, match="such as"):
            submit_version(actor=SYSTEM, listing=listing, version=version, notes="New.")
    with pytest.raises(InvalidProblem, match="what is new"):
        submit_version(actor=SYSTEM, listing=listing, version="1.3.0", notes=" ")
    with pytest.raises(ServiceProblem, match="Nothing has changed"):
        submit_version(actor=SYSTEM, listing=listing, version="1.3.0", notes="The same again.")


def test_a_live_listing_stays_live_while_the_next_version_is_looked_at(cast: Cast) -> None:
    publisher = publishing.new_publisher(cast.workspace, verified=True)
    listing = publishing.new_listing(publisher)
    publishing.scanned(listing)
    listing = edit_listing(actor=SYSTEM, listing=listing, name="Order guide", readme="More.")
    assert (listing.name, listing.draft["name"]) == ("Order helper", "Order guide")
    version = publishing.submitted(listing, "1.1.0", "A new name.")
    listing.refresh_from_db()
    assert (listing.state, listing.current.version) == ("live", "1.0.0")  # type: ignore[union-attr]
    with pytest.raises(ServiceProblem, match="still being looked at"):
        publishing.submitted(listing, "1.2.0", "Too soon.")
    publishing.run_scan(version_id=version.id)
    listing.refresh_from_db()
    assert (listing.name, listing.current.version) == ("Order guide", "1.1.0")  # type: ignore[union-attr]


def test_a_withdrawn_version_gives_place_to_the_one_before(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    first = publishing.scanned(listing)
    edit_listing(actor=SYSTEM, listing=listing, summary="Answers more.")
    second = publishing.scanned(listing, "1.1.0")
    withdraw_version(actor=SYSTEM, version=second)
    listing.refresh_from_db()
    assert listing.current == first
    assert listing.summary == "Answers questions on orders."
    with pytest.raises(ServiceProblem, match="only live version"):
        withdraw_version(actor=SYSTEM, version=first)


def test_a_withdrawn_first_version_makes_it_a_draft_again(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    withdraw_version(actor=SYSTEM, version=publishing.scanned(listing))
    listing.refresh_from_db()
    assert listing.state == "draft"
    assert publishing.submitted(listing, "1.0.1").state == "scan"


def test_deprecated_restored_and_removed(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    publishing.scanned(listing)
    with pytest.raises(InvalidProblem, match="Say why"):
        deprecate_listing(actor=SYSTEM, listing=listing, reason=" ")
    listing = deprecate_listing(actor=SYSTEM, listing=listing, reason="Take the other one.")
    assert (listing.state, listing.state_reason) == ("deprecated", "Take the other one.")
    assert restore_listing(actor=SYSTEM, listing=listing).state == "live"
    assert remove_listing(actor=SYSTEM, listing=listing).state == "removed"
    for change in (
        lambda: restore_listing(actor=SYSTEM, listing=listing),
        lambda: edit_listing(actor=SYSTEM, listing=listing, summary="Still here?"),
        lambda: publishing.submitted(listing, "2.0.0"),
        lambda: remove_listing(actor=SYSTEM, listing=listing),
    ):
        with pytest.raises(ServiceProblem):
            change()
    assert events(listing)[-3:] == ["listing.deprecated", "listing.restored", "listing.removed"]


def test_a_secret_is_never_stored(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    listing = edit_listing(actor=SYSTEM, listing=listing, readme=f"Use {token} to begin.")
    with pytest.raises(SecretProblem) as caught:
        submit_version(actor=SYSTEM, listing=listing)
    assert [finding.where for finding in caught.value.findings] == ["readme"]
    assert token not in str(caught.value.errors)
    assert not listing.versions.exists()


def test_a_draft_saved_meanwhile_is_not_written_over(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    seen = listing.draft["revision"]
    edit_listing(actor=SYSTEM, listing=listing, summary="Theirs.", revision=seen)
    with pytest.raises(ServiceProblem, match="meanwhile"):
        edit_listing(actor=SYSTEM, listing=listing, summary="Ours.", revision=seen)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"summary": "x" * 301}, "summary"),
        ({"category": "nowhere"}, "category"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"languages": ["not a language"]}, "languages"),
        ({"homepage": "javascript:alert(1)"}, "homepage"),
        ({"repository": "ftp://example.com/x"}, "repository"),
        ({"readme": "x" * 50_001}, "readme"),
        ({"notes": "x" * 4_001}, "notes"),
        ({"summary": "a\0b"}, "summary"),
        ({"price": 3}, "price"),
    ],
)
def test_bad_texts_are_refused_by_field(cast: Cast, values: dict[str, object], field: str) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    with pytest.raises(ServiceProblem) as caught:
        edit_listing(actor=SYSTEM, listing=listing, **values)
    assert list(caught.value.errors) == [field]


def test_the_assistant_as_it_is_now_is_taken_anew(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    assistant = publishing.Assistant.objects.get(pk=listing.assistant)
    assistant.deployed.configuration["instructions"] = "Do something else entirely, and say so."  # type: ignore[union-attr]
    assistant.deployed.save()  # type: ignore[union-attr]
    listing = refresh_package(actor=SYSTEM, listing=listing, works_offline=True)
    assert listing.draft["package"]["instructions"].startswith("Do something else")
    assert listing.draft["package"]["works_offline"] is True


def test_who_may_publish(cast: Cast) -> None:
    publisher = publishing.new_publisher(cast.workspace)
    listing = publishing.new_listing(publisher)
    for who in ("member", "viewer", "outsider", "operator", "anonymous"):
        actor = cast.principal(who)
        for attempt in (
            lambda actor=actor: create_publisher(actor=actor, workspace=cast.workspace, name="Mine"),
            lambda actor=actor: update_publisher(actor=actor, publisher=publisher, name="Mine"),
            lambda actor=actor: edit_listing(actor=actor, listing=listing, summary="Mine."),
            lambda actor=actor: submit_version(actor=actor, listing=listing),
            lambda actor=actor: remove_listing(actor=actor, listing=listing),
        ):
            with pytest.raises(PermissionProblem):
                attempt()


def test_one_publisher_for_a_workspace_and_slugs_of_their_own(cast: Cast) -> None:
    first = publishing.new_publisher(cast.workspace)
    with pytest.raises(ServiceProblem, match="already"):
        publishing.new_publisher(cast.workspace)
    assert first.slug == "acme-tools"
    Publisher.objects.filter(pk=first.pk).update(workspace=None)
    assert publishing.new_publisher(cast.workspace).slug == "acme-tools-2"


def test_a_suspended_publisher_publishes_nothing(cast: Cast) -> None:
    publisher = publishing.new_publisher(cast.workspace, verified=True)
    listing = publishing.new_listing(publisher)
    suspend_publisher(actor=cast.principal("operator"), publisher=publisher, reason="Spam.")
    with pytest.raises(ServiceProblem, match="suspended"):
        publishing.submitted(Listing.objects.get(pk=listing.pk))
