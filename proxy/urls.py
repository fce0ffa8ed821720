"""Pages of a workspace: overview, servers, tools, hubs, calls."""

from __future__ import annotations

from django.urls import path

from proxy.views import calls, connect, hub_edit, hubs, overview, servers, tools, usage

app_name = "proxy"

CALLS = "w/<slug:workspace>/calls/"
SERVERS = "w/<slug:workspace>/servers/"
SERVER = f"{SERVERS}<slug:slug>/"
HUBS = "w/<slug:workspace>/hubs/"
HUB = f"{HUBS}<slug:slug>/"

urlpatterns = [
    path("w/<slug:workspace>/", overview.show_overview, name="overview"),
    path(SERVERS, servers.list_servers, name="servers"),
    path("w/<slug:workspace>/connect/", connect.connect_server, name="server-connect"),
    path("w/<slug:workspace>/connect/paste/", connect.paste_config, name="server-paste"),
    path(SERVER, servers.show_server, name="server"),
    path(f"{SERVER}change/", servers.edit_server, name="server-edit"),
    path(f"{SERVER}pause/", servers.pause, name="server-pause"),
    path(f"{SERVER}ask/", servers.rediscover, name="server-rediscover"),
    path(f"{SERVER}delete/", servers.delete, name="server-delete"),
    path("w/<slug:workspace>/tools/", tools.list_tools, name="tools"),
    path("w/<slug:workspace>/tools/<str:feature>/", tools.show_tool, name="tool"),
    path(CALLS, calls.list_calls, name="calls"),
    path(f"{CALLS}live/", calls.live_calls, name="calls-live"),
    path(f"{CALLS}<str:call>/", calls.show_call, name="call"),
    path("w/<slug:workspace>/usage/", usage.show_usage, name="usage"),
    path("w/<slug:workspace>/usage/calls.csv", usage.export_usage, name="usage-export"),
    path(HUBS, hubs.list_hubs, name="hubs"),
    path("w/<slug:workspace>/new-hub/", hub_edit.new_hub, name="hub-new"),
    path(HUB, hubs.show_hub, name="hub"),
    path(f"{HUB}picture/", hubs.hub_picture, name="hub-picture"),
    path(f"{HUB}tools/", hubs.hub_tools, name="hub-tools"),
    path(f"{HUB}servers/", hub_edit.hub_servers, name="hub-servers"),
    path(f"{HUB}servers/<slug:server>/", hub_edit.hub_server, name="hub-server"),
    path(f"{HUB}settings/", hub_edit.hub_settings, name="hub-settings"),
    path(f"{HUB}pause/", hub_edit.pause, name="hub-pause"),
    path(f"{HUB}delete/", hub_edit.delete, name="hub-delete"),
]
