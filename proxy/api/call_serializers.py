"""What the API of calls and runs takes and answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.json_values import shown_json
from proxy.api.serializers import SafeText
from proxy.models import Call, CallJob
from proxy.selectors.calls import OUTCOMES, Payload
from proxy.services.calls import opened_result


class CallQuery(serializers.Serializer[Any]):
    """Filters of the list of calls."""

    hub = SafeText(required=False, help_text=_("Id of a hub."))
    server = SafeText(required=False, help_text=_("Id of a server."))
    outcome = serializers.ChoiceField(
        choices=[*OUTCOMES, "ok", "bad"], required=False, help_text=_("`ok` and `bad` are groups.")
    )
    user = SafeText(required=False, help_text=_("Id of a person."))
    key = SafeText(required=False, help_text=_("Id of a key."))
    client = SafeText(required=False, help_text=_("Name of the client program."))
    method = SafeText(required=False, help_text=_("`tools/call`, `tools/list`, …"))
    tool = SafeText(required=False, max_length=200, help_text=_("Part of the tool's name."))
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class CallSerializer(serializers.ModelSerializer[Call]):
    stages = serializers.DictField(child=serializers.IntegerField(), help_text=_("Microseconds by stage."))
    duration_us = serializers.IntegerField(help_text=_("Microseconds, all in all."))
    outcome = serializers.ChoiceField(choices=list(OUTCOMES))

    class Meta:
        model = Call
        fields: ClassVar[list[str]] = [
            "id", "hub", "server", "method", "name", "outcome", "error_code", "error", "principal", "user", "key",
            "client_name", "client_version", "protocol", "started_at", "duration_us", "stages", "request_bytes",
            "reply_bytes", "request_id",
        ]  # fmt: skip
        read_only_fields = fields


class PayloadSerializer(serializers.Serializer[Payload]):
    arguments = serializers.SerializerMethodField(help_text=_("null where they were not kept."))
    result = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.ANY)
    def get_arguments(self, payload: Payload) -> Any:
        return _value(payload.arguments)

    @extend_schema_field(OpenApiTypes.ANY)
    def get_result(self, payload: Payload) -> Any:
        return _value(payload.result)


class RunWrite(serializers.Serializer[CallJob]):
    hub = SafeText(
        max_length=40, required=False, help_text=_("Id or short name of the hub; of the key's when left out.")
    )
    tool = SafeText(max_length=2000, help_text=_("As clients of the hub see it."))
    arguments = serializers.DictField(required=False)
    webhook_url = serializers.URLField(
        max_length=2000, required=False, help_text=_("Gets `call.finished` with the result, signed.")
    )


class RunSerializer(serializers.ModelSerializer[CallJob]):
    result = serializers.SerializerMethodField(help_text=_("The tool's result as MCP has it; null until it is done."))
    state = serializers.ChoiceField(choices=CallJob.State.choices)

    class Meta:
        model = CallJob
        fields: ClassVar[list[str]] = [
            "id", "hub", "tool", "state", "call", "result", "error", "webhook_url", "created_at", "started_at",
            "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_result(self, job: CallJob) -> Any:
        return opened_result(job)


def _value(text: str | None) -> Any:
    """Recorded JSON as a value; what was cut off by its size stays text."""
    if text is None:
        return None
    try:
        return shown_json(text)
    except ValueError:
        return text
