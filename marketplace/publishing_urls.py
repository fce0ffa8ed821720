"""Routes of publishing and moderation, joined in marketplace.urls."""

from __future__ import annotations

from django.urls import path

from marketplace.views import (
    creators,
    moderation,
    picture_moderation,
    pictures,
    publish,
    publish_editor,
    publish_listing,
    publish_pictures,
    sponsoring,
)

ROOT = "w/<slug:workspace>/publish/"
ONE = f"{ROOT}<slug:slug>/"
BY = f"{ROOT}publishers/<slug:slug>/"

publishing_urls = [
    path("marketplace/pictures/<str:id>.webp", pictures.picture, name="picture"),
    path(ROOT, publish.publish, name="publish"),
    path(f"{ROOT}new/", publish.new_listing, name="publish-new"),
    path(BY, publish.publisher_page, name="publish-publisher"),
    path(f"{BY}statistics/", creators.publisher_statistics_page, name="publisher-statistics"),
    path(f"{BY}statistics.csv", creators.publisher_statistics_export, name="publisher-statistics-export"),
    path(f"{ROOT}claims/<str:id>/check/", publish.claim_check, name="publish-claim-check"),
    path(ONE, publish_listing.show, name="publish-listing"),
    path(f"{ONE}edit/", publish_editor.edit, name="publish-edit"),
    path(f"{ONE}edit/preview/", publish_editor.preview, name="publish-preview"),
    path(f"{ONE}change/", publish_listing.change, name="publish-change"),
    path(f"{ONE}trials/", sponsoring.trials, name="publish-trials"),
    path(f"{ONE}pictures/", publish_pictures.pictures, name="publish-pictures"),
    path(f"{ONE}statistics/", creators.listing_statistics_page, name="listing-statistics"),
    path(f"{ONE}statistics.csv", creators.listing_statistics_export, name="listing-statistics-export"),
    path(f"{ONE}versions/<str:version>/", publish_listing.version, name="publish-version"),
    path(f"{ONE}versions/<str:version>/withdraw/", publish_listing.withdraw, name="publish-withdraw"),
    path("operator/moderation/", moderation.queue, name="moderation"),
    path("operator/moderation/versions/<str:id>/", moderation.decide, name="moderation-version"),
    path("operator/moderation/pictures/<str:id>/", picture_moderation.decide, name="moderation-picture"),
    path("operator/moderation/listings/<str:id>/", moderation.listing, name="moderation-listing"),
    path("operator/curation/", moderation.curation, name="curation"),
    path("operator/curation/change/", moderation.curate, name="curate"),
]
