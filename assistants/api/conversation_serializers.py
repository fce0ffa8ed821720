"""What the API of conversations takes and answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assistants.api.run_serializers import MOST_WAIT_S
from assistants.models import Conversation, Message, Run
from assistants.services.saying import MOST_TEXT
from proxy.api.serializers import SafeText

PARTS = {
    "type": "array",
    "description": "`kind` is text, input, choice, tool_call, tool_result, ask, suggest, notice, output or error.",
    "items": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
}
OBJECT = {"type": "object"}


@extend_schema_field(OBJECT)
class ObjectField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Write an object."), code="invalid")
        return data


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    assistant = serializers.CharField(source="assistant_id")
    run = serializers.SerializerMethodField(help_text=_("The run that answers now, or asks something; else null."))

    class Meta:
        model = Conversation
        fields: ClassVar[list[str]] = ["id", "assistant", "title", "channel", "run", "last_at", "created_at"]
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"]})
    def get_run(self, conversation: Conversation) -> str | None:
        open_runs = [run for run in conversation.runs.all() if run.state in (*Run.LIVE, Run.State.ASKING)]
        return open_runs[0].id if open_runs else None


class MessageSerializer(serializers.ModelSerializer[Message]):
    parts = serializers.SerializerMethodField()
    run = serializers.CharField(help_text=_("The run that it began, or that made it."))

    class Meta:
        model = Message
        fields: ClassVar[list[str]] = ["id", "position", "role", "parts", "run", "created_at"]
        read_only_fields = fields

    @extend_schema_field(PARTS)
    def get_parts(self, message: Message) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = message.parts
        return found


class WholeConversationSerializer(ConversationSerializer):
    messages = serializers.SerializerMethodField(help_text=_("The last hundred, in their order."))

    class Meta(ConversationSerializer.Meta):
        fields: ClassVar[list[str]] = [*ConversationSerializer.Meta.fields, "messages"]

    @extend_schema_field(MessageSerializer(many=True))
    def get_messages(self, conversation: Conversation) -> Any:
        rows = list(conversation.messages.order_by("-position")[:100])
        return MessageSerializer(rows[::-1], many=True).data


class ConversationWrite(serializers.Serializer[Any]):
    assistant = serializers.CharField(max_length=40, help_text=_("An assistant's id or short name."))
    title = SafeText(max_length=120, required=False, allow_blank=True)


class ConversationChange(serializers.Serializer[Any]):
    title = SafeText(max_length=120, allow_blank=True, help_text=_("Empty: the beginning of the first message."))


class MessageWrite(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=MOST_TEXT, required=False, allow_blank=True, default="")
    tool = serializers.CharField(
        max_length=128, required=False, default="", help_text=_("A tool that the offline model suggested.")
    )
    input = ObjectField(required=False, help_text=_("For an assistant that has an input schema."))


class AskWrite(serializers.Serializer[Any]):
    ask = serializers.CharField(max_length=40)
    decision = serializers.ChoiceField(["confirm", "deny", "fill"])
    arguments = ObjectField(required=False, help_text=_("With `fill`: what was missing."))


class WaitQuery(serializers.Serializer[Any]):
    wait = serializers.IntegerField(min_value=0, max_value=MOST_WAIT_S, default=0)
