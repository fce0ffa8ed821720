"""The number on a listing, counted from real rows: who moves it, and who does not."""

from __future__ import annotations

import pytest

from accounts.models import Membership, User, Workspace
from core.clock import now
from marketplace.models import Listing, Review
from marketplace.networks import network_of
from marketplace.services.recounting import forget_networks, market_mean, queue_all, recount_ratings
from marketplace.signals import listing_changed
from tests.cast import Cast, cast
from tests.marketplace import publishing, reviewing
from tests.marketplace.reviewing import crowd, new_person, new_workspace, recounted, reviewed

__all__ = ["cast"]


@pytest.fixture
def listing(cast: Cast) -> Listing:
    workspace, _owner = reviewing.new_workspace(1)
    return publishing.add_listed_server("orders", publisher=publishing.new_publisher(workspace))


def number(listing: Listing) -> tuple[int, float, float, float]:
    return listing.rating_count, listing.rating_mean, listing.rating_low, listing.rating_high


def test_none_is_shown_below_ten(listing: Listing) -> None:
    crowd(listing, [5] * 9)
    assert number(recounted(listing)) == (9, 0, 0, 0)
    crowd(listing, [3], start=200)
    count, mean, low, high = number(recounted(listing))
    assert (count, 1 < low < mean < high <= 5) == (10, True)
    assert listing.rating_made["stars"] == [0, 0, 1, 0, 9]
    assert listing.score_parts["rating"] == round((low - 1) / 4, 3)


def test_a_thousand_reviews_from_one_network_do_not_move_the_number(listing: Listing) -> None:
    crowd(listing, [4, 3, 4, 5, 4, 3, 4, 4, 5, 4, 3, 4])
    one, owner = new_workspace(5000)
    reviewed(listing, one, owner, 1, address="203.0.113.1")
    before = number(recounted(listing))
    _add_thousand(listing)
    assert number(recounted(listing)) == before
    assert listing.rating_made["left_out"] == {"network": 1000}
    forget_networks(moment=now().replace(year=now().year + 1))
    assert not Review.objects.exclude(network=b"").exists()
    assert number(recounted(listing)) == before


def _add_thousand(listing: Listing) -> None:
    """Accounts that look settled, all behind one door: rows as the service makes them, in bulk for time's sake."""
    ids = range(10_000, 11_000)
    users = User.objects.bulk_create(User(email=f"bot{n}@bots.example", name=f"Bot {n}") for n in ids)
    spaces = Workspace.objects.bulk_create(Workspace(slug=f"bot-{n}", name=f"Bot {n}") for n in ids)
    Workspace.objects.filter(slug__startswith="bot-").update(created_at=now().replace(year=now().year - 2))
    Membership.objects.bulk_create(
        Membership(workspace=space, user=user, role="owner") for space, user in zip(spaces, users, strict=True)
    )
    Review.objects.bulk_create(
        Review(
            listing=listing, workspace=space, user=user, version="1.0.0", stars=5, runs=9, days=9,
            network=network_of(f"203.0.113.{at % 250}"),
        )
        for at, (space, user) in enumerate(zip(spaces, users, strict=True))
    )  # fmt: skip


def test_a_publishers_ring_does_not_move_the_number(listing: Listing) -> None:
    crowd(listing, [3] * 12)
    before = number(recounted(listing))
    theirs = listing.publisher.workspace
    assert theirs
    founder = theirs.memberships.get().user
    for at in range(20):
        workspace, owner = new_workspace(3000 + at)
        Membership.objects.create(workspace=workspace, user=founder, role="viewer")
        reviewed(listing, workspace, owner, 5, address=f"9.9.{at}.1")
    assert number(recounted(listing)) == before
    assert listing.rating_made["left_out"] == {"publisher": 20}
    # Somebody who joins the publisher later takes their review out of the number.
    joined = User.objects.get(pk=Review.objects.earliest("id").user_id)
    Membership.objects.create(workspace=theirs, user=joined, role="member")
    assert recounted(listing).rating_count == 11


def test_one_owner_of_many_workspaces_counts_once(listing: Listing) -> None:
    owner = new_person(4000)
    for at in range(5):
        workspace, _same = new_workspace(4100 + at, owner)
        writer = new_person(4200 + at)
        Membership.objects.create(workspace=workspace, user=writer, role="member")
        reviewed(listing, workspace, writer, 5, address=f"9.9.{at}.1")
    assert recounted(listing).rating_count == 1
    assert listing.rating_made["left_out"] == {"person": 4}


def test_a_burst_of_new_workspaces_counts_up_to_ten(listing: Listing) -> None:
    for at in range(15):
        workspace, owner = new_workspace(4000 + at, age=3)
        reviewed(listing, workspace, owner, 5, address=f"9.9.{at}.1")
    assert recounted(listing).rating_count == 10
    assert listing.rating_made["left_out"] == {"burst": 5}


def test_the_suspended_and_the_held_do_not_count(listing: Listing) -> None:
    first, second, third, *_others = crowd(listing, [5] * 5)
    Workspace.objects.filter(pk=first.workspace_id).update(suspended_at=now())
    User.objects.filter(pk=second.user_id).update(is_active=False)
    Review.objects.filter(pk=third.pk).update(state="held")
    assert recounted(listing).rating_count == 2
    assert listing.rating_made["left_out"] == {"suspended": 2, "held": 1}
    Review.objects.filter(pk=third.pk).update(state="removed")
    assert recounted(listing).rating_made["left_out"] == {"suspended": 2}


def test_old_reviews_weigh_less_and_search_hears_of_it(listing: Listing) -> None:
    praise, *_rest = crowd(listing, [1] + [5] * 10)
    before = recounted(listing).rating_mean
    heard: list[str] = []

    def hear(sender: object, listing_id: str, **_more: object) -> None:
        heard.append(listing_id)

    listing_changed.connect(hear)
    assert not recount_ratings(listing_id=listing.id)
    assert heard == []
    reviewing.aged(praise, 900)
    assert recounted(listing).rating_mean > before
    assert heard == [listing.id]


def test_the_nightly_count_covers_every_listing_with_a_review(listing: Listing) -> None:
    other = publishing.add_listed_server("other")
    publishing.add_listed_server("nobody")
    crowd(listing, [5])
    crowd(other, [4], start=300)
    assert queue_all() == 2
    assert market_mean() == 4.0  # nothing is counted yet
    recounted(listing)
    recounted(other)
    assert 4.0 < market_mean(fresh=True) < 4.1


def test_networks_are_coarse_and_keyed() -> None:
    assert network_of("203.0.113.7") == network_of("203.0.113.250") != network_of("203.0.114.7")
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:ffff::9") != network_of("2001:db8:2::1")
    assert network_of("") == network_of("nonsense") == b""
    assert len(network_of("203.0.113.7")) == 16
    assert b"203" not in network_of("203.0.113.7")
