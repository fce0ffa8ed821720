"""The system in a browser: accessible, inside the screen, in both themes, and by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.node.tools import MODULES, install

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESSES = tuple(f"/styleguide/{page}" for page in ("", "pictures/", "workspace/", "auth/", "mail/"))
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Playwright's loop runs in this thread, in which Django would refuse the test's own queries."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs chromium, and this machine has none")
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    found = context.new_page()
    found.set_default_timeout(10_000)
    return found


@pytest.mark.parametrize(
    ("address", "width", "theme"),
    [
        *(("/styleguide/", width, theme) for width in (390, 1280) for theme in ("light", "dark")),
        *((address, width, theme) for address in ADDRESSES[1:] for width, theme in ((768, "light"), (390, "dark"))),
    ],
)
def test_a_page_is_accessible_and_stays_inside_the_screen(
    browser: Browser, live_server: LiveServer, address: str, width: int, theme: Any
) -> None:
    install()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce", bypass_csp=True
    )
    page = context.new_page()
    page.goto(live_server.url + address)
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    problems = [
        (one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"]) for one in found["violations"]
    ]
    inside = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert not problems
    assert inside


def test_the_content_policy_holds_and_nothing_is_missing(page: Page, live_server: LiveServer) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda answer: said.append(answer.url) if answer.status >= 400 else None)
    for address in ADDRESSES[:4]:
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
    assert said == []


def test_the_theme_that_was_chosen_stays(page: Page, live_server: LiveServer) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(live_server.url + "/styleguide/")
    page.locator("[data-toggle-theme]").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_copying_takes_the_text_without_its_prompt(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/pictures/")
    button = page.locator("#code [data-copy]").first
    button.click()
    expect(button).to_have_attribute("data-done", "")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "claude mcp add --transport http acme https://hub.example.com/mcp/acme"


def test_a_dialog_opens_keeps_the_focus_and_closes(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/")
    opener = page.locator('[commandfor="sample-dialog"][command="show-modal"]')
    opener.click()
    dialog = page.locator("#sample-dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.mouse.click(5, 5)
    expect(dialog).to_be_hidden()


def test_snippets_change_by_keyboard(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/pictures/")
    page.locator('#code input[value="claude"]').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('#code [data-pane="1"]')).to_be_visible()
    expect(page.locator('#code [data-pane="0"]')).to_be_hidden()


def test_the_palette_opens_by_ctrl_k_and_is_driven_by_arrows(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/")
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette).to_be_visible()
    options = palette.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    count = options.count()
    assert count > 1
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(palette.get_by_role("combobox")).to_have_attribute(
        "aria-activedescendant", options.nth(1).get_attribute("id") or "-"
    )
    address = options.nth(1).get_attribute("href") or "-"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


def test_the_palette_says_when_nothing_fits(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/")
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("zzzz no such thing")
    expect(page.locator("#palette-hits")).to_contain_text("Nothing is called")


def test_a_table_is_searched_sorted_and_paged_without_leaving(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/")
    rows = page.locator("#sample-tools tbody tr")
    expect(rows).to_have_count(6)
    page.evaluate("document.body.dataset.same = 'yes'")
    page.locator("#sample-tools").get_by_role("link", name="Next").click()
    expect(rows).to_have_count(4)
    page.locator("#sample-tools-filters select").first.select_option("GitHub")
    expect(rows).to_have_count(4)
    expect(page.locator("#sample-tools")).to_contain_text("1 to 4 of 4")
    page.locator("#sample-tools").get_by_role("link", name="Tool", exact=True).click()
    expect(rows.first).to_contain_text("create_pull_request")
    page.locator("#sample-tools-filters input[type=search]").fill("nothing like it")
    expect(page.locator("#sample-tools")).to_contain_text("Nothing fits")
    assert "sort=name" in page.url and "server=GitHub" in page.url
    page.locator("#sample-tools-clear").get_by_role("link").click()
    expect(page.locator("#sample-tools-filters input[type=search]")).to_have_value("")


def test_the_table_works_without_a_script(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + "/styleguide/?q=search")
    expect(page.locator("#sample-tools tbody tr")).to_have_count(2)
    page.locator("#sample-tools-filters").get_by_role("button", name="Filter").click()
    page.wait_for_url("**q=search**")
    page.goto(live_server.url + "/styleguide/pictures/")
    page.locator('#code label:has([value="cursor"])').click()
    expect(page.locator('#code [data-pane="1"]')).to_be_visible()
    expect(page.locator("[data-toggle-theme]").first).to_be_hidden()
    context.close()


def test_rows_of_a_list_are_added_dropped_and_sent(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/")
    tags = page.locator('fieldset[data-rows]:has(input[name="args.tags.0"])')
    tags.get_by_role("button", name="Add").click()
    expect(page.locator('[name="args.tags.2"]')).to_be_focused()
    page.keyboard.type("snow")
    tags.get_by_role("button", name="Remove").first.click()
    page.locator("#schema").get_by_role("button", name="Run").click()
    expect(page.get_by_label("What was read", exact=True)).to_contain_text('"snow"')
    read = page.get_by_label("What was read", exact=True).inner_text()
    assert '"rain"' not in read and '"wind"' in read


def test_toasts_come_by_event_and_can_be_dismissed(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/styleguide/")
    page.evaluate(
        "detail => document.body.dispatchEvent(new CustomEvent('toast', {bubbles: true, detail}))",
        {"text": "<b>Gone</b>", "tone": "bad"},
    )
    toast = page.locator("#toasts .toast.bad")
    expect(toast).to_contain_text("<b>Gone</b>")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)


def test_menus_close_by_escape_and_outside(page: Page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(live_server.url + "/styleguide/")
    menu = page.locator(".top details.menu")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    menu.locator("summary").click()
    page.mouse.click(20, 700)
    expect(menu).not_to_have_attribute("open", "")
