"""What the API of assistants and model providers takes and answers. No field ever answers a secret."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assistants.api.schemas import configuration_schema
from assistants.enums import MAX_VALUE_CHARS, MODEL_CLASSES
from assistants.models import Assistant, AssistantVersion, ModelProvider
from assistants.selectors.reach import tool_name
from assistants.services.providers import MAX_KEY, MAX_MODEL
from proxy.api.serializers import NAMES, SafeText


@extend_schema_field(configuration_schema())
class ConfigurationField(serializers.JSONField):
    """Checked by the service, which names the field that is wrong."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Write an object."), code="invalid")
        return data


STEPS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["code", "sentence"],
        "properties": {"code": {"type": "string"}, "sentence": {"type": "string"}, "variable": {"type": "string"}},
    },
}


class AssistantSerializer(serializers.ModelSerializer[Assistant]):
    version = serializers.IntegerField(
        source="deployed.number", default=None, allow_null=True, help_text=_("The version that answers.")
    )
    draft = ConfigurationField(help_text=_("What is edited; people and programs talk to the deployed version."))
    tool = serializers.SerializerMethodField(help_text=_("The tool that hubs offer it as; empty where they do not."))
    filled = serializers.SerializerMethodField(help_text=_("Variables that are filled in; values are never answered."))
    steps = serializers.SerializerMethodField(help_text=_("What it still needs before it runs."))

    class Meta:
        model = Assistant
        fields: ClassVar[list[str]] = [
            "id", "slug", "name", "summary", "letters", "state", "version", "draft", "draft_revision", "filled",
            "steps", "install", "offer_tool", "offer_agent_card", "tool", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_tool(self, assistant: Assistant) -> str:
        return tool_name(assistant) if assistant.offer_tool else ""

    @extend_schema_field(NAMES)
    def get_filled(self, assistant: Assistant) -> list[str]:
        return list(assistant.value_names)

    @extend_schema_field(STEPS)
    def get_steps(self, assistant: Assistant) -> list[dict[str, Any]]:
        return list(assistant.steps)


class AssistantWrite(serializers.Serializer[Assistant]):
    name = SafeText(max_length=80)
    slug = serializers.SlugField(
        max_length=40, required=False, help_text=_("Ends its addresses, never changes. Made from the name.")
    )
    summary = SafeText(max_length=300, required=False, allow_blank=True)
    letters = SafeText(max_length=2, required=False, allow_blank=True)
    configuration = ConfigurationField(required=False, help_text=_("The draft."))


class AssistantChange(serializers.Serializer[Assistant]):
    name = SafeText(max_length=80, required=False)
    summary = SafeText(max_length=300, required=False, allow_blank=True)
    letters = SafeText(max_length=2, required=False, allow_blank=True)
    configuration = ConfigurationField(required=False, help_text=_("Replaces the draft as a whole."))
    revision = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text=_("`draft_revision` of the draft that this one is made from; needed beside `configuration`."),
    )
    offer_tool = serializers.BooleanField(required=False)
    offer_agent_card = serializers.BooleanField(required=False)


class VersionSerializer(serializers.ModelSerializer[AssistantVersion]):
    configuration = ConfigurationField()
    deployed = serializers.SerializerMethodField()

    class Meta:
        model = AssistantVersion
        fields: ClassVar[list[str]] = [
            "id", "number", "configuration", "content_hash", "note", "deployed", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_deployed(self, version: AssistantVersion) -> bool:
        return version.assistant.deployed_id == version.id


class VersionWrite(serializers.Serializer[AssistantVersion]):
    note = SafeText(max_length=500, required=False, allow_blank=True, help_text=_("What changed."))
    revision = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text=_("The draft that is meant; any when left out.")
    )


class DeployWrite(serializers.Serializer[AssistantVersion]):
    version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text=_("Left out: the draft is kept as a version, and that one is deployed."),
    )
    note = SafeText(max_length=500, required=False, allow_blank=True, help_text=_("What changed, for a new version."))


class ValuesWrite(serializers.Serializer[Assistant]):
    values = serializers.DictField(
        child=SafeText(max_length=MAX_VALUE_CHARS, allow_blank=True, allow_null=True, trim_whitespace=False),
        help_text=_("{variable: value}. Null leaves a value as it is, an empty text takes it away."),
    )


class ImportAssistantWrite(serializers.Serializer[Assistant]):
    content = serializers.CharField(
        trim_whitespace=False, help_text=_("The text of the file: JSON, YAML, or Markdown with front matter.")
    )
    filename = SafeText(max_length=200, required=False, allow_blank=True)


class ImportedAssistantSerializer(serializers.Serializer[Any]):
    assistant = AssistantSerializer()
    notes = serializers.ListField(child=serializers.CharField(), help_text=_("What of the file found no place here."))


class ExportSerializer(serializers.Serializer[Any]):
    """Our own file; what another file had left over travels along as `unread`."""

    format = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    letters = serializers.CharField(allow_blank=True)
    configuration = serializers.DictField()
    unread = serializers.DictField(required=False)


CLASSES = {
    "type": "object",
    "properties": {name: {"type": "string", "maxLength": MAX_MODEL} for name in MODEL_CLASSES},
    "additionalProperties": False,
}


@extend_schema_field(CLASSES)
class ClassesField(serializers.DictField):
    child = SafeText(max_length=MAX_MODEL, allow_blank=True)


class ProviderSerializer(serializers.ModelSerializer[ModelProvider]):
    classes = ClassesField(help_text=_("Which model serves which class."))
    offered = serializers.ListField(
        child=serializers.CharField(), help_text=_("What it listed when it was last asked.")
    )

    class Meta:
        model = ModelProvider
        fields: ClassVar[list[str]] = [
            "id", "kind", "name", "base_url", "key_hint", "classes", "offered", "is_default", "state", "problem",
            "checked_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ProviderWrite(serializers.Serializer[ModelProvider]):
    kind = serializers.ChoiceField(choices=ModelProvider.Kind.choices)
    name = SafeText(max_length=80)
    base_url = SafeText(max_length=500, required=False, allow_blank=True, help_text=_("Empty: the provider's own."))
    key = SafeText(max_length=MAX_KEY, required=False, allow_blank=True, help_text=_("Kept sealed, never answered."))
    classes = ClassesField(required=False)
    is_default = serializers.BooleanField(required=False)


class ProviderChange(serializers.Serializer[ModelProvider]):
    name = SafeText(max_length=80, required=False)
    base_url = SafeText(max_length=500, required=False, allow_blank=True)
    key = SafeText(
        max_length=MAX_KEY, required=False, allow_blank=True, help_text=_("Left out, it stays; empty takes it away.")
    )
    classes = ClassesField(required=False)
    is_default = serializers.BooleanField(required=False)


class ProviderTry(serializers.Serializer[ModelProvider]):
    kind = serializers.ChoiceField(choices=ModelProvider.Kind.choices)
    base_url = SafeText(max_length=500, required=False, allow_blank=True)
    key = SafeText(max_length=MAX_KEY, required=False, allow_blank=True)
    model = SafeText(max_length=MAX_MODEL, required=False, allow_blank=True, help_text=_("For one that lists none."))


class CheckedSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    problem = serializers.CharField(help_text=_("For people; empty where all is well."))
    models = serializers.ListField(child=serializers.CharField())
