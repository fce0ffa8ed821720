"""Routes of accounts below /api/v1/."""

from __future__ import annotations

from accounts.api.views import KeyApi, MemberApi, WorkspaceApi
from accounts.api.webhooks import DeliveryApi, WebhookApi
from core.api.base import ApiRouter

router = ApiRouter()
router.register("workspaces", WorkspaceApi, "api-workspace")
router.register("workspaces/<slug:workspace>/members", MemberApi, "api-member")
router.register("workspaces/<slug:workspace>/keys", KeyApi, "api-key")
router.register("workspaces/<slug:workspace>/webhooks", WebhookApi, "api-webhook")
router.register("workspaces/<slug:workspace>/deliveries", DeliveryApi, "api-delivery")

urlpatterns = router.urls
