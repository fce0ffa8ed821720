"""The publisher's pages, as a browser without JavaScript uses them."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.permissions import SYSTEM
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import save_draft
from marketplace.models import Claim, Listing, Publisher
from marketplace.services.listings import edit_listing
from marketplace.services.scans import run_scan
from proxy.services.internal import offer_internal
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
ROOT = "/w/acme/publish/"


def draft(listing: Listing, **values: object) -> dict[str, object]:
    """What the editor's form sends."""
    return {
        "revision": listing.draft["revision"], "name": listing.name, "summary": "Answers questions on orders.",
        "category": "work", "tags": "orders, shop", "languages": "en, de", "licence": "MIT", "homepage": "",
        "repository": "", "readme": "# Orders", "translations": "", "version": "1.0.0", "notes": "First version.",
        "do": "save", **values,
    }  # fmt: skip


def test_from_the_first_page_to_a_version_in_review(cast: Cast) -> None:
    browser = cast.browser("admin")
    publishing.add_assistant(cast.workspace)
    assert "Become a publisher" in browser.get(ROOT).text
    made = browser.post(ROOT, {"name": "Acme Tools", "website": "", "about": ""})
    assert made.headers["Location"] == f"{ROOT}publishers/acme-tools/"
    assert "Nothing is listed yet" in browser.get(ROOT).text

    tools = [{"name": "ask_order_helper", "inputSchema": {"type": "object"}}]
    assert offer_internal(workspace_id=cast.workspace.id, name="assistants", title="Assistants", tools=tools)
    choices = browser.get(f"{ROOT}new/").text
    assert "Assistant: Order helper" in choices
    assert "Server: Assistants" not in choices, "it is part of Crossroads"
    assistant = publishing.Assistant.objects.get(workspace=cast.workspace)
    made = browser.post(f"{ROOT}new/", {"source": assistant.id})
    assert made.headers["Location"] == f"{ROOT}order-helper/edit/"

    listing = Listing.objects.get(slug="order-helper")
    editor = browser.get(f"{ROOT}order-helper/edit/").text
    assert "It names no licence." in editor
    assert "Send the conversation to your workspace" in editor
    sent = browser.post(f"{ROOT}order-helper/edit/", draft(listing, do="submit"))
    assert sent.status_code == 302
    version = listing.versions.get()
    assert (version.version, version.texts["tags"], version.texts["languages"]) == (
        "1.0.0",
        ["orders", "shop"],
        ["en", "de"],
    )
    assert "is being scanned" in browser.get(f"{ROOT}order-helper/").text
    assert 'value="1.0.1"' in browser.get(f"{ROOT}order-helper/edit/").text
    run_scan(version_id=version.id)
    assert "Version 1.0.0 is in review" in browser.get(f"{ROOT}order-helper/").text
    assert "Order helper" in browser.get(ROOT).text
    shown = browser.get(f"{ROOT}order-helper/versions/1.0.0/").text
    assert publishing.INSTRUCTIONS[:40] in shown
    assert browser.post(f"{ROOT}order-helper/versions/1.0.0/withdraw/").status_code == 302
    version.refresh_from_db()
    assert version.state == "withdrawn"


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    browser, url = cast.browser("admin"), f"{ROOT}{listing.slug}/edit/"
    page = browser.post(url, draft(listing, homepage="javascript:alert(1)", readme="What I wrote."))
    assert page.status_code == 400
    assert "beginning with https://" in page.text
    assert "What I wrote." in page.text
    page = browser.post(url, draft(listing, translations="{no json"))
    assert "This is no JSON." in page.text
    page = browser.post(url, draft(listing, do="submit", version="1"))
    assert "Write a version such as 1.2.0." in page.text


def test_a_secret_is_told_beside_the_description(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    page = cast.browser("admin").post(f"{ROOT}{listing.slug}/edit/", draft(listing, do="submit", readme=token))
    assert page.status_code == 400
    assert "looks like a secret" in page.text
    assert not listing.versions.exists()
    # The draft was saved by this attempt; the next one is no conflict.
    listing.refresh_from_db()
    assert cast.browser("admin").post(f"{ROOT}{listing.slug}/edit/", draft(listing, do="submit")).status_code == 302


def test_what_changed_in_the_workspace_is_told_and_taken_with_what_was_typed(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    browser, url = cast.browser("admin"), f"{ROOT}{listing.slug}/edit/"
    assert "It has changed in your workspace since" not in browser.get(url).text
    assistant = publishing.Assistant.objects.get(pk=listing.assistant)
    told = "Answer questions on orders, and always name the number of the order."
    save_draft(actor=SYSTEM, assistant=assistant, configuration={"instructions": told}, revision=None)
    assert "It has changed in your workspace since" not in browser.get(url).text, "only what answers is published"
    keep_and_deploy(actor=SYSTEM, assistant=assistant, note="")
    assert "It has changed in your workspace since" in browser.get(url).text
    taken = browser.post(url, draft(listing, do="refresh", readme="What I wrote."))
    assert taken.headers["Location"] == url
    listing.refresh_from_db()
    assert (listing.draft["package"]["instructions"], listing.draft["readme"]) == (told, "What I wrote.")
    assert "It has changed in your workspace since" not in browser.get(url).text


def test_somebody_elses_save_is_not_written_over(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    form = draft(listing, summary="Mine.")
    edit_listing(actor=SYSTEM, listing=listing, summary="Theirs.")
    page = cast.browser("admin").post(f"{ROOT}{listing.slug}/edit/", form)
    assert page.status_code == 400
    assert "Somebody else saved" in page.text
    listing.refresh_from_db()
    assert listing.draft["summary"] == "Theirs."


def test_the_preview_saves_nothing_and_shows_markdown_safely(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    hostile = "# Big\n<script>alert(1)</script> [x](javascript:alert(2)) ![p](https://t.example.net/p.gif)"
    page = cast.browser("admin").post(f"{ROOT}{listing.slug}/edit/preview/", draft(listing, readme=hostile))
    assert page.status_code == 200
    assert "<h2>Big</h2>" in page.text
    assert "<script>alert" not in page.text
    assert 'href="javascript' not in page.text
    assert 't.example.net/p.gif"' not in page.text
    assert "link that would run a script" in page.text
    listing.refresh_from_db()
    assert listing.draft["readme"] == ""


def test_deprecated_restored_and_removed_by_hand(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    publishing.scanned(listing)
    browser, url = cast.browser("admin"), f"{ROOT}{listing.slug}/change/"

    def state(**values: str) -> str:
        assert browser.post(url, values).status_code == 302
        listing.refresh_from_db()
        return listing.state

    assert state(do="deprecate", reason="Use the other.") == "deprecated"
    assert "Use the other." in browser.get(f"{ROOT}{listing.slug}/").text
    assert state(do="restore") == "live"
    assert state(do="remove", confirm="something else") == "live"
    assert state(do="remove", confirm=listing.slug) == "removed"
    assert browser.get(f"{ROOT}{listing.slug}/").status_code == 200
    assert browser.get(f"{ROOT}{listing.slug}/edit/").status_code == 404
    assert browser.post(url, {"do": "nonsense"}).status_code == 404


def png() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (200, 100), "teal").save(out, "PNG")
    return SimpleUploadedFile("a.png", out.getvalue(), "image/png")


def test_pictures_are_for_everybody_once_the_listing_is_live(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    browser, url = cast.browser("admin"), f"{ROOT}{listing.slug}/pictures/"
    svg = SimpleUploadedFile("a.png", b"<svg onload='alert(1)'/>", "image/png")
    assert "not a whole PNG" in browser.post(url, {"picture": svg, "alt": "A picture"}).text
    for alt in ("First", "Second"):
        assert browser.post(url, {"picture": png(), "alt": alt}).status_code == 302
    first, second = listing.pictures.order_by("position")
    address = f"/marketplace/pictures/{first.id}.webp"
    assert cast.browser("viewer").get(address).status_code == 200
    assert cast.browser("operator").get(address).status_code == 200
    for who in ("outsider", "anonymous"):
        assert cast.browser(who).get(address).status_code == 404
    publishing.scanned(listing)
    answer = cast.browser("anonymous").get(address)
    assert answer.headers["Content-Type"] == "image/webp"
    assert "public" in answer.headers["Cache-Control"]
    assert cast.browser("anonymous").get(address, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    browser.post(url, {"do": "up", "picture": second.id})
    assert list(listing.pictures.order_by("position")) == [second, first]
    browser.post(url, {"do": "remove", "picture": second.id})
    assert list(listing.pictures.all()) == [first]


def test_a_claim_is_begun_and_looked_for(cast: Cast) -> None:
    publisher = publishing.new_publisher(cast.workspace)
    browser, url = cast.browser("admin"), f"{ROOT}publishers/{publisher.slug}/"
    page = browser.post(url, {"do": "claim", "method": "domain", "subject": "not a domain"})
    assert (page.status_code, "a domain of your own" in page.text) == (400, True)
    assert browser.post(url, {"do": "claim", "method": "domain", "subject": "localhost:1"}).status_code == 302
    claim = Claim.objects.get(publisher=publisher)
    page = browser.get(url).text
    assert claim.token in page
    assert "http://localhost:1/.well-known/crossroads.txt" in page
    browser.post(f"{ROOT}claims/{claim.id}/check/")
    assert "refused the connection" in browser.get(url).text
    assert browser.post(url, {"do": "profile", "name": "Acme", "website": "", "about": ""}).status_code == 302
    publisher.refresh_from_db()
    assert publisher.name == "Acme"


def test_an_imported_publisher_may_be_looked_at_and_others_may_not(cast: Cast) -> None:
    publishing.new_publisher(cast.workspace)
    far = Publisher.objects.create(
        slug="far", name="Far", letters="FA", website="https://far.example.org", source="import:x"
    )
    page = cast.browser("admin").get(f"{ROOT}publishers/far/")
    assert "Nobody has claimed this publisher yet" in page.text
    assert "far.example.org" in page.text
    Publisher.objects.filter(pk=far.pk).update(proof="built_in")
    assert cast.browser("admin").get(f"{ROOT}publishers/far/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_much_for_three_as_for_one(
    cast: Cast, rows: int, django_assert_max_num_queries: object
) -> None:
    publisher = publishing.new_publisher(cast.workspace)
    for number in range(rows):
        publishing.add_live_listing(f"one-{number}", f"Number {number}", publishing.ServerPackage(
            transports=(publishing.Http(url="https://a.example.com/mcp"),)), publisher=publisher)  # fmt: skip
    browser = cast.browser("admin")
    browser.get(ROOT)
    with django_assert_max_num_queries(26):  # type: ignore[operator]
        assert browser.get(ROOT).status_code == 200
