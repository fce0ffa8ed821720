"""What the API of installs takes and answers. No field ever answers a value that was filled in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.models import Install
from marketplace.services.updating import Difference, is_dismissed, update_of

STEPS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["code", "sentence"],
        "properties": {
            "code": {"type": "string", "description": "server, asking, broken, hub, tool, value or model."},
            "sentence": {"type": "string"},
            "url": {"type": "string", "description": "The page where it is mended."},
        },
    },
}
SENTENCES = {"type": "array", "items": {"type": "string"}}


class InstallSerializer(serializers.ModelSerializer[Install]):
    listing = serializers.CharField(source="listing.slug", help_text=_("Short name of the listing."))
    name = serializers.CharField(source="listing.name")
    kind = serializers.CharField(source="listing.kind", help_text=_("server or assistant."))
    version = serializers.CharField(source="version.version", help_text=_("Pinned until an update is taken."))
    update = serializers.SerializerMethodField(  # type: ignore[assignment]  # the field of an answer, not the method
        help_text=_("The version that can be taken; empty without one.")
    )
    dismissed = serializers.SerializerMethodField(help_text=_("Whether somebody said that this update is not wanted."))
    steps = serializers.SerializerMethodField(help_text=_("What is unmet."))
    server = serializers.CharField(source="server_id", allow_null=True)
    assistant = serializers.CharField(source="assistant_id", allow_null=True)
    tools = serializers.SerializerMethodField(help_text=_("Which tool of a hub stands for each that it needs."))

    class Meta:
        model = Install
        fields: ClassVar[list[str]] = [
            "id", "listing", "name", "kind", "version", "state", "steps", "update", "dismissed", "server", "assistant",
            "tools", "installed_by", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_update(self, install: Install) -> str:
        newest = update_of(install)
        return newest.version if newest else ""

    def get_dismissed(self, install: Install) -> bool:
        return is_dismissed(install)

    @extend_schema_field(STEPS)
    def get_steps(self, install: Install) -> list[dict[str, Any]]:
        return list(install.steps)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "object"}})
    def get_tools(self, install: Install) -> dict[str, Any]:
        return dict(install.mapping.get("tools", {}))


class PlanWrite(serializers.Serializer[Any]):
    listing = serializers.SlugField(max_length=80, help_text=_("Its short name, as in its address."))
    version = serializers.CharField(
        max_length=60, required=False, help_text=_("Such as 1.2.0; the current one unless said.")
    )
    way = serializers.IntegerField(
        min_value=0, max_value=999, required=False,
        help_text=_("Which of a server's ways to reach it; the first that may run here unless said."),
    )  # fmt: skip


class InstallWrite(PlanWrite):
    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=8_000), required=False,
        help_text=_("By variable; those of a server that is installed along by `listing.variable`. Kept sealed."),
    )  # fmt: skip
    hub = serializers.CharField(
        max_length=40, required=False, allow_blank=True,
        help_text=_("Where servers are put: a hub's short name or id, `new`, or empty for none."),
    )  # fmt: skip
    servers = serializers.DictField(
        child=serializers.CharField(max_length=80), required=False,
        help_text=_("What stands for each needed listing: a server's id, `install` or `skip`."),
    )  # fmt: skip
    model = serializers.DictField(
        child=serializers.CharField(max_length=120), required=False,
        help_text=_("`provider` and `name`; the workspace's default unless said."),
    )  # fmt: skip


class UpdateWrite(serializers.Serializer[Any]):
    version = serializers.CharField(max_length=60)
    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=8_000), required=False,
        help_text=_("What the new version asks for; what is left out stays."),
    )  # fmt: skip


class NeedSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text=_("server, program, policy, key, value, sign_in, model or other."))
    label = serializers.CharField()  # type: ignore[assignment]  # the field of an answer, not that of a form
    state = serializers.CharField(help_text=_("there, added, fill, optional or missing."))
    sentence = serializers.CharField()
    url = serializers.CharField()


class SaidSerializer(serializers.Serializer[Any]):
    may = serializers.ListField(child=serializers.CharField())
    asks = serializers.ListField(child=serializers.CharField())
    cannot = serializers.ListField(child=serializers.CharField())
    needs = serializers.ListField(child=serializers.CharField())


class PlanSerializer(serializers.Serializer[Any]):
    listing = serializers.CharField(source="listing.slug")
    version = serializers.CharField(source="version.version")
    way = serializers.IntegerField()
    refusal = serializers.CharField(help_text=_("Why it cannot be installed; empty when it can."))
    warnings = serializers.ListField(child=serializers.CharField())
    permissions = SaidSerializer(source="said")
    needs = NeedSerializer(many=True)
    ready = serializers.BooleanField(help_text=_("Whether nothing is missing but what is filled in."))
    installed = serializers.CharField(source="installed.id", default="", help_text=_("The install that is there."))


class DifferenceSerializer(serializers.Serializer[Difference]):
    before = serializers.CharField(source="before.version")
    after = serializers.CharField(source="after.version")
    widened = serializers.ListField(
        child=serializers.CharField(), help_text=_("What it may do more than before, in plain words.")
    )
    notes = serializers.SerializerMethodField(help_text=_("What changed, by version, the newest first."))
    changes = serializers.SerializerMethodField(help_text=_("Texts that differ."))
    edited = serializers.BooleanField(help_text=_("Your own instructions would be replaced."))

    @extend_schema_field({"type": "array", "items": {"type": "object"}})
    def get_notes(self, found: Difference) -> list[dict[str, str]]:
        return [{"version": version, "notes": notes} for version, notes in found.notes]

    @extend_schema_field({"type": "array", "items": {"type": "object"}})
    def get_changes(self, found: Difference) -> list[dict[str, str]]:
        return [{"what": what, "before": before, "after": after} for what, before, after in found.texts]
