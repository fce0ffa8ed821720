"""Pages of assistants and model providers."""

from __future__ import annotations

from django.urls import path

from assistants.views import (
    agents,
    assistants,
    chat,
    conversations,
    edit,
    making,
    providers,
    settings,
    stream,
    trial,
    versions,
)

app_name = "assistants"

LIST = "w/<slug:workspace>/assistants/"
ONE = f"{LIST}<slug:slug>/"
CHAT = f"{ONE}chat/"
TALK = f"{CHAT}<str:conversation>/"
TRY = "try/<str:token>/"
MODELS = "w/<slug:workspace>/models/"

AGENT = "a2a/<slug:workspace>/<slug:slug>"

urlpatterns = [
    path(AGENT, agents.agent, name="agent"),
    path(f"{AGENT}/.well-known/agent-card.json", agents.card, name="agent-card"),
    path(LIST, assistants.list_assistants, name="list"),
    path(f"{LIST}new/", making.new_assistant, name="new"),
    path(ONE, assistants.show_assistant, name="detail"),
    path(f"{ONE}pause/", assistants.pause, name="pause"),
    path(f"{ONE}delete/", assistants.delete, name="delete"),
    path(f"{ONE}edit/", edit.edit_assistant, name="edit"),
    path(f"{ONE}edit/preview/", edit.preview, name="edit-preview"),
    path(f"{ONE}edit/tools/", edit.pick_tools, name="edit-tools"),
    path(f"{ONE}versions/", versions.list_versions, name="versions"),
    path(f"{ONE}versions/<int:number>/", versions.show_version, name="version"),
    path(f"{ONE}versions/<int:number>/deploy/", versions.deploy, name="deploy"),
    path(f"{ONE}settings/", settings.assistant_settings, name="settings"),
    path(f"{ONE}settings/export/", settings.export, name="export"),
    path(CHAT, chat.chat, name="chat"),
    path(TALK, chat.conversation, name="conversation"),
    path(f"{TALK}stream/", stream.stream, name="conversation-stream"),
    path(f"{TALK}stop/", chat.stop, name="conversation-stop"),
    path(f"{TALK}answer/", chat.answer, name="conversation-answer"),
    path(f"{TALK}rename/", conversations.rename, name="conversation-rename"),
    path(f"{TALK}delete/", conversations.delete, name="conversation-delete"),
    path(f"{TALK}export/", conversations.export, name="conversation-export"),
    path(TRY, trial.trial, name="trial"),
    path(f"{TRY}stream/", trial.stream, name="trial-stream"),
    path(f"{TRY}stop/", trial.stop, name="trial-stop"),
    path(f"{TRY}answer/", trial.answer, name="trial-answer"),
    path(f"{TRY}again/", trial.again, name="trial-again"),
    path(MODELS, providers.list_providers, name="models"),
    path(f"{MODELS}connect/", providers.connect_provider, name="model-connect"),
    path(f"{MODELS}<str:id>/", providers.show_provider, name="model"),
    path(f"{MODELS}<str:id>/test/", providers.test_provider, name="model-test"),
    path(f"{MODELS}<str:id>/remove/", providers.remove_provider, name="model-remove"),
]
