"""Reviews: one for each workspace and listing, by somebody who ran it; changed once, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Membership, Workspace
from accounts.permissions import allowed, in_workspace, require
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.events import changed, record_event
from core.requests import current_request
from marketplace.models import Install, Listing, ListingUse, Review
from marketplace.networks import network_of
from marketplace.services.recounting import queue_recount

LEAST_RUNS, LEAST_DAYS = 5, 2
MAX_TEXT = 4_000
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


def write_review(
    *, actor: Principal, workspace: Workspace, listing: Listing, stars: int, text: str = ""
) -> Review:  # fmt: skip
    """The workspace's review. Raises InvalidProblem, PermissionProblem, or ServiceProblem with the code of Standing."""
    require(actor, "review.write", in_workspace(workspace, "review"))
    stars, text = _stars(stars), plain_text(text)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)  # one writes at a time
        standing = may_review(workspace=workspace, listing=listing, user_id=actor.user_id)
        if not standing.allowed:
            raise ServiceProblem(standing.sentence, code=standing.code)
        # One that was withdrawn is written again in its own row: that is its one change.
        review = standing.review or Review(listing=listing, workspace=workspace)
        review.edited_at = now() if standing.review else None
        review.user_id, review.state = actor.user_id or None, S.SHOWN
        review.stars, review.text, review.version = stars, text, used_version(listing, workspace)
        review.runs, review.days = standing.runs, standing.days
        info = current_request()
        review.network = network_of(info.address) if info else b""
        review.weight, review.left_out = 0, ""  # until it is counted
        review.save()
        record_review("review.written", actor, review, {"stars": stars})
        queue_recount(listing_id=listing.id)
    return review


def edit_review(*, actor: Principal, review: Review, stars: int, text: str) -> Review:
    """Once. Whoever wrote it may, and the workspace's admins."""
    stars, text = _stars(stars), plain_text(text)
    with transaction.atomic():
        review = own_review(actor, review)
        if review.state != S.SHOWN:
            raise ServiceProblem(_("A review that is not shown cannot be changed."), code="not_shown")
        if review.edited_at is not None:
            raise ServiceProblem(_("A review can be changed once, and this one was."), code="edited")
        changes = changed({"stars": review.stars, "text": review.text}, {"stars": stars, "text": text})
        if not changes:
            return review
        standing = may_review(workspace=review.workspace, listing=review.listing)
        review.stars, review.text, review.edited_at = stars, text, now()
        review.version = used_version(review.listing, review.workspace)
        review.runs, review.days = standing.runs, standing.days
        review.save()
        record_review("review.edited", actor, review, {"stars": stars})
        queue_recount(listing_id=review.listing_id)
    return review


def withdraw_review(*, actor: Principal, review: Review) -> Review:
    """Take it back: words, answer and votes are gone. It can be written anew once, unless it was changed or held."""
    with transaction.atomic():
        review = own_review(actor, review)
        if review.state == S.REMOVED:
            raise ServiceProblem(_("The operator removed this review."), code="removed")
        if review.state != S.WITHDRAWN:
            review.votes.all().delete()
            review.text, review.reply, review.replied_at, review.helpful = "", "", None, 0
            if review.state == S.HELD:  # else it would come back unseen by the operator
                review.edited_at = review.edited_at or now()
            review.state = S.WITHDRAWN
            review.save()
            record_review("review.withdrawn", actor, review)
            queue_recount(listing_id=review.listing_id)
    return review


def own_review(actor: Principal, review: Review) -> Review:
    """The review, locked, when the actor may change it: its writer, or an admin of its workspace."""
    review = locked_review(review)
    where = in_workspace(review.workspace, "review", review.id)
    require(actor, "review.write", where)
    if review.user_id != actor.user_id and not allowed(actor, "install.manage", where):
        raise PermissionProblem(_("Only who wrote a review changes it, or an admin of the workspace."), code="role")
    return review


def locked_review(review: Review) -> Review:
    rows = Review.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace", "listing__publisher__workspace", "user").get(pk=review.pk)


def record_review(
    type: str, actor: Principal, review: Review, data: dict[str, Any] | None = None, *, workspace_id: str | None = None
) -> None:
    """An event of a review: in the workspace that wrote it, unless another is named."""
    record_event(
        type=type,
        actor=actor,
        workspace_id=review.workspace_id if workspace_id is None else workspace_id,
        target_kind="review",
        target=review.id,
        data={"name": review.listing.name, "slug": review.listing.slug} | (data or {}),
    )


def used_version(listing: Listing, workspace: Workspace) -> str:
    """The version that the workspace has, or had last."""
    rows = Install.objects.filter(listing=listing, workspace=workspace).order_by("-id")
    found = rows.values_list("version__version", flat=True).first()
    return found or (listing.current.version if listing.current else "")


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


def _stars(stars: int) -> int:
    if isinstance(stars, bool) or stars not in (1, 2, 3, 4, 5):
        raise InvalidProblem(_("Give one to five stars."), field="stars")
    return stars


def plain_text(text: str, most: int = MAX_TEXT) -> str:
    """Without spaces around it. Raises InvalidProblem for one that is too long."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > most or "\0" in text:
        raise InvalidProblem(_("Use at most %(most)s characters.") % {"most": most}, field="text")
    return text
