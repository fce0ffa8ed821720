"""Pages of people, workspaces and keys."""

from __future__ import annotations

from django.urls import include, path

from accounts.views import keys, operator, people, webhooks, workspaces

app_name = "accounts"

_workspace = [
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.key_new, name="key_new"),
    path("keys/<str:id>/", keys.key, name="key"),
    path("keys/<str:id>/revoke/", keys.key_revoke, name="key_revoke"),
    path("settings/", workspaces.workspace_settings, name="settings"),
    path("settings/members/", workspaces.member_add, name="member_add"),
    path("settings/members/<str:id>/role/", workspaces.member_role, name="member_role"),
    path("settings/members/<str:id>/remove/", workspaces.member_remove, name="member_remove"),
    path("leave/", workspaces.leave, name="leave"),
    path("webhooks/", webhooks.endpoints, name="webhooks"),
    path("webhooks/new/", webhooks.endpoint_new, name="webhook_new"),
    path("webhooks/single/", webhooks.single_deliveries, name="webhook_single"),
    path("webhooks/single/secret/", webhooks.single_secret, name="webhook_single_secret"),
    path("webhooks/deliveries/<str:id>/replay/", webhooks.replay, name="webhook_replay"),
    path("webhooks/<str:id>/", webhooks.endpoint, name="webhook"),
    path("webhooks/<str:id>/rotate/", webhooks.endpoint_rotate, name="webhook_rotate"),
    path("webhooks/<str:id>/test/", webhooks.endpoint_test, name="webhook_test"),
    path("webhooks/<str:id>/delete/", webhooks.endpoint_delete, name="webhook_delete"),
]

urlpatterns = [
    path("setup/<str:token>/", people.setup, name="setup"),
    path("demo/", people.demo, name="demo"),
    path("enter/", people.enter, name="enter"),
    path("me/", people.me, name="me"),
    path("me/sessions/others/end/", people.sessions_end_others, name="sessions_end_others"),
    path("me/sessions/<str:id>/end/", people.session_end, name="session_end"),
    path("workspaces/new/", workspaces.workspace_new, name="workspace_new"),
    path("operator/workspaces/", operator.workspaces, name="operator_workspaces"),
    path("w/<slug:workspace>/", include(_workspace)),
]
