"""Everything by keyboard: the palette, the skip link, menus, tables, dialogs and forms, with the focus always seen."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.world import World


def test_ctrl_k_finds_a_server_and_enter_goes_there(world: World) -> None:
    page = world.operator.go(world.at["full"])
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("phraseb")
    expect(page.locator("#palette").get_by_role("option", name="Phrasebook").first).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/servers/phrasebook/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Phrasebook")


def test_the_palette_closes_and_gives_the_focus_back(world: World) -> None:
    page = world.operator.go(world.at["full"])
    opener = page.get_by_role("button", name="Find anything").first
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_skip_link_comes_first_and_leads_to_the_content(world: World) -> None:
    for visitor, path in ((world.anonymous, "/"), (world.operator, world.at["full"])):
        page = visitor.go(path)
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{visitor.site.url}{path}#main")
        page.keyboard.press("Tab")
        assert page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_the_focus_is_seen_on_all_that_takes_it(world: World) -> None:
    page = world.operator.go(world.at["hub"])
    page.locator("body").click(position={"x": 2, "y": 2})
    seen = 0
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate(_SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        seen += 1
    assert seen > 25


_SEEN = """(() => {
    const style = part => getComputedStyle(part)
    const drawn = part => (style(part).outlineStyle !== 'none' && parseFloat(style(part).outlineWidth) > 0)
        || style(part).boxShadow !== 'none'
    for (let part = document.activeElement, n = 0; part && n < 3; part = part.parentElement, n++)
        if (drawn(part)) return true
    return false
})()"""


def test_a_table_is_sorted_and_searched_by_keyboard(world: World) -> None:
    page = world.operator.go(f"{world.at['full']}servers/")
    rows = page.locator("main tbody tr")
    first = rows.first.inner_text()
    page.locator("main thead").get_by_role("link", name="Server", exact=True).focus()
    page.keyboard.press("Enter")
    expect(rows.first).not_to_have_text(first)
    page.get_by_role("searchbox").focus()
    page.keyboard.type("museum")
    expect(page).to_have_url(re.compile("q=museum$|q=museum&"))
    expect(rows).to_have_count(1)
    page.keyboard.press("Tab")
    _tab_to(page, "Museums")
    page.keyboard.press("Enter")
    page.wait_for_url("**/servers/museums/")


def test_a_tool_is_called_by_keyboard_alone(world: World) -> None:
    page = world.operator.go(world.at["tool plan_trip"])
    page.get_by_label("City").focus()
    page.keyboard.type("Porto")
    page.keyboard.press("Enter")
    expect(page.locator("#result")).to_contain_text("3 days")


def test_the_switcher_opens_and_closes_by_keyboard(world: World) -> None:
    page = world.operator.go(world.at["full"])
    menu = page.locator(".places details.menu").first
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the link with this name has the focus."""
    passed = []
    for _ in range(20):
        passed.append(page.evaluate("document.activeElement.textContent.trim()"))
        if passed[-1] == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the focus does not come to {name}: {passed}")
