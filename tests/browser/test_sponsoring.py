"""A publisher pays for trials: switched on in the creator's pages, used up by somebody without an account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.checks import problems_of
from tests.browser.people import Visitor
from tests.browser.trade import Creator
from tests.launch.whole_site import Site
from tests.peers.fixtures import Peer

KEY = "sk-paid-by-the-publisher"
ANSWER_MS = 45_000


@pytest.fixture
def model() -> Iterator[Peer]:
    found = Peer("model_openai", "--need-key", KEY)
    yield found
    found.stop()


def test_a_publisher_pays_and_a_visitor_tries(browser: Browser, site: Site, operator: Visitor, model: Peer) -> None:
    creator = Creator.begin(browser, operator, "payer@example.com")
    listing = creator.publish("Paid clerk", "calculate")
    publisher = creator.visitor
    made = publisher.own_api(
        "POST", "model-providers", {"kind": "openai", "name": "Ours", "base_url": model.url, "key": KEY}
    )
    publisher.own_api("PATCH", f"model-providers/{made['id']}", {"classes": {"fast": "echo"}})
    _switch_on(publisher, listing["slug"])
    _try(Visitor.arrive(browser, site), listing["slug"])
    page = publisher.go(f"/w/{publisher.home}/publish/{listing['slug']}/trials/")
    expect(page.locator("main table")).to_contain_text("Tokens today")
    assert KEY not in page.content()
    assert publisher.complaints == []
    publisher.context.close()


def _switch_on(publisher: Visitor, slug: str) -> None:
    page = publisher.go(f"/w/{publisher.home}/publish/{slug}/")
    page.get_by_role("link", name="Trials").click()
    expect(page.get_by_role("heading", name="Pay for trials")).to_be_visible()
    assert problems_of(page) == []
    page.get_by_label("Model provider").select_option("Ours")
    page.get_by_label("Answers a day for one visitor").fill("1")
    publisher.press("Pay for trials")
    expect(page.locator("main table")).to_contain_text("Tokens today")
    assert problems_of(page) == []


def _try(visitor: Visitor, slug: str) -> None:
    page = visitor.go(f"/marketplace/{slug}/")
    sheet = page.locator("#try")
    expect(sheet).to_contain_text("pays for the model that answers")
    _say(visitor, "seven apples")
    expect(_last(sheet)).to_contain_text("You said: seven apples", timeout=ANSWER_MS)
    _say(visitor, "eight apples")
    expect(_last(sheet)).to_contain_text("You had all the answers that", timeout=ANSWER_MS)
    expect(_last(sheet).locator(".foot")).to_contain_text("Offline model", timeout=ANSWER_MS)
    page = visitor.go(f"/marketplace/{slug}/")
    expect(page.locator("#try")).to_contain_text("You had all the answers")
    assert problems_of(page) == []
    assert visitor.complaints == []
    visitor.context.close()


def _say(visitor: Visitor, words: str) -> None:
    visitor.page.locator("#try textarea").fill(words)
    visitor.page.locator("#try").get_by_role("button", name="Send").click()


def _last(sheet: Locator) -> Locator:
    return sheet.locator(".turn.assistant").last
