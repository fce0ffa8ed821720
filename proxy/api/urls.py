"""Routes of servers, tools, hubs and calls below /api/v1/."""

from __future__ import annotations

from core.api.base import ApiRouter
from proxy.api.calls import CallApi, RunApi, WorkspaceRunApi
from proxy.api.hubs import HubApi
from proxy.api.servers import ServerApi
from proxy.api.tools import ToolApi
from proxy.api.usage import UsageApi

router = ApiRouter()
router.register("workspaces/<slug:workspace>/servers", ServerApi, "api-server")
router.register("workspaces/<slug:workspace>/tools", ToolApi, "api-tool")
router.register("workspaces/<slug:workspace>/hubs", HubApi, "api-hub")
router.register("workspaces/<slug:workspace>/calls", CallApi, "api-call")
router.register("workspaces/<slug:workspace>/runs", WorkspaceRunApi, "api-workspace-run")
router.register("workspaces/<slug:workspace>/usage", UsageApi, "api-usage")
router.register("calls", RunApi, "api-run")

urlpatterns = router.urls
