"""From the first page to the first call of a client of one's own, as somebody does it who has never been here."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.people import Visitor
from tests.clients.programs import python_stateless
from tests.launch.whole_site import Site
from tests.peers.fixtures import Peer

EMAIL = "ada@example.com"
LIMIT_S = 120.0
LINE = re.compile(r'^claude mcp add --transport http \S+ (?P<url>\S+) --header "Authorization: Bearer (?P<key>\S+)"$')


def test_first_steps(browser: Browser, site: Site, operator: Visitor, peer: Peer) -> None:
    ada = Visitor.arrive(browser, site)
    started = time.monotonic()
    _sign_up(ada, operator)
    _connect(ada, peer)
    _call_in_the_inspector(ada)
    key = _make_a_key(ada)
    url = _copy_the_snippet(ada)
    _see_the_call_arrive(ada, url, key)
    took = time.monotonic() - started
    print(f"\nfirst steps: {took:.1f} s from the first page to the first call")
    assert took <= LIMIT_S
    assert ada.complaints == []
    ada.context.close()


def _sign_up(ada: Visitor, operator: Visitor) -> None:
    page = ada.go("/")
    page.get_by_role("link", name="Create a hub").click()
    page.locator("main input[name=email]").fill(EMAIL)
    page.locator("main input[name=password1]").fill("a long enough sentence")
    ada.press("Make my account")
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(operator.link_for(EMAIL))
    ada.press("Confirm")
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()


def _connect(ada: Visitor, peer: Peer) -> None:
    page = ada.page
    page.locator("main").get_by_role("link", name="Paste a configuration").click()
    servers = {"Toolbox": {"command": "python", "args": ["-m", "proxy.bundled"]}, "weather": {"url": peer.url}}
    ada.fill_configuration(servers)
    page.wait_for_url("**/servers/")
    _stay(page)
    for name in servers:
        row = page.locator("main tbody tr", has_text=name)
        expect(row).to_contain_text("running", timeout=20_000)
        expect(row.locator("td").nth(3)).not_to_have_text("0")
    _was_not_reloaded(page)


def _call_in_the_inspector(ada: Visitor) -> None:
    page = ada.page
    page.locator("main").get_by_role("link", name="weather").click()
    page.get_by_role("link", name="plan_trip").click()
    page.get_by_label("City").fill("Lisbon")
    _stay(page)
    page.get_by_label("days").fill("2")
    ada.press("Call it")
    result = page.locator("#result")
    expect(result).to_contain_text("2 days")
    expect(result).to_contain_text("Lisbon")
    _was_not_reloaded(page)


def _make_a_key(ada: Visitor) -> str:
    page = ada.page
    _place(page, "Keys").click()
    page.locator("main").get_by_role("link", name="Make a key").first.click()
    page.get_by_label("Name").fill("My laptop")
    ada.press("Make the key")
    page.get_by_role("button", name="Copy the key").click()
    return ada.copied("cr_")


def _copy_the_snippet(ada: Visitor) -> str:
    page = ada.page
    _place(page, "Hubs").click()
    page.locator("main tbody").get_by_role("link", name="Main").click()
    page.get_by_role("button", name="Copy the line").first.click()
    line = LINE.match(ada.copied("claude mcp add"))
    assert line and line["key"] == "YOUR_KEY"
    return line["url"]


def _see_the_call_arrive(ada: Visitor, url: str, key: str) -> None:
    page = ada.page
    _place(page, "Calls").click()
    row = page.locator("#calls tbody tr", has_text="My laptop")
    expect(page.locator("#calls tbody tr", has_text="plan_trip")).to_be_visible()
    expect(row).to_have_count(0)
    _stay(page)
    asked = [("toolbox__calculate", {"expression": "6 * 7"})]
    # In a thread of its own: the browser's loop runs in this one.
    with ThreadPoolExecutor(1) as thread:
        seen = thread.submit(python_stateless, url, key, asked).result()
    assert "weather__plan_trip" in seen.tools
    assert "42" in seen.answers[0]
    expect(row.filter(has_text="calculate")).to_be_visible()
    _was_not_reloaded(page)


def _place(page: Page, name: str) -> Locator:
    return page.get_by_label("Places", exact=True).get_by_role("link", name=re.compile(f"^{name}"))


def _stay(page: Page) -> None:
    page.evaluate("document.body.dataset.same = 'yes'")


def _was_not_reloaded(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-same", "yes")
