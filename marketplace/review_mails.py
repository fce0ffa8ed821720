"""Mails about reviews and reports: to whoever wrote one, and to whoever reported something."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.links import absolute
from core.mailer import register_message, send_message
from marketplace.models import Listing, Report, Review


def register_review_messages() -> None:
    register_message("marketplace.review_held", _("Your review of %(name)s is held for a look"))
    register_message("marketplace.review_released", _("Your review of %(name)s is shown again"))
    register_message("marketplace.review_removed", _("Your review of %(name)s was removed"))
    register_message("marketplace.report_upheld", _("Your report on %(name)s was upheld"))
    register_message("marketplace.report_dismissed", _("Your report on %(name)s was looked at"))


def tell_reviewer(kind: str, review: Review, note: str) -> bool:
    """Was there somebody to tell? People who left have no address."""
    user = review.user
    if user is None or not user.is_active:
        return False
    send_message(kind=f"marketplace.{kind}", to=user.email, context=_context(review.listing, note))
    return True


def tell_reporter(report: Report) -> bool:
    user = report.user
    if user is None or not user.is_active:
        return False
    context = _context(report.listing, report.note) | {"about_review": report.review_id is not None}
    send_message(kind=f"marketplace.report_{report.state}", to=user.email, context=context)
    return True


def _context(listing: Listing, note: str) -> dict[str, object]:
    url = absolute(reverse("marketplace:entry", args=[listing.slug])) if listing.state in Listing.SHOWN else ""
    return {"name": listing.name, "note": note, "url": url}
