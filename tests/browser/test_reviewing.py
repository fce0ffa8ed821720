"""A review that people may believe: earned by use, shown, answered once, found helpful, reported."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, expect

from config.launch.stores import running
from tests.browser.checks import problems_of
from tests.browser.people import Visitor
from tests.browser.trade import Creator, install
from tests.launch.waiting import wait_until
from tests.launch.whole_site import Site

NAME, SLUG = "Discount helper", "discount-helper"
PAGE = f"/marketplace/{SLUG}/"
WORDS = "Reckons right every day. It could show the steps."
ANSWER = "Thank you. The steps are in the next version."
COUNT_S = 60.0

pytestmark = pytest.mark.timeout(400)  # the first one starts the site, and may have to install axe


def test_a_review_is_earned_shown_answered_found_helpful_and_reported(
    browser: Browser, site: Site, operator: Visitor
) -> None:
    creator = Creator.begin(browser, operator, "author@example.com")
    creator.publish(NAME, "calculate")
    reviewer = Visitor.join(browser, operator, "reviewer@example.com")
    _too_little(reviewer)
    _use_it_on_two_days(reviewer, site)
    _write(reviewer)
    _counted(reviewer)
    _not_by_its_maker(creator.visitor)
    _answer(creator.visitor)
    reader = Visitor.join(browser, operator, "reader@example.com")
    _find_helpful(reader)
    _report(reader)
    _in_the_queue(operator)
    _change_once(reviewer)
    for visitor in (creator.visitor, reviewer, reader):
        assert visitor.complaints == []
        visitor.context.close()
    assert operator.complaints == []


def _too_little(reviewer: Visitor) -> None:
    """Whoever has not run it often enough is told what is missing, and has nothing to fill in."""
    page = reviewer.go(f"{PAGE}review/")
    expect(page.locator("main")).to_contain_text("This workspace has not run it.")
    expect(page.locator("main textarea")).to_have_count(0)
    assert problems_of(page) == []


def _use_it_on_two_days(reviewer: Visitor, site: Site) -> None:
    """Five answers, of which three were given yesterday."""
    assistant = install(reviewer, SLUG)["assistant"]
    _run(reviewer, assistant, 4)
    page = reviewer.go(f"{PAGE}review/")
    expect(page.locator("main")).to_contain_text("This workspace has 4 runs, days with runs: 1.")
    urls = running(site.data_dir)
    assert urls
    with psycopg.connect(urls.database_url) as connection:
        moved = connection.execute(
            "UPDATE marketplace_listinguse SET day = day - 1 FROM marketplace_listing"
            " WHERE marketplace_listing.id = listing_id AND slug = %s",
            [SLUG],
        )
        assert moved.rowcount == 1
    _run(reviewer, assistant, 1)


def _run(reviewer: Visitor, assistant: str, times: int) -> None:
    for _ in range(times):
        asked = {"input": "calculate 6 * 7", "wait": 50}
        assert reviewer.own_api("POST", f"assistants/{assistant}/runs", asked)["state"] == "done"


def _write(reviewer: Visitor) -> None:
    page = reviewer.go(PAGE)
    page.locator("#ratings").get_by_role("link", name="Write a review").click()
    page.get_by_label("In your words").fill(WORDS)
    page.locator("main form").evaluate("form => form.noValidate = true")
    reviewer.press("Publish the review")
    expect(page.locator("main .error")).to_have_text("Choose one to five stars.")
    expect(page.get_by_label("In your words")).to_have_value(WORDS)
    reviewer.complaints.clear()  # the browser says that the answer was a refusal
    page.get_by_label("4 stars: does it well").check()
    assert problems_of(page) == []
    reviewer.press("Publish the review")
    expect(_the_review(reviewer)).to_contain_text(WORDS)
    expect(_the_review(reviewer)).to_contain_text("ran it 5 times, version 1.0.0")


def _counted(reviewer: Visitor) -> None:
    """One rating makes no number yet, and the page says so."""

    def counted() -> bool:
        return "1 of 10 ratings that count" in reviewer.go(PAGE).locator("#ratings .rate-num").inner_text()

    wait_until(counted, "the rating is counted", COUNT_S)
    assert problems_of(reviewer.page) == []
    reviewer.go(f"{PAGE}review/")
    expect(reviewer.page.get_by_role("heading", name=f"Change your review of {NAME}")).to_be_visible()


def _not_by_its_maker(maker: Visitor) -> None:
    page = maker.go(f"{PAGE}review/")
    expect(page.locator("main")).to_contain_text("Whoever publishes something does not review it.")
    expect(page.locator("main textarea")).to_have_count(0)


def _answer(maker: Visitor) -> None:
    """One answer; the same button changes it."""
    page = maker.go(PAGE)
    _the_review(maker).get_by_role("link", name="Answer").click()
    page.get_by_label("Your answer").fill(ANSWER)
    assert problems_of(page) == []
    maker.press("Publish the answer")
    expect(_the_review(maker).locator(".answer")).to_contain_text(ANSWER)
    expect(_the_review(maker).get_by_role("link", name="Change the answer")).to_be_visible()
    expect(_the_review(maker).get_by_role("link", name="Answer", exact=True)).to_have_count(0)


def _find_helpful(reader: Visitor) -> None:
    reader.go(PAGE)
    _the_review(reader).get_by_role("button", name="Helpful, 0").click()
    expect(_the_review(reader).get_by_role("button", name="Helpful to you, 1")).to_be_visible()


def _report(reader: Visitor) -> None:
    page = reader.page
    _the_review(reader).get_by_role("link", name="Report").click()
    expect(page.locator("main")).to_contain_text(WORDS)
    page.get_by_label("Spam").check()
    page.get_by_label("Tell more").fill("It is an advertisement.")
    assert problems_of(page) == []
    reader.press("Send the report")
    expect(page.locator(".toast").first).to_contain_text("Reported")
    expect(_the_review(reader)).to_be_in_viewport()


def _in_the_queue(operator: Visitor) -> None:
    page = operator.go("/operator/moderation/")
    row = page.locator("#reports tbody tr", has_text=NAME)
    expect(row).to_contain_text("Spam")
    assert problems_of(page) == []
    row.get_by_role("link").click()
    for words in (WORDS, "It is an advertisement.", "reader@example.com"):
        expect(page.locator("main")).to_contain_text(words)
    assert problems_of(page) == []
    operator.press("Dismiss")
    page.wait_for_url("**/operator/moderation/")
    expect(page.locator("main")).not_to_contain_text(NAME)


def _change_once(reviewer: Visitor) -> None:
    page = reviewer.go(PAGE)
    _the_review(reviewer).get_by_role("link", name="Change").click()
    page.get_by_label("5 stars: does it very well").check()
    reviewer.press("Save the change")
    expect(_the_review(reviewer)).to_contain_text("changed")
    expect(_the_review(reviewer).locator(".answer")).to_contain_text(ANSWER)
    expect(_the_review(reviewer).get_by_role("link", name="Change", exact=True)).to_have_count(0)


def _the_review(visitor: Visitor) -> Locator:
    return visitor.page.locator("ul.reviews > li").first
