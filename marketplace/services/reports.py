"""Reports on listings and reviews, and what the operator decides about reviews."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import INSTALLATION, require
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, ServiceProblem
from core.events import record_event
from marketplace.models import Listing, Report, Review
from marketplace.review_mails import tell_reporter, tell_reviewer
from marketplace.services.moderation import quarantine_listing
from marketplace.services.recounting import queue_recounts
from marketplace.services.review_answers import voter
from marketplace.services.reviews import locked_review, record_review
from marketplace.states import L

MAX_TEXT, MAX_NOTE, MOST_OPEN = 2_000, 4_000, 20
S = Review.State
OPEN = Report.State.OPEN


def send_report(
    *, actor: Principal, listing: Listing, review: Review | None = None, reason: str, text: str = ""
) -> Report:  # fmt: skip
    """Say that a listing, or one of its reviews, should not stand. One open report a person on the same thing."""
    user_id = voter(actor)
    text = text.strip()
    if reason not in Report.Reason.values:
        raise InvalidProblem(_("Choose one of the reasons."), field="reason")
    if reason == Report.Reason.OTHER and not text:
        raise InvalidProblem(_("Say what is wrong."), field="text")
    if len(text) > MAX_TEXT or "\0" in text:
        raise InvalidProblem(_("Use at most %(most)s characters.") % {"most": MAX_TEXT}, field="text")
    if listing.state not in Listing.SHOWN or (review and (review.state != S.SHOWN or review.listing_id != listing.id)):
        raise NotFoundProblem(_("There is nothing to report any more."))
    if Report.objects.filter(user=user_id, state=OPEN).count() >= MOST_OPEN:
        raise ServiceProblem(_("You have many open reports. Wait until some are decided."), code="too_many")
    try:
        with transaction.atomic():
            report = Report.objects.create(listing=listing, review=review, user_id=user_id, reason=reason, text=text)
            _record("report.sent", actor, report)
    except IntegrityError:
        raise ServiceProblem(
            _("You have reported this already. The operator looks at it."), code="already_reported"
        ) from None
    return report


def decide_report(
    *, actor: Principal, report: Report, upheld: bool, note: str = "", measure: str = ""
) -> Report:  # fmt: skip
    """Uphold or dismiss. `measure` for an upheld one: `remove` or `hold` a review, `hold` a listing, or none.

    A measure closes all open reports on the same thing. Whoever reported gets a mail, the other side too.
    """
    require(actor, "operator.manage", INSTALLATION)
    note = note.strip()[:MAX_NOTE]
    with transaction.atomic():
        report = _locked_report(report)
        if report.state != OPEN:
            raise ServiceProblem(_("This report is decided by now."), code="decided")
        if upheld and measure:
            _act(actor, report, measure, note)
        same = Report.objects.filter(listing=report.listing_id, review=report.review_id, state=OPEN)
        closed = [report, *same.exclude(pk=report.pk)] if upheld and measure else [report]
        for one in closed:
            _close(actor, one, upheld, note)
    return report


def hold_review(*, actor: Principal, review: Review, note: str) -> Review:
    """Show it to nobody for now; it does not count meanwhile. Its writer gets a mail."""
    return _move(actor, review, S.HELD, (S.SHOWN,), "review_held", _needed(note))


def release_review(*, actor: Principal, review: Review, note: str = "") -> Review:
    """Show a held review again."""
    return _move(actor, review, S.SHOWN, (S.HELD,), "review_released", note.strip()[:MAX_NOTE])


def remove_review(*, actor: Principal, review: Review, note: str) -> Review:
    """For good: the workspace cannot write another. Its writer gets a mail that says why."""
    return _move(actor, review, S.REMOVED, (S.SHOWN, S.HELD), "review_removed", _needed(note))


def _move(actor: Principal, review: Review, to: S, since: tuple[S, ...], what: str, note: str) -> Review:
    require(actor, "operator.manage", INSTALLATION)
    with transaction.atomic():
        review = locked_review(review)
        if review.state not in since:
            raise ServiceProblem(_("The review is %(state)s by now.") % {"state": review.get_state_display().lower()})
        review.state = to
        review.save(update_fields=["state", "updated_at"])
        record_review(what.replace("_", ".", 1), actor, review, {"note": note})
        tell_reviewer(what, review, note)
        queue_recounts(review=review)
    return review


def _act(actor: Principal, report: Report, measure: str, note: str) -> None:
    review = report.review
    if review is not None and measure == "remove":
        remove_review(actor=actor, review=review, note=note)
    elif review is not None and measure == "hold":
        hold_review(actor=actor, review=review, note=note)
    elif review is None and measure == "hold" and report.listing.state != L.QUARANTINE:
        quarantine_listing(actor=actor, listing=report.listing, note=note)
    else:
        raise InvalidProblem(_("This cannot be done to what was reported."), field="measure")


def _close(actor: Principal, report: Report, upheld: bool, note: str) -> None:
    report.state = Report.State.UPHELD if upheld else Report.State.DISMISSED
    report.decided_by, report.decided_at, report.note = actor.user_id or actor.id, now(), note
    report.save(update_fields=["state", "decided_by", "decided_at", "note", "updated_at"])
    _record("report.upheld" if upheld else "report.dismissed", actor, report)
    tell_reporter(report)


def _locked_report(report: Report) -> Report:
    rows = Report.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("listing__publisher__workspace", "review__user", "user").get(pk=report.pk)


def _record(type: str, actor: Principal, report: Report) -> None:
    """Of the installation: the workspace that is reported does not learn by whom."""
    data = {"name": report.listing.name, "reason": report.reason, "review": report.review_id or ""}
    record_event(type=type, actor=actor, target_kind="report", target=report.id, data=data)


def _needed(note: str) -> str:
    if not note.strip():
        raise InvalidProblem(_("Say why: whoever wrote it reads it."), field="note")
    return note.strip()[:MAX_NOTE]
