"""A picture for a live listing: it waits, the operator looks at it, everybody sees it."""

from __future__ import annotations

import base64
import io

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.checks import problems_of
from tests.browser.people import Visitor
from tests.browser.trade import Creator
from tests.launch.whole_site import Site

ALT = "The till with its total"


def test_a_picture_waits_until_the_operator_looked_at_it(browser: Browser, site: Site, operator: Visitor) -> None:
    creator = Creator.begin(browser, operator, "painter@example.com")
    listing = creator.publish("Painted clerk", "calculate")
    publisher, anybody = creator.visitor, Visitor.arrive(browser, site)
    data = {"data": base64.b64encode(_picture()).decode(), "alt": ALT}
    publisher.own_api("POST", f"listings/{listing['id']}/pictures", data)
    page = publisher.go(f"/w/{publisher.home}/publish/{listing['slug']}/pictures/")
    expect(page.locator("main table")).to_contain_text("Waits for a look")
    assert problems_of(page) == []
    shown = anybody.go(f"/marketplace/{listing['slug']}/").get_by_alt_text(ALT)
    expect(shown).to_have_count(0)
    page = operator.go("/operator/moderation/")
    row = page.locator("tr", has_text=ALT)
    expect(row).to_be_visible()
    assert problems_of(page) == []
    row.get_by_role("button", name="Show it").click()
    expect(page.locator(".toast").first).to_contain_text("It is shown.")
    expect(anybody.go(f"/marketplace/{listing['slug']}/").get_by_alt_text(ALT)).to_have_count(1)
    assert publisher.complaints == []
    for visitor in (publisher, anybody):
        visitor.context.close()


def _picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((640, 400)).save(out, "PNG")
    return out.getvalue()
