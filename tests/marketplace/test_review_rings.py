"""Publishers who praise one another move no number; whoever merely publishes something does."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User, Workspace
from accounts.permissions import principal_for
from core.models import Job
from marketplace.models import Listing, Publisher, Review
from marketplace.services.publishers import create_publisher
from marketplace.services.recounting import RECOUNT, ballots_of
from marketplace.services.reviews import edit_review, withdraw_review
from tests.cast import cast
from tests.marketplace import publishing
from tests.marketplace.reviewing import SYSTEM, crowd, new_person, new_workspace, recounted, reviewed

__all__ = ["cast"]
pytestmark = pytest.mark.django_db


class House:
    """A publisher with a listing and its people."""

    def __init__(self, number: int, slug: str) -> None:
        self.workspace, self.owner = new_workspace(number)
        self.publisher = create_publisher(actor=SYSTEM, workspace=self.workspace, name=slug.title())
        self.listing = publishing.add_listed_server(slug, publisher=self.publisher)
        self.number = number

    def rates(
        self, other: House, stars: int = 5, *, user: User | None = None, workspace: Workspace | None = None
    ) -> Review:
        by, where = user or self.owner, workspace or self.workspace
        return reviewed(other.listing, where, by, stars, address=f"9.{self.number}.{other.number}.7")


@pytest.fixture
def houses() -> tuple[House, House, House]:
    return House(1, "orders"), House(2, "parcels"), House(3, "letters")


def reason(review: Review) -> str:
    recounted(review.listing)
    review.refresh_from_db()
    assert bool(review.left_out) == (review.weight == 0)
    return review.left_out


def test_two_who_praise_one_another_do_not_count(houses: tuple[House, House, House]) -> None:
    one, two, _three = houses
    there, back = one.rates(two), two.rates(one, 4)
    assert (reason(there), reason(back)) == ("ring", "ring")
    listing = Listing.objects.get(pk=one.listing.pk)
    assert listing.rating_made["left_out"] == {"ring": 1}


def test_a_ring_of_three_does_not_count(houses: tuple[House, House, House]) -> None:
    one, two, three = houses
    made = [one.rates(two), two.rates(three), three.rates(one)]
    assert [reason(review) for review in made] == ["ring"] * 3


def test_a_publisher_who_is_not_praised_in_return_counts(houses: tuple[House, House, House]) -> None:
    one, two, three = houses
    made = [one.rates(two), two.rates(three), one.rates(three)]
    assert [reason(review) for review in made] == ["", "", ""]


def test_a_bad_review_cannot_be_silenced_by_praising_its_writer(houses: tuple[House, House, House]) -> None:
    one, two, _three = houses
    bad, praise = one.rates(two, 1), two.rates(one)
    assert (reason(bad), reason(praise)) == ("", "")


def test_the_ring_holds_through_other_people_and_other_workspaces(houses: tuple[House, House, House]) -> None:
    one, two, _three = houses
    helper = new_person(900)
    Membership.objects.create(workspace=one.workspace, user=helper, role="member")
    elsewhere, stranger = new_workspace(901)
    Membership.objects.create(workspace=elsewhere, user=two.owner, role="member")
    there = one.rates(two, user=helper, workspace=new_workspace(902, helper)[0])
    back = two.rates(one, user=stranger, workspace=elsewhere)
    assert (reason(there), reason(back)) == ("ring", "ring")


def test_strangers_count_beside_a_ring_and_the_number_is_theirs(houses: tuple[House, House, House]) -> None:
    one, two, _three = houses
    crowd(one.listing, [3, 3, 4, 3, 3, 2, 3, 3, 4, 3])
    before = recounted(one.listing).rating_mean
    one.rates(two)
    two.rates(one)
    assert recounted(one.listing).rating_mean == before


def test_a_ring_that_is_broken_counts_again(houses: tuple[House, House, House]) -> None:
    one, two, _three = houses
    there, back = one.rates(two), two.rates(one)
    assert reason(there) == "ring"
    withdraw_review(actor=principal_for(two.owner, two.workspace), review=back)
    assert reason(there) == ""


def test_an_edit_to_praise_closes_the_ring_and_has_both_counted(houses: tuple[House, House, House]) -> None:
    one, two, _three = houses
    there, back = one.rates(two), two.rates(one, 2)
    assert reason(there) == ""
    Job.objects.all().delete()
    edit_review(actor=principal_for(two.owner, two.workspace), review=back, stars=5, text="Now I like it.")
    asked = set(Job.objects.filter(task=RECOUNT).values_list("subject", flat=True))
    assert asked == {one.listing.id, two.listing.id}
    assert (reason(there), reason(back)) == ("ring", "ring")


def test_publishers_without_a_workspace_are_in_no_ring(houses: tuple[House, House, House]) -> None:
    one, two, _three = houses
    Publisher.objects.filter(pk=two.publisher.pk).update(workspace=None)
    assert reason(one.rates(two)) == ""


def test_many_reviewers_cost_no_more_queries(houses: tuple[House, House, House]) -> None:
    one, two, three = houses
    for other in (two, three):
        other.rates(one)
        one.rates(other)
    assert counted_with(one.listing) <= 12
    crowd(one.listing, [5] * 25)
    assert counted_with(one.listing) <= 12


def counted_with(listing: Listing) -> int:
    """Queries that it takes to know what counting needs."""
    listing = Listing.objects.get(pk=listing.pk)
    reviews = list(Review.objects.filter(listing=listing).select_related("workspace", "user"))
    with CaptureQueriesContext(connection) as made:
        ballots_of(listing, reviews)
    return len(made)
