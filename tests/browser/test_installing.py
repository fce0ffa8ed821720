"""From a search to an answer: found, tried without an account, installed with its server, talked to, uninstalled."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import problems_of
from tests.browser.people import Visitor
from tests.launch.waiting import wait_until
from tests.launch.whole_site import Site

NAME, SLUG = "Exact calculator", "exact-calculator"
ANSWER_MS = 30_000
LIMIT_S = 60.0


def test_from_a_search_to_an_answer(browser: Browser, site: Site, operator: Visitor) -> None:
    _try(Visitor.arrive(browser, site))
    page = operator.go("/enter/")
    workspace = operator.workspace
    page = _find(operator)
    page.get_by_role("link", name=re.compile("^Install in ")).click()
    expect(page.get_by_role("heading", name=f"Install {NAME}")).to_be_visible()
    expect(page.locator(".needs-list")).to_contain_text("Toolbox")
    page.get_by_role("button", name=re.compile("^Install in ")).click()
    page.wait_for_url(f"**/w/{workspace}/installs/**")
    expect(page.locator(".title .state")).to_contain_text("ready", timeout=ANSWER_MS)
    installed = page.url
    assert problems_of(page) == []
    _chat(page)
    _uninstall(page, installed)
    assert operator.complaints == []


def _find(visitor: Visitor) -> Page:
    page, found = visitor.page, visitor.page.locator("article.res").get_by_role("link", name=NAME)

    def indexed() -> bool:
        visitor.go("/marketplace/?q=exact+calculator")
        return found.count() > 0

    wait_until(indexed, "the index holds what came with the site", LIMIT_S)
    visitor.go("/marketplace/")
    page.locator("main input[name=q]").fill("exact calculator")
    found.first.click()
    page.wait_for_url(f"**/marketplace/{SLUG}/")
    return page


def _try(visitor: Visitor) -> None:
    """Nobody is signed in."""
    page = _find(visitor)
    expect(page.get_by_role("link", name="Sign in to install")).to_be_visible()
    page.locator("#try textarea").fill("calculate 6 * 7")
    page.locator("#try").get_by_role("button", name="Send").click()
    expect(page.locator("#try [data-left]")).to_have_text("9")
    expect(page.locator("#try .turn.assistant").last).to_contain_text("Offline model", timeout=ANSWER_MS)
    assert problems_of(page) == []
    assert visitor.complaints == []
    visitor.context.close()


def _chat(page: Page) -> None:
    page.locator(".title").get_by_role("link", name="Chat").click()
    page.locator("textarea").fill("calculate 6 * 7")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-thread] .turn.assistant").last).to_contain_text("42", timeout=ANSWER_MS)


def _uninstall(page: Page, installed: str) -> None:
    page.goto(installed)
    page.get_by_role("link", name="Uninstall").click()
    expect(page.locator("main")).to_contain_text(f"the assistant {NAME}")
    assert problems_of(page) == []
    page.get_by_role("button", name="Uninstall").click()
    page.wait_for_url("**/installs/")
    expect(page.locator("main")).not_to_contain_text(NAME)
