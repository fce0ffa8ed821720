"""What others do with a review: the publisher answers it once, people find it helpful."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.permissions import in_workspace, require
from core.clock import now
from core.decision import Principal
from core.errors import NotFoundProblem, PermissionProblem, ServiceProblem
from marketplace.models import Review, ReviewVote
from marketplace.services.reviews import locked_review, plain_text, record_review

MAX_REPLY = 2_000
S = Review.State


def reply_review(*, actor: Principal, review: Review, text: str) -> Review:
    """The publisher's one public answer. Written again it is replaced; an empty text takes it away."""
    text = plain_text(text, MAX_REPLY)
    theirs = review.listing.publisher.workspace_id
    if theirs is None:
        raise PermissionProblem(_("Nobody has claimed this publisher."), code="unclaimed")
    require(actor, "listing.manage", in_workspace(theirs, "listing", review.listing_id))
    with transaction.atomic():
        review = locked_review(review)
        if review.state != S.SHOWN:
            raise ServiceProblem(_("A review that is not shown cannot be answered."), code="not_shown")
        if review.reply != text:
            review.reply, review.replied_at = text, now() if text else None
            review.save(update_fields=["reply", "replied_at", "updated_at"])
            record_review("review.replied", actor, review, workspace_id=theirs)
    return review


def vote_helpful(*, actor: Principal, review: Review, helpful: bool = True) -> Review:
    """Say that a review helps, once for each person, or take that back. Nobody votes for their own."""
    user_id = voter(actor)
    with transaction.atomic():
        review = locked_review(review)
        if review.state != S.SHOWN:
            raise NotFoundProblem(_("There is no such review."))
        concerned = (review.workspace_id, review.listing.publisher.workspace_id)
        if review.user_id == user_id or Membership.objects.filter(user=user_id, workspace__in=concerned).exists():
            raise ServiceProblem(
                _("The workspace that wrote a review and the publisher do not vote on it."), code="own_review"
            )
        if helpful:
            made = ReviewVote.objects.get_or_create(review=review, user_id=user_id)[1]
        else:
            made = bool(ReviewVote.objects.filter(review=review, user_id=user_id).delete()[0])
        if made:
            review.helpful = review.votes.count()
            review.save(update_fields=["helpful", "updated_at"])
            record_review("review.voted", actor, review, {"helpful": helpful}, workspace_id="")
    return review


def voter(actor: Principal) -> str:
    """The person behind a vote or a report; a key needs the scope to write for that."""
    if not actor.user_id:
        raise PermissionProblem(_("Sign in, or send a key."), code="anonymous")
    if actor.kind == "key":
        require(actor, "review.write", in_workspace(actor.workspace_id, "review"))
    return actor.user_id
