"""What there is to see on the site: a workspace full of servers, one without any, keys, webhooks, calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import Visitor
from tests.launch.whole_site import Site
from tests.peers.fixtures import Peer
from tests.peers.showing import LONG

DISCOVERY_MS = 40_000
NEWCOMER = "grace@example.com"
LONG_TITLE = "The very long name of a server that somebody connected for a whole department"
NAMES = ("Weather", "Maps", "Trains", "Tickets", "Hotels", "Museums", "Phrasebook", "Currencies", "Photos")


@dataclass
class World:
    """People who are signed in, and addresses of what they made, by name."""

    anonymous: Visitor
    newcomer: Visitor
    operator: Visitor
    demo: Visitor
    at: dict[str, str] = field(default_factory=dict)


def build_world(browser: Browser, site: Site, operator: Visitor, demo: Visitor, peer: Peer) -> World:
    newcomer = Visitor.join(browser, operator, NEWCOMER)
    world = World(Visitor.arrive(browser, site), newcomer, operator, demo)
    world.at["outbox message"] = _path(operator.page)
    world.at["empty"] = f"/w/{newcomer.workspace}/"
    operator.go("/enter/")
    world.at["full"] = f"/w/{operator.workspace}/"
    _fill(world, peer)
    return world


def _fill(world: World, peer: Peer) -> None:
    operator, full = world.operator, world.at["full"]
    page = operator.go(f"{full}connect/paste/")
    servers: dict[str, Any] = {"Toolbox": {"command": "python", "args": ["-m", "proxy.bundled"]}}
    servers |= {name: {"url": f"{peer.url}?as={name.lower()}"} for name in NAMES}
    servers[LONG_TITLE] = {"url": f"{peer.url}?as=long"}
    servers["Gone away"] = {"url": "http://127.0.0.1:1/mcp"}
    operator.fill_configuration(servers)
    page.wait_for_url("**/servers/")
    expect(page.locator("main tbody").get_by_text("not asked yet")).to_have_count(0, timeout=DISCOVERY_MS)
    for name, text in (("server", "Weather"), ("broken server", "Gone away"), ("long server", LONG_TITLE)):
        world.at[name] = _href(page, text)
    world.at["paused server"] = _href(page, "Museums")
    operator.go(world.at["paused server"])
    operator.press("Pause")
    _tools(world)
    _hub(world)
    _keys(world)
    _webhook(world)
    _assistant(world)
    _calls(world)
    _listing(world)
    _report(world)
    _collection(world)


def _tools(world: World) -> None:
    page = world.operator.go(world.at["server"])
    for name in ("plan_trip", "everything", "fail", "error", LONG):
        world.at[f"tool {name[:20]}"] = _href(page, name)


def _hub(world: World) -> None:
    page = world.operator.go(f"{world.at['full']}hubs/")
    world.at["hub"] = _href(page, "Main")
    page = world.operator.go(f"{world.at['full']}new-hub/")
    page.locator("main input[name=title]").fill("A hub with nothing on it yet")
    page.locator("main form button[type=submit], main form button:not([type])").last.click()
    expect(page.get_by_role("heading", name="A hub with nothing")).to_be_visible()
    world.at["bare hub"] = _path(page)


def _keys(world: World) -> None:
    for name in ("Laptop", "Old laptop"):
        page = world.operator.go(f"{world.at['full']}keys/new/")
        page.get_by_label("Name").fill(name)
        world.operator.press("Make the key")
        expect(page.get_by_role("button", name="Copy the key")).to_be_visible()
        world.at[name] = _path(page)
    world.operator.go(world.at["Old laptop"] + "revoke/")
    world.operator.page.locator("main form button").last.click()
    world.operator.page.wait_for_url("**/keys/")


def _webhook(world: World) -> None:
    page = world.operator.go(f"{world.at['full']}webhooks/new/")
    page.locator("main input[name=url]").fill("http://127.0.0.1:1/hook")
    page.locator("main form input[type=checkbox]").first.check()
    page.locator("main form button").first.click()
    expect(page.get_by_role("button", name="Copy the secret")).to_be_visible()
    world.at["webhook"] = _href(world.operator.go(f"{world.at['full']}webhooks/"), "127.0.0.1:1")


def _assistant(world: World) -> None:
    """One with a version and a draft that differs from it, and a provider that does not answer."""
    operator, full = world.operator, world.at["full"]
    page = operator.go(f"{full}assistants/new/")
    page.locator("main input[name=name]").fill("Travel guide")
    operator.press("Make the assistant")
    page.wait_for_url("**/edit/")
    world.at["assistant"] = _path(page).removesuffix("edit/")
    page.get_by_label("Instructions").fill("Guide people through {{city}} and {{town}}.")
    page.get_by_label("Greeting").fill("Hello. Ask me about **the city**.")
    page.get_by_label("Starters").fill("What is open?\nWill it rain?")
    page.locator("#picker-found input[name=tools]").first.check()
    operator.press("Add a variable")
    page.locator("#variables .item").last.get_by_label("Asks for").fill("City")
    operator.press("Save and deploy")
    expect(page.get_by_role("heading", name="What it may do")).to_be_visible()
    operator.go(world.at["assistant"] + "edit/").get_by_label("Greeting").fill("Hello again.")
    page.locator(".beside").get_by_role("button", name="Save the draft").click()
    expect(page.locator(".toast").first).to_be_visible()
    page = operator.go(f"{full}models/connect/?preset=ollama")
    page.locator("main input[name=base_url]").fill("http://127.0.0.1:1/v1")
    operator.press("Connect")
    expect(page.get_by_role("heading", name="Which model serves which class")).to_be_visible()
    world.at["model provider"] = _path(page)


def _calls(world: World) -> None:
    operator = world.operator
    for name in ("everything", "fail", "error"):
        operator.go(world.at[f"tool {name}"])
        operator.press("Call it")
        expect(operator.page.locator("#result .two").first).to_be_visible()
        expect(operator.page.locator("#result")).not_to_contain_text("What comes back appears here")
    page = operator.go(f"{world.at['full']}calls/")
    world.at["opened call"] = _href(page, "everything")
    page = world.demo.go("/w/demo/calls/?range=month")
    world.at["demo call"] = "/w/demo/calls/" + (page.locator("#calls tbody tr").first.get_attribute("id") or "") + "/"
    world.at["demo tool"] = _href(world.demo.go("/w/demo/tools/"), "calculate")


def _listing(world: World) -> None:
    """The draft of one, made from an assistant that needs no server."""
    operator = world.operator
    instructions = {"instructions": "List what to pack for the days and the place."}
    assistant = operator.own_api("POST", "assistants", {"name": "Packing list", "configuration": instructions})
    operator.own_api("POST", f"assistants/{assistant['id']}/deploy", {})
    publisher = operator.own_api("POST", "publishers", {"name": "Travel Makers"})
    listing = operator.own_api("POST", "listings", {"source": assistant["id"]})
    world.at["publisher"] = f"{world.at['full']}publish/publishers/{publisher['slug']}/"
    world.at["listing"] = f"{world.at['full']}publish/{listing['slug']}/"


def _report(world: World) -> None:
    page = world.newcomer.go("/marketplace/github/report/")
    page.get_by_label("It does not work").check()
    world.newcomer.press("Send the report")
    page.wait_for_url("**/marketplace/github/")
    world.at["report"] = _href(world.operator.go("/operator/moderation/"), "GitHub")


def _collection(world: World) -> None:
    """A public one with two listings and a note, reported by somebody; and a publisher that is followed."""
    operator = world.operator
    page = operator.go("/marketplace/github/save/")
    page.get_by_label("A new collection").fill("What we open every morning")
    operator.press("Save")
    page.wait_for_url("**/marketplace/github/")
    page = operator.go("/marketplace/notion/save/")
    page.get_by_label("What we open every morning").check()
    operator.press("Save")
    page.wait_for_url("**/marketplace/notion/")
    address = _href(operator.go("/me/collections/"), "What we open every morning")
    page = operator.go(address + "edit/")
    page.get_by_label("Note on GitHub").fill("Issues of the night")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_label("Note on GitHub")).to_have_value("Issues of the night")
    page.get_by_label("Everybody").check()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_label("Everybody")).to_be_checked()
    world.at["collection"] = address
    page = world.newcomer.go(address + "report/")
    page.get_by_label("Spam").check()
    world.newcomer.press("Send the report")
    page.wait_for_url(f"**{address}")
    world.at["reported collection"] = _href(operator.go("/operator/moderation/"), "What we open every morning")
    operator.go("/marketplace/publishers/crossroads/")
    operator.press("Follow")
    expect(operator.page.get_by_role("button", name="Unfollow")).to_be_visible()


def _href(page: Page, text: str) -> str:
    """The address that the first link with this text in the page's content leads to, without the host."""
    found = page.locator("main").get_by_role("link", name=text).first.get_attribute("href")
    assert found, text
    return found if found.startswith("/") else _path(page) + found


def _path(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3].partition("?")[0]
