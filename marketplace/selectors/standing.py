"""May a workspace write a review of a listing: what it ran, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Membership, Workspace
from marketplace.models import Listing, ListingUse, Review

LEAST_RUNS, LEAST_DAYS = 5, 2
S = Review.State


@dataclass(frozen=True)
class Standing:
    """May a workspace write a review of a listing, and if not, why in plain words. `code` is stable for programs."""

    allowed: bool
    runs: int = 0
    days: int = 0
    code: str = ""
    sentence: str | Promise = ""
    review: Review | None = None
    """The one that it wrote."""


def may_review(*, workspace: Workspace, listing: Listing, user_id: str = "") -> Standing:
    """Reads only. `user_id`: who would write; somebody of the publisher may not, whatever the workspace."""
    used = ListingUse.objects.filter(listing=listing, workspace=workspace.id, runs__gt=0)
    sums = used.aggregate(runs=Sum("runs"), days=Count("day"))
    runs, days = sums["runs"] or 0, sums["days"]
    review = Review.objects.filter(listing=listing, workspace=workspace).first()

    def no(code: str, sentence: str | Promise) -> Standing:
        return Standing(False, runs, days, code, sentence, review)

    if listing.state not in Listing.SHOWN:
        return no("not_shown", _("It is not on the marketplace, so that it cannot be reviewed."))
    if workspace.suspended_at is not None:
        return no("suspended", _("This workspace is suspended. Ask the operator."))
    if is_publishers(listing, workspace, user_id):
        return no("publisher", _("Whoever publishes something does not review it."))
    if review is not None and not (review.state == S.WITHDRAWN and review.edited_at is None):
        return no("reviewed", _("This workspace has reviewed it. A review can be changed once."))
    if runs < LEAST_RUNS or days < LEAST_DAYS:
        return no("too_little", _too_little(runs, days))
    return Standing(True, runs, days, review=review)


def is_publishers(listing: Listing, workspace: Workspace, user_id: str) -> bool:
    """Is it the publisher's own workspace, or one of its people who asks?"""
    theirs = listing.publisher.workspace_id
    if theirs is None:
        return False
    if workspace.id == theirs:
        return True
    return bool(user_id) and Membership.objects.filter(workspace=theirs, user=user_id).exists()


def _too_little(runs: int, days: int) -> str | Promise:
    values = {"least": LEAST_RUNS, "days": LEAST_DAYS, "runs": runs, "had": days}
    if not runs:
        return _("A review needs %(least)s runs on %(days)s days. This workspace has not run it.") % values
    words = ngettext_lazy(
        "A review needs %(least)s runs on %(days)s days. This workspace ran it once.",
        "A review needs %(least)s runs on %(days)s days. This workspace has %(runs)s runs, days with runs: %(had)s.",
        "runs",
    )
    return words % values
