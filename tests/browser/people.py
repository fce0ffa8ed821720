"""People at the site: each with a browser context of their own, doing by hand what people do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.launch.whole_site import Site

PASSWORD = "a long enough sentence"
SETUP_LINK = re.compile(r"http://localhost:\d+(/setup/\S+)")
LIMIT_MS = 15_000


@dataclass
class Visitor:
    """`complaints`: what the browser's console said, and every answer that was an error."""

    site: Site
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    home: str = ""
    """The workspace that they were given when they joined."""

    @classmethod
    def arrive(cls, browser: Browser, site: Site, **options: Any) -> Visitor:
        chosen = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        context = browser.new_context(base_url=site.url, permissions=["clipboard-read", "clipboard-write"], **chosen)
        context.set_default_timeout(LIMIT_MS)
        found = cls(site, context, context.new_page())
        listen(found.page, found.complaints)
        return found

    def go(self, address: str) -> Page:
        self.page.goto(address)
        return self.page

    def press(self, name: str) -> None:
        self.page.locator("main").get_by_role("button", name=name, exact=True).click()

    def fill(self, **fields: str) -> None:
        for label, value in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)

    def set_up(self, email: str = "operator@example.com") -> None:
        link = SETUP_LINK.search(self.site.output)
        assert link, self.site.output
        self.go(link[1])
        self.page.locator("main input[name=email]").fill(email)
        self.page.locator("main input[name=password]").fill(PASSWORD)
        self.press("Make my account")
        self.page.wait_for_url("**/w/**")

    @classmethod
    def join(cls, browser: Browser, operator: Visitor, email: str) -> Visitor:
        """Somebody new, who confirmed their address and stands in a workspace of their own."""
        found = cls.arrive(browser, operator.site)
        found.sign_up(email)
        found.go(operator.link_for(email))
        found.press("Confirm")
        expect(found.page.get_by_role("heading", name="First steps")).to_be_visible()
        found.home = found.workspace
        return found

    def enter_demo(self) -> None:
        self.go("/accounts/login/")
        self.press("Enter the demo")
        self.page.wait_for_url("**/w/demo/**")

    def sign_up(self, email: str) -> None:
        """Up to the page that says to look into the mail."""
        self.go("/accounts/signup/")
        self.page.locator("main input[name=email]").fill(email)
        self.page.locator("main input[name=password1]").fill(PASSWORD)
        self.press("Make my account")
        expect(self.page.get_by_role("heading", name="Look into your mail")).to_be_visible()

    def link_for(self, email: str) -> str:
        """For the operator: the link that a message in the outbox has for this address."""
        page = self.go(f"/operator/outbox/?q={email}")
        page.locator("main tbody tr", has_text=email).first.get_by_role("link").click()
        return page.locator("main").get_by_text(re.compile("^http://localhost")).first.inner_text().strip()

    @property
    def workspace(self) -> str:
        """The workspace that this person's page is of."""
        found = re.search(r"/w/([^/]+)/", self.page.url)
        assert found, self.page.url
        return found[1]

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API as the page's own scripts do; `path` behind /api/v1/."""
        headers = json.loads(str(self.page.locator("body").get_attribute("hx-headers:inherited")))
        answer = self.context.request.fetch(
            f"/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json", **headers},
            timeout=60_000,
        )
        assert answer.ok, answer.text()
        return answer.json() if answer.body() else None

    def own_api(self, method: str, path: str, body: Any = None) -> Any:
        """The same below their own workspace."""
        return self.api(method, f"workspaces/{self.home or self.workspace}/{path}", body)

    def fill_configuration(self, servers: dict[str, Any], hub: str | None = None) -> None:
        """On the page for it: paste what another client is configured with, look, connect all of it."""
        page = self.page
        page.get_by_label("Configuration").fill(json.dumps({"mcpServers": servers}, indent=2))
        self.press("Look at it")
        expect(page.locator("fieldset.found")).to_have_count(len(servers))
        if hub is not None:
            page.get_by_label("Put it on the hub").select_option(hub)
        self.press("Connect what is ticked")

    def copied(self, begins: str) -> str:
        """What is in the clipboard, once it begins as expected."""
        self.page.wait_for_function(
            "async begins => (await navigator.clipboard.readText()).startsWith(begins)", arg=begins
        )
        return str(self.page.evaluate("navigator.clipboard.readText()"))


def listen(page: Page, complaints: list[str]) -> None:
    """Write down what the console says, with the address that it is about."""

    def on_console(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            complaints.append(f"{said.text} ({said.location['url']})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
