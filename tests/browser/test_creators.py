"""What others do with a listing reaches its creator's statistics: opened from a search, installed, run."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import problems_of
from tests.browser.people import Visitor
from tests.browser.trade import LIMIT_S, Creator, install
from tests.launch.waiting import wait_until

NAME, SLUG = "Till reckoner", "till-reckoner"
ANSWER_MS = 60_000


def test_what_others_do_is_told_to_the_creator_without_names(browser: Browser, operator: Visitor) -> None:
    creator = Creator.begin(browser, operator, "counter@example.com")
    creator.publish(NAME, "calculate")
    buyer = Visitor.join(browser, operator, "buyer@example.com")
    _find_it(buyer)
    install(buyer, SLUG)
    _use_it(buyer)
    address = f"/w/{creator.visitor.home}/publish/{SLUG}/statistics/?days=7"
    wait_until(lambda: _views(creator.visitor) > 0, "the view is written down", LIMIT_S)
    page = creator.visitor.go(address)
    for step in ("Views", "Installs", "Active workspaces"):
        expect(page.get_by_role("row", name=step).first).to_contain_text("1")
    expect(page.locator("main")).not_to_contain_text(buyer.home)
    assert problems_of(page) == []
    _look_around(page)
    for visitor in (creator.visitor, buyer):
        assert visitor.complaints == []
        visitor.context.close()


def _find_it(buyer: Visitor) -> None:
    page = buyer.go("/marketplace/?q=till+reckoner")
    page.locator("#found").get_by_role("link", name=NAME).first.click()
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()


def _use_it(buyer: Visitor) -> None:
    page = buyer.go(f"/w/{buyer.home}/assistants/{SLUG}/chat/")
    page.get_by_role("textbox", name="Message").fill("Calculate 3 * 14")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.assistant .foot").last).to_contain_text("Offline model", timeout=ANSWER_MS)


def _views(visitor: Visitor) -> int:
    listing = visitor.own_api("GET", "listings")["data"][0]["id"]
    return int(visitor.own_api("GET", f"listings/{listing}/statistics?days=7")["total"]["views"])


def _look_around(page: Page) -> None:
    """Another measure, another period, and all listings together, each by a click and in the address."""
    page.get_by_role("link", name="Runs", exact=True).click()
    page.wait_for_url("**/statistics/?days=7&show=runs#by-day")
    expect(page.get_by_role("img", name="Runs by day")).to_be_visible()
    page.get_by_role("link", name="30 days").click()
    page.wait_for_url("**/statistics/?days=30&show=runs")
    page.get_by_role("link", name="Publish").last.click()
    page.locator("main").get_by_role("link", name="Statistics").first.click()
    expect(page.locator("#listings")).to_contain_text(NAME)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert SLUG in download.value.path().read_text()
