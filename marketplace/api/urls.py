"""Routes of the marketplace below /api/v1/."""

from __future__ import annotations

from core.api.base import ApiRouter
from marketplace.api.imports import ImportApi
from marketplace.api.installs import InstallApi
from marketplace.api.listings import ListedApi
from marketplace.api.moderation import ListingModerationApi, VersionQueueApi
from marketplace.api.publishing import ListingApi, PublisherApi

router = ApiRouter()
router.register("listings", ListedApi, "api-listing")
router.register("workspaces/<slug:workspace>/installs", InstallApi, "api-install")
router.register("workspaces/<slug:workspace>/publishers", PublisherApi, "api-publisher")
router.register("workspaces/<slug:workspace>/listings", ListingApi, "api-own-listing")
router.register("moderation/versions", VersionQueueApi, "api-moderation-version")
router.register("moderation/listings", ListingModerationApi, "api-moderation-listing")
router.register("imports", ImportApi, "api-import")

urlpatterns = router.urls
