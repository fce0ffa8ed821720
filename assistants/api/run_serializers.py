"""What the API of runs takes and answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assistants.answers import Answer
from assistants.models import Run
from assistants.selectors.answers import answers_of
from assistants.services.saying import MOST_TEXT
from proxy.api.serializers import NAMES

MOST_WAIT_S = 60
USUAL_WAIT_S = 20
ASKED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "why", "name", "arguments", "missing"],
        "properties": {
            "id": {"type": "string"},
            "why": {"enum": ["confirm", "fill"]},
            "name": {"type": "string"},
            "arguments": {"type": "object"},
            "missing": {"type": "array", "items": {"type": "string"}},
        },
    },
}


@extend_schema_field({"anyOf": [{"type": "string", "maxLength": MOST_TEXT}, {"type": "object"}]})
class InputField(serializers.JSONField):
    """A text, or the structured input of an assistant that has a schema for it."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, (str, dict)):
            raise serializers.ValidationError(_("Write a text or an object."), code="invalid")
        return data


@extend_schema_field({"type": "object", "additionalProperties": {"type": ["string", "number"]}})
class VariablesField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Write an object of names and values."), code="invalid")
        return data


class AssistantRunWrite(serializers.Serializer[Any]):
    input = InputField(help_text=_("What to say, or an object that its input schema allows."))
    variables = VariablesField(required=False, help_text=_("Values of its variables that nobody filled in for all."))
    conversation = serializers.CharField(
        max_length=40, required=False, help_text=_("Go on with this conversation; a new one begins without it.")
    )
    wait = serializers.IntegerField(
        min_value=0,
        max_value=MOST_WAIT_S,
        default=USUAL_WAIT_S,
        help_text=_("Seconds to wait for the answer; after them the run is answered as it is, with 202."),
    )


class AssistantRunSerializer(serializers.ModelSerializer[Run]):
    """One answer of an assistant, in the making or ended."""

    conversation = serializers.CharField(source="conversation_id")
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    answer = serializers.SerializerMethodField(help_text=_("What it said so far."))
    notices = serializers.SerializerMethodField(
        help_text=_("What is to be known of it, such as that no model answered.")
    )
    output = serializers.SerializerMethodField(help_text=_("The structured answer of one that has an output schema."))
    asks = serializers.SerializerMethodField(help_text=_("What it waits for in the state `asking`."))

    class Meta:
        model = Run
        fields: ClassVar[list[str]] = [
            "id", "conversation", "state", "answer", "notices", "output", "asks", "error_kind", "error", "model",
            "version", "steps", "tool_calls", "tokens_in", "tokens_out", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_answer(self, run: Run) -> str:
        return self._answer(run).said

    @extend_schema_field(NAMES)
    def get_notices(self, run: Run) -> list[str]:
        return self._answer(run).notices

    @extend_schema_field({})
    def get_output(self, run: Run) -> Any:
        return self._answer(run).structured

    @extend_schema_field(ASKED)
    def get_asks(self, run: Run) -> list[dict[str, Any]]:
        names = ("id", "why", "name", "arguments", "missing")
        asks = self._answer(run).asks if run.state == Run.State.ASKING else ()
        return [{name: ask.get(name) for name in names} for ask in asks]

    @cached_property
    def _kept(self) -> dict[str, Answer]:
        """One page of runs needs one query for all of their answers."""
        return {}

    def _answer(self, run: Run) -> Answer:
        kept = self._kept
        if run.id not in kept:
            shown = self.instance if isinstance(self.instance, list) else [run]
            many = getattr(self.parent, "instance", None)
            kept.update(answers_of(many if isinstance(many, list) else shown))
        return kept[run.id]
