"""What reviews make known: their events, mails, the parts of a listing's page, and the operator's queues."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.events import register_event
from marketplace.listing_parts import register_part
from marketplace.moderation_queue import MOST, Section, register_section
from marketplace.review_mails import register_review_messages
from marketplace.selectors.reviews import held_reviews, open_reports, report_part, reviews_part


def register_reviews() -> None:
    """Called once, in AppConfig.ready."""
    register_review_messages()
    _register_events()
    register_part("reviews", reviews_part)
    register_part("report", report_part)
    register_section(
        Section(
            "reports", _("Reports"), "marketplace/moderation_reports.html",
            lambda request: list(open_reports()[:MOST]), lambda: open_reports().count(), 15,
        )
    )  # fmt: skip
    register_section(
        Section(
            "reviews", _("Reviews held back"), "marketplace/moderation_reviews.html",
            lambda request: list(held_reviews()[:MOST]), lambda: held_reviews().count(), 40,
        )
    )  # fmt: skip


def _register_events() -> None:
    register_event("review.written", _("%(actor)s reviewed %(name)s with %(stars)s stars"))
    register_event("review.edited", _("%(actor)s changed the review of %(name)s to %(stars)s stars"))
    register_event("review.withdrawn", _("%(actor)s withdrew the review of %(name)s"))
    register_event("review.replied", _("%(actor)s answered a review of %(name)s"))
    register_event("review.voted", _("%(actor)s voted on a review of %(name)s"), webhook=False)
    register_event("review.held", _("%(actor)s holds the review of %(name)s for a look"))
    register_event("review.released", _("%(actor)s shows the review of %(name)s again"))
    register_event("review.removed", _("%(actor)s removed the review of %(name)s"))
    register_event("report.sent", _("%(actor)s reported %(name)s: %(reason)s"), webhook=False)
    register_event("report.upheld", _("%(actor)s upheld a report on %(name)s"), webhook=False)
    register_event("report.dismissed", _("%(actor)s dismissed a report on %(name)s"), webhook=False)
