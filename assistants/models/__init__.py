"""Assistants, their versions, conversations, runs, and the model providers of a workspace."""

from assistants.models.assistants import Assistant, AssistantVersion
from assistants.models.conversations import Conversation, Message, Run
from assistants.models.providers import ModelProvider

__all__ = ["Assistant", "AssistantVersion", "Conversation", "Message", "ModelProvider", "Run"]
