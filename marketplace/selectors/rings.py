"""Publishers who praise one another: reviews in a ring of two or three houses do not count.

A house is a publisher's workspace with its members. Praise is four or five stars, given by a member or for a workspace
that a member is in. Only praise makes a ring, and only praise is left out for it: nobody can silence a bad review by
praising its writer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Q

from accounts.models import Membership
from marketplace.models import Listing, Publisher, Review

PRAISE = 4


def ring_reviews(listing: Listing, reviews: Sequence[Review], members: Mapping[str, Collection[str]]) -> set[str]:
    """Ids of those reviews of a listing that stand in a ring. `members`: {reviewing workspace: its people}.

    At most six queries, one where no reviewer is a publisher.
    """
    home = listing.publisher.workspace_id
    praise = {review.id: _people(review, members) for review in reviews if _is_praise(review)}
    if home is None or not praise:
        return set()
    houses = _houses_of(set().union(*praise.values()), home)
    if not houses:
        return set()
    near = _praised_by({home})
    ring = near | (_praised_by(near - {home}) if near else set())
    return {id for id, people in praise.items() if any(houses.get(one, set()) & ring for one in people)}


def houses_of_review(review: Review) -> set[str]:
    """The publishers' workspaces whose people wrote it."""
    people = set(Membership.objects.filter(workspace=review.workspace_id).values_list("user_id", flat=True))
    found = _houses_of(people | ({review.user_id} if review.user_id else set()), "")
    return set().union(*found.values()) if found else set()


def _is_praise(review: Review) -> bool:
    return review.stars >= PRAISE and review.state == Review.State.SHOWN


def _people(review: Review, members: Mapping[str, Collection[str]]) -> set[str]:
    return {*members.get(review.workspace_id, ()), *([review.user_id] if review.user_id else ())}


def _houses_of(people: Iterable[str], home: str) -> dict[str, set[str]]:
    """{person: workspaces of the publishers that they belong to}, all but `home`."""
    rows = Membership.objects.filter(user__in=set(people), workspace__publishers__isnull=False)
    found: dict[str, set[str]] = {}
    for user, workspace in rows.exclude(workspace=home).values_list("user_id", "workspace_id"):
        found.setdefault(user, set()).add(workspace)
    return found


def _praised_by(houses: Collection[str]) -> set[str]:
    """Publishers' workspaces whose listings these houses praise."""
    people = set(Membership.objects.filter(workspace__in=houses).values_list("user_id", flat=True))
    theirs = Membership.objects.filter(user__in=people).values("workspace")
    rows = Review.objects.filter(Q(user__in=people) | Q(workspace__in=theirs), state=Review.State.SHOWN)
    rows = rows.filter(stars__gte=PRAISE, listing__publisher__workspace__isnull=False)
    publishers = Publisher.objects.filter(pk__in=rows.values("listing__publisher"))
    return {id for id in publishers.values_list("workspace_id", flat=True) if id is not None}
