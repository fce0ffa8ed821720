"""Routes of reviews and reports, joined in marketplace.urls."""

from __future__ import annotations

from django.urls import path

from marketplace.views import reports, reviews

ONE = "marketplace/<slug:slug>/"

review_urls = [
    path(f"{ONE}review/", reviews.review_page, name="review"),
    path(f"{ONE}report/", reviews.report_page, name="report"),
    path(f"{ONE}reviews/<str:id>/reply/", reviews.reply_page, name="review-reply"),
    path(f"{ONE}reviews/<str:id>/helpful/", reviews.helpful, name="review-helpful"),
    path(f"{ONE}reviews/<str:id>/withdraw/", reviews.withdraw, name="review-withdraw"),
    path("operator/moderation/reports/<str:id>/", reports.report, name="moderation-report"),
    path("operator/moderation/reviews/<str:id>/", reports.review, name="moderation-review"),
]
