"""Every page of the site, and how to come to what is on it only after something was done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.people import Visitor
from tests.browser.world import World

Act = Callable[[Visitor], None]
PUBLIC = (
    *("/marketplace/collections/", "/marketplace/collections/developers/", "/marketplace/publishers/crossroads/"),
    *("/marketplace/compare/", "/marketplace/compare/?l=github&l=notion&l=regex-bench&l=postgres"),
    *("/", "/marketplace/", "/marketplace/?q=zzzz", "/marketplace/?q=time", "/marketplace/github/", "/docs/"),
    *("/docs/architecture/", "/docs/configuration/", "/docs/connect/", "/docs/hubs/", "/docs/assistants/"),
    *("/marketplace/toolbox/", "/marketplace/unit-converter/", "/docs/installing/"),
    "/docs/ratings/",
    "/docs/evidence/",
    *("/docs/operations/", "/docs/publishing/"),
    *("/docs/security/", "/docs/decisions/", "/docs/api/", "/docs/performance/"),
    *(
        "/api/docs/",
        "/api/docs/hubs/",
        "/api/docs/servers/",
        "/api/docs/calls/",
        "/api/docs/conversations/",
        "/api/docs/workspaces/",
    ),
    *("/styleguide/", "/styleguide/pictures/", "/styleguide/workspace/", "/styleguide/auth/", "/styleguide/mail/"),
    *("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/"),
    *("/accounts/password/reset/key/usr_x-wrong/", "/accounts/confirm-email/", "/accounts/confirm-email/wrong/"),
)
OWN = (
    *("/me/collections/", "/me/collections/new/", "/me/following/", "/marketplace/github/save/"),
    *("/me/", "/workspaces/new/", "/accounts/email/", "/accounts/password/change/", "/accounts/reauthenticate/"),
    *("/accounts/logout/", "/marketplace/github/review/", "/marketplace/github/report/"),
)
WORKSPACE = (
    *("", "servers/", "connect/", "connect/paste/", "install/github/", "tools/", "hubs/", "new-hub/", "calls/"),
    *("assistants/", "assistants/new/", "assistants/new/?way=file", "assistants/new/?way=copy", "models/"),
    *("installs/", "install/meeting-planner/", "install/github/?way=1"),
    *("models/connect/", "models/connect/?preset=ollama"),
    *("publish/", "publish/new/"),
    *("usage/", "keys/", "keys/new/", "settings/", "webhooks/", "webhooks/new/", "webhooks/single/"),
)
OPERATOR = (
    "/operator/",
    "/operator/jobs/",
    "/operator/outbox/",
    "/operator/workspaces/",
    "/operator/moderation/",
    "/operator/evidence/",
    "/operator/curation/",
    "/operator/imports/",
)
MISSING = ("/nothing/here/", "/setup/wrong/", "/marketplace/no-such-entry/")


@dataclass(frozen=True)
class Address:
    """`status`: what the first answer is to be. `act` is done on the page before it is looked at."""

    visitor: Visitor
    path: str
    status: int = 200
    act: Act | None = None
    name: str = ""

    def open(self) -> Page:
        answer = self.visitor.page.goto(self.path)
        assert answer is not None
        assert answer.status == self.status, f"{self.path}: {answer.status}"
        if self.act:
            self.act(self.visitor)
        return self.visitor.page

    def __str__(self) -> str:
        return f"{self.path} {self.name}".strip()


def plain_addresses(world: World) -> Iterator[Address]:
    """All that is there by its address alone."""
    at = world.at
    yield from (Address(world.anonymous, path) for path in PUBLIC)
    yield from (Address(world.anonymous, path, status=404) for path in MISSING)
    yield from (Address(world.newcomer, path) for path in OWN)
    yield from (Address(world.newcomer, at["empty"] + path, name="(empty)") for path in WORKSPACE)
    yield from (Address(world.operator, at["full"] + path) for path in WORKSPACE)
    yield from (Address(world.operator, path) for path in (*OPERATOR, at["outbox message"], at["report"]))
    yield from (Address(world.operator, path) for path in _made(at))
    yield from (Address(world.demo, path) for path in ("/w/demo/", "/w/demo/hubs/main/", "/w/demo/calls/?range=month"))
    yield from (Address(world.demo, path) for path in (at["demo call"], at["demo tool"], "/w/demo/tools/"))
    yield Address(world.newcomer, "/w/no-such-place/", status=404)
    yield Address(world.newcomer, "/operator/", status=404)


def _made(at: dict[str, str]) -> Iterator[str]:
    for name in ("server", "broken server", "long server", "paused server"):
        yield at[name]
    yield at["server"] + "change/"
    yield from (path for name, path in at.items() if name.startswith("tool "))
    for hub in ("", "tools/", "servers/", "servers/weather/", "settings/"):
        yield at["hub"] + hub
    yield from (at["bare hub"], at["bare hub"] + "tools/", at["bare hub"] + "servers/")
    yield from (at["full"] + at_query for at_query in ("tools/?q=zzzz", "calls/?outcome=bad", "calls/?tool=zzzz"))
    yield at["opened call"]
    for page in ("", "edit/", "versions/", "versions/1/", "versions/1/?with=draft", "settings/", "chat/"):
        yield at["assistant"] + page
    yield at["model provider"]
    yield "/"
    yield from (at["collection"] + page for page in ("", "edit/", "report/"))
    yield from (at["reported collection"], "/me/collections/", "/me/following/", "/marketplace/publishers/crossroads/")
    yield from (at["publisher"], at["publisher"] + "statistics/")
    yield from (at["listing"] + page for page in ("", "statistics/?days=90", "edit/", "trials/", "pictures/"))
    yield from (at["Laptop"], at["Old laptop"], at["Laptop"] + "revoke/", at["webhook"], at["webhook"] + "delete/")


def acted_addresses(world: World) -> Iterator[Address]:
    """What a page shows after somebody did something on it."""
    at, operator = world.at, world.operator
    for name in ("everything", "fail", "error"):
        yield Address(operator, at[f"tool {name}"], act=_call, name=f"result of {name}")
    yield Address(operator, at["tool plan_trip"], act=_call_wrongly, name="arguments that do not fit")
    yield Address(operator, at["full"] + "connect/paste/", act=_paste_nonsense, name="not JSON")
    yield Address(operator, at["full"] + "connect/paste/", act=_paste, name="found")
    yield Address(operator, at["full"] + "connect/", act=_test_nobody, name="connection tested")
    yield Address(operator, at["assistant"] + "chat/", act=_say, name="said")
    yield Address(operator, at["assistant"] + "edit/", act=_send_two_of_a_name, name="refused")
    yield Address(operator, at["full"] + "keys/new/", act=_send("Make the key"), name="form with errors")
    yield Address(operator, at["full"], act=_palette, name="palette")
    yield Address(world.anonymous, "/accounts/login/", act=_sign_in_wrongly, name="wrong password")
    yield Address(operator, "/api/docs/servers/", act=_open_all, name="all opened")
    yield Address(operator, "/api/docs/hubs/", act=_try, name="tried")


def _say(visitor: Visitor) -> None:
    visitor.page.get_by_role("textbox", name="Message").fill("What time is it in Tokyo?")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(".turn.assistant .foot").last).to_contain_text("Offline model", timeout=30_000)


def _call(visitor: Visitor) -> None:
    visitor.press("Call it")
    expect(visitor.page.locator("#result")).not_to_contain_text("What comes back appears here")


def _call_wrongly(visitor: Visitor) -> None:
    visitor.page.get_by_label("days").fill("99")
    visitor.page.locator("#inspector form").evaluate("form => form.noValidate = true")
    visitor.press("Call it")
    expect(visitor.page.locator("#inspector .error").first).to_be_visible()


def _paste_nonsense(visitor: Visitor) -> None:
    visitor.page.get_by_label("Configuration").fill('{"mcpServers": nonsense')
    visitor.press("Look at it")
    expect(visitor.page.locator("main .error").first).to_be_visible()


def _paste(visitor: Visitor) -> None:
    needs_a_key = {"url": "https://example.com/mcp", "headers": {"Authorization": "Bearer ${KEY}"}}
    text = json.dumps({"mcpServers": {"a": needs_a_key, "b": {}}})
    visitor.page.get_by_label("Configuration").fill(text)
    visitor.press("Look at it")
    expect(visitor.page.locator("fieldset.found")).to_have_count(2)


def _test_nobody(visitor: Visitor) -> None:
    visitor.page.locator("main input[name=title]").fill("Nobody")
    visitor.page.locator("main input[name=url]").fill("http://127.0.0.1:1/mcp")
    visitor.page.locator("main button[value=test]").click()
    expect(visitor.page.locator("main .notice.bad").first).to_be_visible()


def _send(button: str) -> Act:
    def act(visitor: Visitor) -> None:
        visitor.page.locator("main form").evaluate("form => form.noValidate = true")
        visitor.press(button)
        expect(visitor.page.locator("main .error").first).to_be_visible()

    return act


def _send_two_of_a_name(visitor: Visitor) -> None:
    """The variable that is there, once more: the editor keeps what was typed, and says what is wrong."""
    visitor.press("Add a variable")
    last = visitor.page.locator("#variables .item").last
    last.get_by_label("Asks for").fill("City")
    last.get_by_label("Kind").select_option("choice")
    visitor.page.locator(".beside").get_by_role("button", name="Save the draft").click()
    expect(visitor.page.locator("main .notice.bad").first).to_be_visible()


def _palette(visitor: Visitor) -> None:
    visitor.page.keyboard.press("Control+k")
    visitor.page.locator("#palette input").fill("wea")
    expect(visitor.page.locator("#palette").get_by_role("option", name="Weather").first).to_be_visible()


def _open_all(visitor: Visitor) -> None:
    visitor.page.locator("main details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    expect(visitor.page.locator("#connect_server textarea")).to_be_visible()


def _try(visitor: Visitor) -> None:
    """Ask for the hubs of one's own workspace."""
    operation = visitor.page.locator("#list_hubs")
    operation.get_by_text("Try it").click()
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator("[data-result]")).to_contain_text("200")


def _sign_in_wrongly(visitor: Visitor) -> None:
    visitor.page.locator("main input[name=login]").fill("nobody@example.com")
    visitor.page.locator("main input[name=password]").fill("not the right one")
    visitor.press("Sign in")
    expect(visitor.page.locator("main .notice.bad").first).to_be_visible()
