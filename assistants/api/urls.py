"""Routes of assistants and model providers below /api/v1/."""

from __future__ import annotations

from assistants.api.assistants import AssistantApi
from assistants.api.conversations import ConversationApi
from assistants.api.providers import ModelProviderApi
from assistants.api.runs import AssistantRunApi
from core.api.base import ApiRouter

router = ApiRouter()
router.register("workspaces/<slug:workspace>/assistants", AssistantApi, "api-assistant")
router.register("workspaces/<slug:workspace>/assistants/<str:assistant>/runs", AssistantRunApi, "api-assistant-run")
router.register("workspaces/<slug:workspace>/conversations", ConversationApi, "api-conversation")
router.register("workspaces/<slug:workspace>/model-providers", ModelProviderApi, "api-model-provider")

urlpatterns = router.urls
