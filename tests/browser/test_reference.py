"""The API reference by hand: requests from the page, with the session and with a key, and one language for all."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.people import Visitor
from tests.browser.world import World


def opened(visitor: Visitor, path: str, operation: str) -> Locator:
    part = visitor.go(path).locator(f"#{operation}")
    part.get_by_text("Try it", exact=True).click()
    return part


def send(part: Locator) -> Locator:
    part.get_by_role("button", name="Send").click()
    return part.locator("[data-result]")


def test_a_request_runs_with_the_session_and_is_written_down(world: World) -> None:
    part = opened(world.demo, "/api/docs/hubs/", "create_hub")
    part.locator("textarea").fill('{"title": "Made by hand"}')
    result = send(part)
    expect(result).to_contain_text("201 Created")
    expect(result.locator("code").last).to_contain_text('"slug": "made-by-hand"')
    result.get_by_text("Headers").click()
    expect(result).to_contain_text("x-request-id: req_")


def test_a_key_goes_before_the_session(world: World) -> None:
    part = opened(world.demo, "/api/docs/hubs/", "list_hubs")
    part.locator("[data-key]").fill("cr_wrong")
    expect(send(part)).to_contain_text("401 Unauthorized")
    expect(part.page.locator("#get_hub [data-key]")).to_have_value("cr_wrong")
    part.locator("[data-key]").fill("")
    expect(send(part)).to_contain_text("200 OK")


def test_who_is_not_signed_in_is_asked_for_a_key(world: World) -> None:
    part = opened(world.anonymous, "/api/docs/hubs/", "list_hubs")
    expect(part.get_by_text("You are not signed in, so paste one")).to_be_visible()
    expect(part.locator("[name=workspace]")).to_have_value("")


def test_what_does_not_fit_is_not_sent(world: World) -> None:
    part = opened(world.demo, "/api/docs/hubs/", "create_hub")
    part.locator("textarea").fill('{"title": ')
    result = send(part)
    expect(part.locator("textarea")).to_be_focused()
    assert part.locator("textarea").evaluate("box => box.validationMessage").startswith("This is not JSON yet")
    expect(result).to_be_empty()
    part = opened(world.demo, "/api/docs/hubs/", "get_hub")
    result = send(part)
    expect(part.locator("[name=id]")).to_be_focused()
    expect(result).to_be_empty()


def test_parameters_go_where_they_belong(world: World) -> None:
    part = opened(world.demo, "/api/docs/servers/", "list_servers")
    part.locator("[name=limit]").fill("3")
    part.locator("[name=state]").select_option("broken")
    with part.page.expect_request("**/api/v1/**") as asked:
        send(part)
    slug = part.locator("[name=workspace]").input_value()
    assert asked.value.url.endswith(f"/api/v1/workspaces/{slug}/servers?limit=3&state=broken")


def test_a_form_is_sent_by_keyboard(world: World) -> None:
    part = opened(world.demo, "/api/docs/hubs/", "list_hubs")
    part.locator("[name=limit]").press("Enter")
    expect(part.locator("[data-result]")).to_contain_text("200 OK")
    part = opened(world.demo, "/api/docs/hubs/", "create_hub")
    part.locator("textarea").fill("{}")
    part.locator("textarea").press("Control+Enter")
    expect(part.locator("[data-result]")).to_contain_text("400 Bad Request")


def test_the_language_is_chosen_once(world: World) -> None:
    page = world.demo.go("/api/docs/hubs/#get_hub")
    expect(page.locator("#get_hub")).to_be_in_viewport()
    page.locator("#get_hub").get_by_text("Python", exact=True).click()
    expect(page.locator("#create_hub .snippet:visible")).to_contain_text("import requests")
    page = world.demo.go("/api/docs/servers/")
    expect(page.locator("#connect_server .snippet:visible")).to_contain_text("import requests")
    page.evaluate("localStorage.clear()")


def test_ctrl_k_leads_to_an_operation_of_the_same_page(world: World) -> None:
    page = world.demo.go("/api/docs/hubs/")
    page.keyboard.press("Control+k")
    page.keyboard.type("pause a hub")
    page.locator("#palette").get_by_role("option", name="Pause a hub").click()
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#pause_hub h2")).to_be_in_viewport()
