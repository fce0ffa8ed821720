"""Talking with assistants in a browser: the offline model with a real tool, and a model that streams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import problems_of
from tests.browser.people import Visitor
from tests.peers.fixtures import Peer

EMAIL = "chatter@example.com"
TOOLBOX = {"Toolbox": {"command": "python", "args": ["-m", "proxy.bundled"]}}
DISCOVERY_MS = 90_000
pytestmark = pytest.mark.timeout(400)  # the first one starts the site, and may have to install axe
LIMIT_MS = 30_000


@dataclass
class Studio:
    """A person with a workspace, the toolbox on its hub, and a model provider."""

    visitor: Visitor
    provider: str = ""
    hub: str = ""

    @property
    def page(self) -> Page:
        return self.visitor.page

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self.visitor.own_api(method, path, body)

    def assistant(self, name: str, model: str = "", *, tools: tuple[str, ...] = (), **more: Any) -> str:
        """The address of its chat page."""
        chosen = [{"hub": self.hub, "name": f"toolbox__{tool}", "ask_first": tool == "add_note"} for tool in tools]
        configuration = {"instructions": "Help.", "tools": chosen, **more}
        if model:
            configuration["model"] = {"provider": self.provider, "name": model}
        made = self.api("POST", "assistants", {"name": name, "configuration": configuration})
        self.api("POST", f"assistants/{made['id']}/deploy", {})
        return f"/w/{self.visitor.workspace}/assistants/{made['slug']}/chat/"


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """The first answer of a site loads what it ranks tools with."""
    expect.set_options(timeout=LIMIT_MS)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def model_peer() -> Iterator[Peer]:
    found = Peer("model_openai", "--pieces", "400", "--pause", "0.02")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def studio(browser: Browser, operator: Visitor, model_peer: Peer) -> Iterator[Studio]:
    visitor = Visitor.join(browser, operator, EMAIL)
    found = Studio(visitor)
    visitor.go(f"/w/{visitor.workspace}/connect/paste/")
    visitor.fill_configuration(TOOLBOX)
    visitor.page.wait_for_url("**/servers/")
    expect(visitor.page.locator("main tbody tr", has_text="Toolbox")).to_contain_text("running", timeout=DISCOVERY_MS)
    found.hub = found.api("GET", "hubs")["data"][0]["id"]
    url = f"{model_peer.url.removesuffix('/mcp').rstrip('/').removesuffix('/v1')}/v1"
    made = {"kind": "openai", "name": "Peer", "base_url": url, "key": "sk-good"}
    found.provider = found.api("POST", "model-providers", made)["id"]
    yield found
    visitor.context.close()


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name=re.compile("^Message ")).fill(text)
    page.keyboard.press("Enter")


def idle(page: Page) -> None:
    expect(page.locator("[data-chat]")).to_have_attribute("data-state", "idle")


def test_the_offline_model_calls_a_tool(studio: Studio) -> None:
    address = studio.assistant("Clerk", tools=("current_time", "calculate"), starters=["What time is it in Tokyo?"])
    page = studio.visitor.go(address)
    before = list(studio.visitor.complaints)
    page.get_by_role("button", name="What time is it in Tokyo?").click()
    answer = page.locator(".turn.assistant").last
    expect(answer).to_contain_text("Asia/Tokyo")
    expect(answer).to_contain_text("Offline model")
    expect(answer.get_by_role("link", name="Connect a model").first).to_be_visible()
    assert re.search(r"/chat/cnv_\w+/$", page.url)
    expect(page.locator(".talks a[aria-current]")).to_contain_text("What time is it in Tokyo?")
    answer.locator("summary").click()
    expect(answer.get_by_role("link", name="Its record")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message Clerk")).to_have_value("")
    page.reload()
    expect(page.locator(".turn.assistant").last).to_contain_text("Asia/Tokyo")
    assert studio.visitor.complaints == before


def test_a_reload_in_the_middle_and_two_tabs_see_the_same(studio: Studio) -> None:
    page = studio.visitor.go(studio.assistant("Clock", "clock"))
    say(page, "go")
    text = page.locator(".turn.assistant .said").last
    expect(text).to_contain_text(re.compile(r"\d+ \d+"))
    other = studio.visitor.context.new_page()
    other.goto(page.url)
    say(other, "a second message")
    expect(other.locator("[data-problem]")).to_contain_text("still answering")
    expect(other.get_by_role("textbox", name="Message Clock")).to_have_value("a second message")
    page.reload()
    grown = len(text.inner_text())
    page.wait_for_function("size => document.querySelector('.thread').innerText.length > size + 200", arg=grown)
    page.get_by_role("button", name="Stop").click()
    for one in (page, other):
        idle(one)
        expect(one.locator(".turn.assistant .foot").last).to_contain_text("Stopped")
        expect(one.get_by_role("button", name="Try again")).to_be_visible()
    assert text.inner_text() == other.locator(".turn.assistant .said").last.inner_text()
    other.reload()
    expect(other.get_by_role("textbox", name="Message Clock")).to_have_value("a second message")
    assert other.locator(".turn.assistant .said").last.inner_text() == text.inner_text()
    other.close()


def test_what_is_said_in_one_tab_appears_in_the_other(studio: Studio) -> None:
    page = studio.visitor.go(studio.assistant("Echo", "echo"))
    say(page, "**first** message")
    idle(page)
    other = studio.visitor.context.new_page()
    other.goto(page.url)
    say(page, "and a `second` one")
    expect(other.locator(".turn.person").last).to_contain_text("and a `second` one")
    expect(other.locator(".turn.assistant .said").last.locator("code")).to_have_text("second")
    idle(other)
    other.close()


def test_a_call_is_allowed_by_the_keyboard_alone(studio: Studio) -> None:
    page = studio.visitor.go(studio.assistant("Notes", "tools", tools=("add_note",)))
    say(page, 'call toolbox__add_note {"title": "Milk", "text": "is sour"}')
    card = page.locator(".ask-card")
    expect(card).to_contain_text("is sour")
    expect(card).to_be_focused()
    card.get_by_role("button", name="Allow").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".turn.assistant .said").last).to_contain_text("The tool said")
    expect(card).to_have_count(0)


def test_a_failed_answer_is_tried_again(studio: Studio) -> None:
    page = studio.visitor.go(studio.assistant("Broken", "status-500"))
    say(page, "hello")
    expect(page.locator(".b-error")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn.person")).to_have_count(2)
    expect(page.locator(".b-error")).to_have_count(2)


def test_what_is_typed_survives_a_lost_connection(studio: Studio) -> None:
    page = studio.visitor.go(studio.assistant("Offline", "echo"))
    studio.visitor.context.set_offline(True)
    say(page, "not yet")
    expect(page.locator("[data-problem]")).to_contain_text("connection is lost")
    expect(page.get_by_role("textbox", name="Message Offline")).to_have_value("not yet")
    studio.visitor.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator(".turn.assistant .said").last).to_contain_text("You said: not yet")


def test_without_a_script(studio: Studio, browser: Browser) -> None:
    address = studio.assistant("Plain", tools=("calculate",))
    state = studio.visitor.context.storage_state()
    context = browser.new_context(base_url=studio.visitor.site.url, storage_state=state, java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("textbox", name="Message Plain").fill("calculate 6 * 7")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".turn.assistant").last).to_contain_text("42")
    context.close()


def test_answers_and_asks_are_accessible(studio: Studio) -> None:
    page = studio.visitor.go(studio.assistant("Careful", "tools", tools=("add_note", "calculate")))
    say(page, 'call toolbox__calculate {"expression": "6 * 7"}')
    idle(page)
    page.locator(".calls-line summary").click()
    say(page, 'call toolbox__add_note {"title": "Milk", "text": "is sour"}')
    expect(page.locator(".ask-card")).to_be_visible()
    assert problems_of(page) == []
