"""Routes of the marketplace below /api/v1/."""

from __future__ import annotations

from django.urls import path

from core.api.base import ApiRouter
from marketplace.api.collection_moderation import CollectionModerationApi
from marketplace.api.collections import CollectionApi, CollectionEntryApi
from marketplace.api.comparing import CompareApi
from marketplace.api.creators import ListingStatisticsApi, PublisherStatisticsApi
from marketplace.api.evidence import EvidenceApi, ProbeApi
from marketplace.api.following import FollowingApi, PublicPublisherApi
from marketplace.api.imports import ImportApi
from marketplace.api.installs import InstallApi
from marketplace.api.listings import ListedApi
from marketplace.api.moderation import ListingModerationApi, VersionQueueApi
from marketplace.api.own_listings import ListingApi
from marketplace.api.pictures import PictureQueueApi
from marketplace.api.publishers import PublisherApi
from marketplace.api.reports import ReportQueueApi, ReviewModerationApi
from marketplace.api.reviews import ListingReportApi, ListingReviewApi, ReviewApi
from marketplace.api.sponsoring import TrialTermsApi

router = ApiRouter()
router.register("listings", ListedApi, "api-listing")
router.register("listings/<slug:slug>/reviews", ListingReviewApi, "api-listing-review")
router.register("listings/<slug:slug>/reports", ListingReportApi, "api-listing-report")
router.register("reviews", ReviewApi, "api-review")
router.register("moderation/reports", ReportQueueApi, "api-moderation-report")
router.register("moderation/reviews", ReviewModerationApi, "api-moderation-review")
router.register("workspaces/<slug:workspace>/installs", InstallApi, "api-install")
router.register("workspaces/<slug:workspace>/publishers", PublisherApi, "api-publisher")
router.register("workspaces/<slug:workspace>/listings", ListingApi, "api-own-listing")
router.register(
    "workspaces/<slug:workspace>/publishers/<str:publisher>/statistics",
    PublisherStatisticsApi,
    "api-publisher-statistics",
)
router.register(
    "workspaces/<slug:workspace>/listings/<str:listing>/statistics", ListingStatisticsApi, "api-listing-statistics"
)
router.register("moderation/versions", VersionQueueApi, "api-moderation-version")
router.register("moderation/pictures", PictureQueueApi, "api-moderation-picture")
router.register("moderation/listings", ListingModerationApi, "api-moderation-listing")
router.register("imports", ImportApi, "api-import")
router.register("collections", CollectionApi, "api-collection")
router.register("collections/<str:id>/entries", CollectionEntryApi, "api-collection-entry")
router.register("moderation/collections", CollectionModerationApi, "api-moderation-collection")
router.register("publishers", PublicPublisherApi, "api-public-publisher")
router.register("following", FollowingApi, "api-following")

urlpatterns = [
    path("listings/compare", CompareApi.as_view(), name="api-listing-compare"),
    path(
        "workspaces/<slug:workspace>/listings/<str:id>/trials",
        TrialTermsApi.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="api-own-listing-trials",
    ),
    path("listings/<slug:slug>/evidence", EvidenceApi.as_view(), name="api-listing-evidence"),
    path("listings/<slug:slug>/probe", ProbeApi.as_view(), name="api-listing-probe"),
    *router.urls,
]
