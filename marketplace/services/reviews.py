"""Reviews: one for each workspace and listing, by somebody who ran it; changed once, withdrawn."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import allowed, in_workspace, require
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.events import changed, record_event
from core.requests import current_request
from marketplace.models import Install, Listing, Review
from marketplace.networks import network_of
from marketplace.selectors.standing import may_review
from marketplace.services.recounting import queue_recounts

MAX_TEXT = 4_000
S = Review.State


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
        queue_recounts(review=review)
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
        queue_recounts(review=review)
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
            queue_recounts(review=review)
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
