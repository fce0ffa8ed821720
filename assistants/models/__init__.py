"""Assistants, their versions, conversations, runs, the model providers of a workspace, and who pays for trials."""

from assistants.models.assistants import Assistant, AssistantVersion
from assistants.models.conversations import Conversation, Message, Run
from assistants.models.providers import ModelProvider
from assistants.models.sponsoring import Sponsorship

__all__ = ["Assistant", "AssistantVersion", "Conversation", "Message", "ModelProvider", "Run", "Sponsorship"]
