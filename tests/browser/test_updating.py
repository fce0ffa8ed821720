"""A second version: told to those who have the first one, with what it changes, and taken only by them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import problems_of
from tests.browser.people import Visitor
from tests.browser.trade import INSTRUCTIONS, Creator, install

NAME, SLUG = "Price checker", "price-checker"
CHANGED = f"{INSTRUCTIONS} Say the day and the time at the end."
SCAN_MS = 60_000
ANSWER_MS = 60_000

pytestmark = pytest.mark.timeout(400)  # the first one starts the site, and may have to install axe


def test_an_update_is_offered_with_what_it_changes_and_taken_by_hand(browser: Browser, operator: Visitor) -> None:
    creator = Creator.begin(browser, operator, "maker@example.com")
    listing = creator.publish(NAME, "calculate")
    shopper = Visitor.join(browser, operator, "shopper@example.com")
    installed = f"/w/{shopper.home}/installs/{install(shopper, SLUG)['id']}/"
    _no_update_yet(shopper, installed)
    _change_the_assistant(creator.visitor)
    _submit(creator.visitor)
    creator.approved(listing["id"], "1.1.0")
    _nothing_changed(shopper)
    _take_it(shopper, installed)
    _use_it(shopper.page)
    for visitor in (creator.visitor, shopper):
        assert visitor.complaints == []
        visitor.context.close()


def _no_update_yet(shopper: Visitor, installed: str) -> None:
    page = shopper.go(installed)
    expect(page.locator("main")).to_contain_text("1.0.0, pinned")
    expect(page.locator("#update")).to_have_count(0)


def _change_the_assistant(visitor: Visitor) -> None:
    page = visitor.go(f"/w/{visitor.home}/assistants/{SLUG}/edit/")
    page.get_by_label("Instructions").fill(CHANGED)
    page.get_by_label("Find tools of the hubs").fill("current_time")
    page.locator("#picker-found input[name=tools][value*=current_time]").check()
    visitor.press("Save and deploy")
    expect(page.get_by_role("heading", name="What it may do")).to_be_visible()


def _submit(visitor: Visitor) -> None:
    """The editor says that the assistant has changed; what was typed before one takes the change stays."""
    page = visitor.go(f"/w/{visitor.home}/publish/{SLUG}/")
    visitor.page.locator("main").get_by_role("link", name="Prepare the next version").click()
    expect(page.locator("main")).to_contain_text("It has changed in your workspace since")
    page.locator("main textarea[name=notes]").fill("It says the time.")
    page.get_by_label("Version", exact=True).fill("1.1.0")
    visitor.press("Take what is in the workspace now")
    expect(page.locator("#preview")).to_contain_text("This version may do more than the one before")
    expect(page.locator("main")).not_to_contain_text("It has changed in your workspace since")
    expect(page.locator("main textarea[name=notes]")).to_have_value("It says the time.")
    expect(page.get_by_label("Version", exact=True)).to_have_value("1.1.0")
    assert problems_of(page) == []
    visitor.press("Submit the version")
    page.wait_for_url(f"**/publish/{SLUG}/")
    expect(page.locator("#waiting")).to_contain_text("Version 1.1.0 is in review", timeout=SCAN_MS)


def _nothing_changed(shopper: Visitor) -> None:
    """It is told in the list; the assistant is as it was."""
    page = shopper.go(f"/w/{shopper.home}/assistants/{SLUG}/edit/")
    expect(page.get_by_label("Instructions")).to_have_value(INSTRUCTIONS)
    page = shopper.go(f"/w/{shopper.home}/installs/?kind=assistant")
    row = page.locator("main tbody tr", has_text=NAME)
    expect(row).to_contain_text("1.0.0")
    assert problems_of(page) == []
    row.get_by_role("link", name="1.1.0 is available").click()


def _take_it(shopper: Visitor, installed: str) -> None:
    page = shopper.page
    update = page.locator("#update")
    expect(update).to_contain_text("Update from 1.0.0 to 1.1.0")
    expect(update).to_contain_text("It may do more than before")
    expect(update).to_contain_text("It says the time.")
    expect(update).to_contain_text("Say the day and the time at the end.")
    expect(update).to_contain_text("current_time")
    assert problems_of(page) == []
    update.get_by_role("button", name="Update to 1.1.0").click()
    expect(page.locator(".toast").first).to_contain_text("is on version 1.1.0 now")
    expect(page.locator("main")).to_contain_text("1.1.0, pinned")
    expect(page.locator("#update")).to_have_count(0)
    page = shopper.go(f"/w/{shopper.home}/assistants/{SLUG}/edit/")
    expect(page.get_by_label("Instructions")).to_have_value(CHANGED)
    shopper.go(installed)


def _use_it(page: Page) -> None:
    """With the tool that came with the update."""
    page.locator(".title").get_by_role("link", name="Chat").click()
    page.locator("textarea").fill("What time is it in Tokyo?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-thread] .turn.assistant").last).to_contain_text("Asia/Tokyo", timeout=ANSWER_MS)
