"""Reports: sent once, decided by the operator, told to whom it concerns."""

from __future__ import annotations

import pytest

from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem, ServiceProblem
from core.models import Event, Message
from marketplace.models import Listing, Report, Review
from marketplace.services.reports import MOST_OPEN, decide_report, hold_review, release_review, send_report
from tests.cast import Cast, cast
from tests.marketplace import publishing, reviewing

__all__ = ["cast"]


@pytest.fixture
def listing(cast: Cast) -> Listing:
    workspace, _owner = reviewing.new_workspace(1)
    return publishing.add_listed_server("orders", publisher=publishing.new_publisher(workspace))


@pytest.fixture
def review(listing: Listing) -> Review:
    return reviewing.crowd(listing, [1])[0]


def report(cast: Cast, listing: Listing, who: str = "member", review: Review | None = None) -> Report:
    return send_report(actor=cast.principal(who), listing=listing, review=review, reason="spam", text="Look.")


def mails(kind: str) -> list[str]:
    return list(Message.objects.filter(kind=f"marketplace.{kind}").values_list("to", flat=True))


def test_one_open_report_a_person_on_one_thing(cast: Cast, listing: Listing, review: Review) -> None:
    sent = report(cast, listing)
    report(cast, listing, review=review)
    report(cast, listing, "outsider")
    for again in (None, review):
        with pytest.raises(ServiceProblem) as refused:
            report(cast, listing, review=again)
        assert refused.value.code == "already_reported"
    decide_report(actor=cast.principal("operator"), report=sent, upheld=False)
    assert report(cast, listing).state == "open"
    assert Event.objects.filter(type="report.sent", workspace="").count() == 4


def test_what_no_report_may_be(cast: Cast, listing: Listing, review: Review) -> None:
    member = cast.principal("member")
    with pytest.raises(PermissionProblem):
        report(cast, listing, "anonymous")
    for reason, text in (("dislike", ""), ("other", " "), ("spam", "x" * 2001), ("spam", "a\0b")):
        with pytest.raises(InvalidProblem):
            send_report(actor=member, listing=listing, reason=reason, text=text)
    with pytest.raises(NotFoundProblem):
        report(cast, publishing.add_listed_server("other"), review=review)
    Review.objects.update(state="held")
    review.refresh_from_db()
    with pytest.raises(NotFoundProblem):
        report(cast, listing, review=review)


def test_nobody_floods_the_queue(cast: Cast, listing: Listing) -> None:
    for number in range(MOST_OPEN):
        report(cast, publishing.add_listed_server(f"server-{number}"))
    with pytest.raises(ServiceProblem) as refused:
        report(cast, listing)
    assert refused.value.code == "too_many"


def test_a_review_is_removed_and_all_its_reports_close(cast: Cast, listing: Listing, review: Review) -> None:
    first, second = report(cast, listing, review=review), report(cast, listing, "outsider", review)
    other = report(cast, listing)
    with pytest.raises(PermissionProblem):
        decide_report(actor=cast.principal("owner"), report=first, upheld=True)
    with pytest.raises(InvalidProblem):
        decide_report(actor=cast.principal("operator"), report=first, upheld=True, measure="remove")
    decide_report(actor=cast.principal("operator"), report=first, upheld=True, note="An advert.", measure="remove")
    review.refresh_from_db()
    assert review.state == "removed"
    for closed in (first, second):
        closed.refresh_from_db()
        assert (closed.state, closed.note) == ("upheld", "An advert.")
    other.refresh_from_db()
    assert other.state == "open"
    assert review.user
    assert mails("review_removed") == [review.user.email]
    assert sorted(mails("report_upheld")) == ["member@example.com", "outsider@example.com"]
    assert "An advert." in Message.objects.filter(kind="marketplace.review_removed").get().text
    with pytest.raises(ServiceProblem) as refused:
        decide_report(actor=cast.principal("operator"), report=first, upheld=False)
    assert refused.value.code == "decided"


def test_a_listing_is_held_back(cast: Cast, listing: Listing) -> None:
    sent = report(cast, listing)
    operator = cast.principal("operator")
    with pytest.raises(InvalidProblem):
        decide_report(actor=operator, report=sent, upheld=True, note="No.", measure="remove")
    decide_report(actor=operator, report=sent, upheld=True, note="It sends data away.", measure="hold")
    listing.refresh_from_db()
    assert listing.state == "quarantine"
    assert len(mails("listing_quarantined")) == 1


def test_a_dismissed_report_changes_nothing(cast: Cast, listing: Listing, review: Review) -> None:
    decide_report(actor=cast.principal("operator"), report=report(cast, listing, review=review), upheld=False)
    review.refresh_from_db()
    assert review.state == "shown"
    assert mails("report_dismissed") == ["member@example.com"]


def test_a_held_review_does_not_count_until_it_is_let_out(cast: Cast, listing: Listing, review: Review) -> None:
    operator = cast.principal("operator")
    assert reviewing.recounted(listing).rating_count == 1
    hold_review(actor=operator, review=review, note="Let us see.")
    assert reviewing.recounted(listing).rating_count == 0
    with pytest.raises(ServiceProblem):
        hold_review(actor=operator, review=review, note="Again.")
    release_review(actor=operator, review=review)
    assert reviewing.recounted(listing).rating_count == 1
    assert (len(mails("review_held")), len(mails("review_released"))) == (1, 1)
    types = set(Event.objects.filter(target=review.id).values_list("type", flat=True))
    assert {"review.held", "review.released"} <= types
