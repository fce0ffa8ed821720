"""The public page of a listing: what it says to whom, and what it does when the listing is gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.permissions import SYSTEM
from assistants.models import Assistant, Conversation
from assistants.services.trials import TRIES
from core.redis import connection as redis_connection
from core.redis import key
from marketplace.catalogue.loader import catalogue
from marketplace.catalogue.schema import Http
from marketplace.importers.stock import SOURCE, draft_of_entry
from marketplace.models import Listing, ListingAlias, ListingStat
from marketplace.packages import ServerPackage, ToolDefinition, ToolNeed
from marketplace.services.importing import upsert_listings
from marketplace.services.installing import install_listing
from marketplace.services.showroom import SLUG, prepare_trial
from marketplace.services.stats import count_stat, write_stats
from tests.cast import Cast, cast
from tests.marketplace import installs

__all__ = ["cast"]
pytestmark = pytest.mark.django_db


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[:400]
    return answer.content.decode()


def test_everybody_reads_what_a_server_is(client: Client) -> None:
    listing = installs.list_server("orders", installs.KEYED)
    assert listing.current
    listing.current.readme = "# Orders\n\n<script>alert(1)</script> and ![x](https://evil.example/x.png)"
    listing.current.save()
    text = page(client, "/marketplace/orders/")
    assert "Read with search" in text
    assert "Sign in to install" in text
    assert "/accounts/login/?next=/marketplace/orders/" in text
    assert "https://orders.example.com/mcp" in text
    assert "<script>alert" not in text
    assert "evil.example" not in text


def test_the_button_names_the_workspace_and_says_what_is_there(cast: Cast) -> None:
    listing = installs.list_server("orders")
    installs.list_assistant()
    browser = cast.browser("admin")
    assert "Install in Acme" in page(browser, "/marketplace/order-helper/")
    assert "will be added" in page(browser, "/marketplace/order-helper/")
    assert listing.current
    made = install_listing(actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current)
    text = page(browser, "/marketplace/orders/")
    assert "Installed in Acme" in text
    assert f"/w/acme/installs/{made.id}/" in text
    assert "connected" in page(browser, "/marketplace/order-helper/")
    assert "Install in Acme" not in page(cast.browser("viewer"), "/marketplace/orders/")


def test_versions_tell_what_each_may_do_more(client: Client) -> None:
    listing = installs.list_server("orders")
    more = ServerPackage(
        transports=(Http(url="https://orders.example.com/mcp"),),
        tools=(installs.SEARCH, ToolDefinition(name="refund", description="Pays back.")),
    )
    installs.add_version(listing, more, notes="It can pay back now.")
    text = page(client, "/marketplace/orders/")
    assert "It can pay back now." in text
    assert "Read and change things with refund" in text
    assert "first version" in text


@pytest.mark.parametrize(("state", "status", "words"), [
    ("removed", 410, "was removed"), ("quarantine", 404, "held back"), ("draft", 404, "There is nothing"),
])  # fmt: skip
def test_what_is_gone_says_so(client: Client, state: str, status: int, words: str) -> None:
    installs.list_server("orders")
    Listing.objects.update(state=state)
    assert words in page(client, "/marketplace/orders/", status)


def test_what_was_never_shown_is_not_there(client: Client) -> None:
    installs.list_server("orders")
    Listing.objects.update(state="removed", published_at=None)
    assert "Orders" not in page(client, "/marketplace/orders/", 404)


def test_a_deprecated_listing_says_why_and_a_former_name_leads_on(client: Client) -> None:
    listing = installs.list_server("orders")
    Listing.objects.update(state="deprecated", state_reason="Take the other one.")
    ListingAlias.objects.create(slug="old-orders", listing=listing)
    assert "Take the other one." in page(client, "/marketplace/orders/")
    answer = client.get("/marketplace/old-orders/")
    assert (answer.status_code, answer["Location"]) == (301, "/marketplace/orders/")


def test_a_trial_begins_without_an_account(client: Client) -> None:
    installs.list_server("orders")
    listing = installs.list_assistant(
        tools=(ToolNeed(listing="toolbox", tool="calculate"), ToolNeed(listing="orders", tool="search")),
        starters=("What is two plus two?",), greeting="Hello there.",
    )  # fmt: skip
    text = page(client, "/marketplace/order-helper/")
    assert "Hello there." in text
    assert "Without search here" in text
    answer = client.post("/marketplace/order-helper/try/", {"text": "What is two plus two?"})
    assert (answer.status_code, answer["Location"]) == (302, "/marketplace/order-helper/#newest")
    (assistant,) = Assistant.objects.filter(workspace__slug=SLUG)
    assert assistant.deployed
    assert [tool["name"] for tool in assistant.deployed.configuration["tools"]] == ["toolbox__calculate"]
    assert assistant.state == "running"  # what must be filled in elsewhere need not be here
    conversation = Conversation.objects.get(assistant=assistant)
    assert conversation.channel == "trial"
    text = page(client, "/marketplace/order-helper/")
    assert "What is two plus two?" in text
    assert f"{TRIES - 1}</span> of {TRIES} tries" in text
    assert prepare_trial(listing=listing).id == assistant.id


def test_the_bundled_server_is_tried_with_what_only_reads(client: Client) -> None:
    upsert_listings(actor=SYSTEM, source=SOURCE, drafts=[draft_of_entry(catalogue()["toolbox"])])
    assert "Try it here" in page(client, "/marketplace/toolbox/")
    answer = client.post("/marketplace/toolbox/try/", {"text": "What time is it in Tokyo?"})
    assert answer.status_code == 302
    (assistant,) = Assistant.objects.filter(workspace__slug=SLUG)
    assert assistant.deployed
    names = {tool["name"] for tool in assistant.deployed.configuration["tools"]}
    assert "toolbox__current_time" in names
    listed = Listing.objects.get().current
    assert listed is not None
    writes = {f"toolbox__{tool['name']}" for tool in listed.package["tools"] if not tool.get("read_only")}
    assert writes
    assert not names & writes


def test_a_trial_follows_the_version(client: Client) -> None:
    listing = installs.list_assistant(tools=())
    first = prepare_trial(listing=listing)
    package = installs.read_package(listing.current.package) if listing.current else None
    assert package is not None
    changed: Any = installs.changed(package, instructions="Now say it shorter.")
    installs.add_version(listing, changed)
    listing.refresh_from_db()
    again = prepare_trial(listing=listing)
    assert again.id == first.id
    assert again.deployed
    assert again.deployed.configuration["instructions"] == "Now say it shorter."


def test_nobody_enters_the_showroom(cast: Cast) -> None:
    prepare_trial(listing=installs.list_assistant(tools=()))
    for who in ("owner", "operator", "outsider"):
        assert cast.browser(who).get(f"/w/{SLUG}/").status_code == 404


def test_a_server_cannot_be_talked_to(client: Client) -> None:
    installs.list_server("orders")
    assert client.post("/marketplace/orders/try/", {"text": "Hello"}).status_code == 409


def test_views_are_counted_and_written_down_once(client: Client) -> None:
    for found in redis_connection().scan_iter(key("listing_stats:*")):
        redis_connection().delete(found)
    listing = installs.list_server("orders")
    page(client, "/marketplace/orders/")
    page(client, "/marketplace/orders/")
    count_stat(listing.id, "trials")
    count_stat("lst_none", "views")
    assert write_stats() == 1
    assert write_stats() == 0
    count_stat(listing.id, "views")
    write_stats()
    stat = ListingStat.objects.get()
    assert (stat.views, stat.trials, stat.installs) == (3, 1, 0)


def test_versions_are_read_over_the_api(client: Client) -> None:
    listing = installs.list_server("orders")
    installs.add_version(listing, ServerPackage(transports=(installs.RUNS,), tools=(installs.SEARCH,)))
    newest, first = client.get("/api/v1/listings/orders/versions").json()
    assert (newest["version"], first["version"]) == ("1.1.0", "1.0.0")
    assert newest["adds"] == ["Run a program on this installation, with npx"]
    assert client.get("/api/v1/listings/nothing/versions").status_code == 404
