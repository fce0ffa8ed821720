"""Routes of assistants and model providers below /api/v1/."""

from __future__ import annotations

from assistants.api.assistants import AssistantApi
from assistants.api.providers import ModelProviderApi
from core.api.base import ApiRouter

router = ApiRouter()
router.register("workspaces/<slug:workspace>/assistants", AssistantApi, "api-assistant")
router.register("workspaces/<slug:workspace>/model-providers", ModelProviderApi, "api-model-provider")

urlpatterns = router.urls
