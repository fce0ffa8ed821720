"""Where somebody may write a review of a listing, and where they cannot, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Membership, User, Workspace
from marketplace.models import Listing, Review
from marketplace.selectors.reviews import MANAGERS, writing_workspaces
from marketplace.selectors.standing import Standing, may_review

MOST = 20


@dataclass(frozen=True)
class Place:
    """A workspace of the visitor. `review` is the one that they may change."""

    workspace: Workspace
    standing: Standing
    review: Review | None

    @property
    def open(self) -> bool:
        return self.standing.allowed or self.review is not None

    @property
    def label(self) -> str:
        words = _("%(name)s, %(runs)s runs on %(days)s days")
        return words % {"name": self.workspace.name, "runs": self.standing.runs, "days": self.standing.days}


def places_of(user: User, listing: Listing) -> list[Place]:
    """The workspaces in which somebody may write reviews, those that ran it among the first."""
    admin = set(Membership.objects.filter(user=user, role__in=MANAGERS).values_list("workspace_id", flat=True))
    found = []
    for workspace in writing_workspaces(user)[:MOST]:
        standing = may_review(workspace=workspace, listing=listing, user_id=user.id)
        review = standing.review
        shown = review is not None and review.state == Review.State.SHOWN and review.edited_at is None
        mine = review is not None and (review.user_id == user.id or workspace.id in admin)
        found.append(Place(workspace, standing, review if shown and mine else None))
    return sorted(found, key=lambda place: -place.standing.runs)
