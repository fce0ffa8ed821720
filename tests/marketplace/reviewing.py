"""What tests of reviews start from: workspaces that ran a listing often enough."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from accounts.models import Membership, User, Workspace
from accounts.permissions import SYSTEM, principal_for
from core.clock import now
from core.requests import RequestInfo, serving
from marketplace.models import Listing, ListingUse, Review
from marketplace.services.recounting import recount_ratings
from marketplace.services.reviews import write_review


def use(listing: Listing, workspace: Workspace, *, runs: int = 6, days: int = 2) -> None:
    """As if it had run that often: the last day carries what the days before do not."""
    for ago in range(days):
        count = runs - (days - 1) if ago == 0 else 1
        day = now().date() - timedelta(days=ago)
        ListingUse.objects.create(listing=listing, workspace=workspace.id, day=day, runs=count, runs_ok=count)


def new_person(number: int) -> User:
    return User.objects.create(email=f"person{number}@people.example", name=f"Person {number}")


def new_workspace(number: int, owner: User | None = None, *, age: int = 400) -> tuple[Workspace, User]:
    """A workspace of somebody else, as old as that."""
    owner = owner or new_person(number)
    workspace = Workspace.objects.create(slug=f"team-{number}", name=f"Team {number}")
    Workspace.objects.filter(pk=workspace.pk).update(created_at=now() - timedelta(days=age))
    Membership.objects.create(workspace=workspace, user=owner, role="owner")
    return workspace, owner


def reviewed(
    listing: Listing, workspace: Workspace, user: User, stars: int = 5, *, text: str = "", address: str = ""
) -> Review:
    """A review through the service, written from an address."""
    use(listing, workspace)
    with serving(RequestInfo("req_test", address)):
        return write_review(
            actor=principal_for(user, workspace), workspace=workspace, listing=listing, stars=stars, text=text
        )


def crowd(listing: Listing, stars: list[int], *, start: int = 100) -> list[Review]:
    """One review each by people whom nothing connects."""
    made = []
    for number, given in enumerate(stars, start):
        workspace, owner = new_workspace(number)
        made.append(reviewed(listing, workspace, owner, given, address=f"8.{number // 250}.{number % 250}.7"))
    return made


def recounted(listing: Listing) -> Listing:
    recount_ratings(listing_id=listing.id)
    listing.refresh_from_db()
    return listing


def aged(review: Review, days: int) -> None:
    Review.objects.filter(pk=review.pk).update(created_at=F("created_at") - timedelta(days=days))


__all__ = ["SYSTEM", "aged", "crowd", "new_person", "new_workspace", "recounted", "reviewed", "use"]
