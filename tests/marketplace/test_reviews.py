"""Who may write a review, what becomes of it, and who answers, votes and withdraws."""

from __future__ import annotations

import pytest

from accounts.permissions import principal_for
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem, ServiceProblem
from core.models import Event, Job
from marketplace.models import Install, Listing, ListingUse, Review
from marketplace.selectors.standing import may_review
from marketplace.services.recounting import RECOUNT
from marketplace.services.review_answers import reply_review, vote_helpful
from marketplace.services.reviews import edit_review, withdraw_review, write_review
from tests.cast import Cast, cast
from tests.marketplace import publishing, reviewing

__all__ = ["cast"]


@pytest.fixture
def listing(cast: Cast) -> Listing:
    """Of a publisher in a workspace of its own."""
    workspace, _owner = reviewing.new_workspace(1)
    return publishing.add_listed_server("orders", publisher=publishing.new_publisher(workspace))


def write(cast: Cast, listing: Listing, stars: int = 4, text: str = "It works.", who: str = "member") -> Review:
    return write_review(
        actor=cast.principal(who), workspace=cast.workspace, listing=listing, stars=stars, text=text
    )  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "days", "allowed"), [(0, 0, False), (4, 2, False), (50, 1, False), (5, 2, True), (9, 3, True)]
)
def test_a_review_needs_five_runs_on_two_days(
    cast: Cast, listing: Listing, runs: int, days: int, allowed: bool
) -> None:
    if runs:
        reviewing.use(listing, cast.workspace, runs=runs, days=days)
    standing = may_review(workspace=cast.workspace, listing=listing)
    assert (standing.allowed, standing.runs, standing.days) == (allowed, runs, days)
    if allowed:
        assert write(cast, listing).runs == runs
        return
    assert standing.code == "too_little"
    with pytest.raises(ServiceProblem, match="needs 5 runs on 2 days") as refused:
        write(cast, listing)
    assert refused.value.code == "too_little"


def test_days_without_a_run_do_not_count(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace, runs=5, days=1)
    ListingUse.objects.create(listing=listing, workspace=cast.workspace.id, day="2026-01-01", runs=0)
    assert not may_review(workspace=cast.workspace, listing=listing).allowed


def test_a_review_keeps_what_it_rests_on(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace, runs=7, days=3)
    assert listing.current
    Install.objects.create(workspace=cast.workspace, listing=listing, version=listing.current, installed_by="")
    review = write(cast, listing, 4, "  It works.\r\nMostly. ")
    assert (review.stars, review.text, review.version) == (4, "It works.\nMostly.", "1.0.0")
    assert (review.runs, review.days, review.user) == (7, 3, cast.users["member"])
    assert Event.objects.filter(type="review.written", workspace=cast.workspace.id, target=review.id).count() == 1
    assert Job.objects.filter(task=RECOUNT, subject=listing.id).count() == 1


def test_one_for_each_workspace(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    write(cast, listing)
    with pytest.raises(ServiceProblem) as refused:
        write(cast, listing, who="owner")
    assert refused.value.code == "reviewed"
    assert Review.objects.count() == 1


@pytest.mark.parametrize("who", ["viewer", "outsider", "anonymous", "operator"])
def test_who_may_not_write(cast: Cast, listing: Listing, who: str) -> None:
    reviewing.use(listing, cast.workspace)
    with pytest.raises(PermissionProblem):
        write(cast, listing, who=who)


@pytest.mark.parametrize(("stars", "text"), [(0, ""), (6, ""), (True, ""), (3, "x" * 4001), (3, "a\0b")])
def test_what_no_review_may_be(cast: Cast, listing: Listing, stars: int, text: str) -> None:
    reviewing.use(listing, cast.workspace)
    with pytest.raises(InvalidProblem):
        write(cast, listing, stars, text)


def test_publishers_do_not_review_their_own(cast: Cast, listing: Listing) -> None:
    theirs = listing.publisher.workspace
    assert theirs
    reviewing.use(listing, theirs)
    owner = theirs.memberships.get().user
    with pytest.raises(ServiceProblem) as refused:
        write_review(actor=principal_for(owner, theirs), workspace=theirs, listing=listing, stars=5)
    assert refused.value.code == "publisher"
    other, _same = reviewing.new_workspace(2, owner)
    reviewing.use(listing, other)
    with pytest.raises(ServiceProblem) as refused:
        write_review(actor=principal_for(owner, other), workspace=other, listing=listing, stars=5)
    assert refused.value.code == "publisher"


def test_what_is_not_listed_is_not_reviewed(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    Listing.objects.filter(pk=listing.pk).update(state="removed")
    listing.refresh_from_db()
    with pytest.raises(ServiceProblem) as refused:
        write(cast, listing)
    assert refused.value.code == "not_shown"


def test_it_is_changed_once(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    review = write(cast, listing)
    with pytest.raises(PermissionProblem):
        edit_review(actor=cast.principal("viewer"), review=review, stars=1, text="")
    unchanged = edit_review(actor=cast.principal("member"), review=review, stars=4, text="It works.")
    assert unchanged.edited_at is None
    edited = edit_review(actor=cast.principal("owner"), review=review, stars=2, text="It broke.")
    assert (edited.stars, edited.text, edited.user) == (2, "It broke.", cast.users["member"])
    with pytest.raises(ServiceProblem) as refused:
        edit_review(actor=cast.principal("member"), review=review, stars=5, text="Repaired.")
    assert refused.value.code == "edited"


def test_another_member_does_not_change_it(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    review = write(cast, listing, who="owner")
    with pytest.raises(PermissionProblem):
        edit_review(actor=cast.principal("member"), review=review, stars=1, text="")
    with pytest.raises(PermissionProblem):
        withdraw_review(actor=cast.principal("member"), review=review)


def test_a_withdrawn_one_may_be_written_anew_once(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    review = write(cast, listing)
    vote_helpful(actor=cast.principal("outsider"), review=review)
    withdrawn = withdraw_review(actor=cast.principal("member"), review=review)
    assert (withdrawn.state, withdrawn.text, withdrawn.helpful, withdrawn.votes.count()) == ("withdrawn", "", 0, 0)
    again = write(cast, listing, 2, "After all.")
    assert (again.pk, again.state, again.stars) == (review.pk, "shown", 2)
    withdraw_review(actor=cast.principal("member"), review=again)
    with pytest.raises(ServiceProblem) as refused:
        write(cast, listing, 5, "And again.")
    assert refused.value.code == "reviewed"


def test_a_held_one_does_not_come_back_by_withdrawing_it(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    review = write(cast, listing)
    Review.objects.filter(pk=review.pk).update(state="held")
    withdraw_review(actor=cast.principal("member"), review=review)
    with pytest.raises(ServiceProblem) as refused:
        write(cast, listing, 5, "The same again.")
    assert refused.value.code == "reviewed"
    Review.objects.filter(pk=review.pk).update(state="removed")
    with pytest.raises(ServiceProblem) as refused:
        withdraw_review(actor=cast.principal("member"), review=review)
    assert refused.value.code == "removed"


def test_the_publisher_answers(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    review = write(cast, listing)
    theirs = listing.publisher.workspace
    assert theirs
    owner = principal_for(theirs.memberships.get().user, theirs)
    with pytest.raises(PermissionProblem):
        reply_review(actor=cast.principal("owner"), review=review, text="Mine now.")
    answered = reply_review(actor=owner, review=review, text="Thank you.")
    assert (answered.reply, answered.replied_at is None) == ("Thank you.", False)
    assert reply_review(actor=owner, review=review, text="Thanks.").reply == "Thanks."
    emptied = reply_review(actor=owner, review=review, text=" ")
    assert (emptied.reply, emptied.replied_at) == ("", None)
    assert Event.objects.filter(type="review.replied", workspace=theirs.id).count() == 3


def test_an_unclaimed_publisher_answers_nobody(cast: Cast) -> None:
    listing = publishing.add_listed_server("unclaimed")
    reviewing.use(listing, cast.workspace)
    with pytest.raises(PermissionProblem):
        reply_review(actor=cast.principal("owner"), review=write(cast, listing), text="Hello")


def test_votes_count_once_and_are_taken_back(cast: Cast, listing: Listing) -> None:
    reviewing.use(listing, cast.workspace)
    review = write(cast, listing)
    outsider = cast.principal("outsider")
    assert vote_helpful(actor=outsider, review=review).helpful == 1
    assert vote_helpful(actor=outsider, review=review).helpful == 1
    assert vote_helpful(actor=cast.principal("operator"), review=review).helpful == 2
    assert vote_helpful(actor=outsider, review=review, helpful=False).helpful == 1
    theirs = listing.publisher.workspace
    assert theirs
    for own in (
        cast.principal("member"), cast.principal("viewer"), principal_for(theirs.memberships.get().user, theirs)
    ):  # fmt: skip
        with pytest.raises(ServiceProblem) as refused:
            vote_helpful(actor=own, review=review)
        assert refused.value.code == "own_review"
    with pytest.raises(PermissionProblem):
        vote_helpful(actor=cast.principal("anonymous"), review=review)
    Review.objects.update(state="held")
    with pytest.raises(NotFoundProblem):
        vote_helpful(actor=outsider, review=review)
