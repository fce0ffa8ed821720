"""What the API of servers, tools and hubs takes and answers. No field ever answers a secret."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from proxy.enums import CONNECTABLE, MAX_ARG_CHARS, MAX_ARGS, MAX_TIMEOUT_MS, MAX_VALUE_CHARS, MIN_TIMEOUT_MS
from proxy.models import Feature, Hub, HubServer, Server
from proxy.selectors.hubs import hub_url

NAMES = {"type": "array", "items": {"type": "string"}}


class SafeText(serializers.CharField):
    """Text without NUL, which Postgres cannot hold."""

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if "\0" in value:
            raise serializers.ValidationError(_("NUL characters cannot be used."), code="invalid")
        return str(value)


class ProblemField(serializers.Serializer[Server]):
    kind = serializers.CharField(source="problem_kind", help_text=_("Stable, for programs."))
    sentence = serializers.CharField(source="problem", help_text=_("For people."))


class ServerSerializer(serializers.ModelSerializer[Server]):
    env = serializers.SerializerMethodField(
        help_text=_("Names of the variables that are set; values are never answered.")
    )
    headers = serializers.SerializerMethodField(help_text=_("Names of the headers that are set."))
    hidden = serializers.SerializerMethodField(help_text=_("Names of the secrets in `args` and `url`."))
    args = serializers.ListField(child=serializers.CharField())
    problem = serializers.SerializerMethodField()
    eras = serializers.ListField(child=serializers.CharField())
    versions = serializers.ListField(child=serializers.CharField(), help_text=_("Protocol versions that it speaks."))
    capabilities = serializers.DictField()

    class Meta:
        model = Server
        fields: ClassVar[list[str]] = [
            "id", "slug", "title", "letters", "line", "transport", "command", "args", "cwd", "url", "env", "headers",
            "hidden", "session_scope", "timeout_ms", "catalogue", "state", "state_since", "problem", "paused_at",
            "eras", "versions", "server_name", "server_version", "instructions", "capabilities", "discovered_at",
            "next_discovery_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(NAMES)
    def get_env(self, server: Server) -> list[str]:
        return list(server.secret_names.get("env", []))

    @extend_schema_field(NAMES)
    def get_headers(self, server: Server) -> list[str]:
        return list(server.secret_names.get("headers", []))

    @extend_schema_field(NAMES)
    def get_hidden(self, server: Server) -> list[str]:
        return list(server.secret_names.get("args", []))

    @extend_schema_field(ProblemField(allow_null=True))
    def get_problem(self, server: Server) -> dict[str, str] | None:
        return {"kind": server.problem_kind, "sentence": server.problem} if server.problem_kind else None


def _secrets(help_text: Any) -> serializers.DictField:
    return serializers.DictField(
        child=SafeText(max_length=MAX_VALUE_CHARS, allow_blank=True, allow_null=True, trim_whitespace=False),
        required=False,
        help_text=help_text,
    )


class ServerWrite(serializers.Serializer[Server]):
    title = SafeText(max_length=80)
    slug = serializers.SlugField(
        max_length=40, required=False, help_text=_("Stands before tools' names, never changes. Made from the title.")
    )
    transport = serializers.ChoiceField(choices=[pair for pair in Server.Transport.choices if pair[0] in CONNECTABLE])
    command = SafeText(max_length=500, required=False, allow_blank=True)
    args = serializers.ListField(
        child=SafeText(max_length=MAX_ARG_CHARS, allow_blank=True, trim_whitespace=False),
        max_length=MAX_ARGS,
        required=False,
    )
    cwd = SafeText(max_length=500, required=False, allow_blank=True)
    url = SafeText(max_length=2000, required=False, allow_blank=True)
    env = _secrets(_("Variables of a command. In a change, null keeps the stored value; names left out are removed."))
    headers = _secrets(_("Headers of every request. In a change, null keeps the stored value."))
    hidden = _secrets(_("Values for `${secret:NAME}` in `args` and `url`. In a change, null keeps the stored value."))
    session_scope = serializers.ChoiceField(choices=Server.Scope.choices, required=False)
    timeout_ms = serializers.IntegerField(min_value=MIN_TIMEOUT_MS, max_value=MAX_TIMEOUT_MS, required=False)


class TestSerializer(serializers.Serializer[Any]):
    """How a trial of a connection went."""

    ok = serializers.BooleanField()
    kind = serializers.CharField(help_text=_("What went wrong, for programs; empty when nothing did."))
    sentence = serializers.CharField(help_text=_("For people."))
    advice = serializers.CharField(help_text=_("What to do about it."))
    detail = serializers.CharField(help_text=_("Evidence, with secrets masked."))
    server_name = serializers.CharField()
    server_version = serializers.CharField()
    versions = serializers.ListField(child=serializers.CharField())
    duration_ms = serializers.IntegerField()


class ImportWrite(serializers.Serializer[Any]):
    config = serializers.JSONField(help_text=_("A client's configuration, as object or as text with comments."))
    servers = serializers.ListField(
        child=serializers.CharField(), required=False, help_text=_("Names to import; all when left out.")
    )
    values = serializers.DictField(
        child=serializers.DictField(child=SafeText(allow_blank=True)),
        required=False,
        help_text=_("What placeholders stand for: {server name: {placeholder: value}}."),
    )
    hub = serializers.CharField(required=False, help_text=_("Id of a hub to put the servers on."))


class ImportedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="key")
    server = ServerSerializer(allow_null=True)
    problem = serializers.CharField(help_text=_("Why there is no server; empty when there is one."))


class ImportSerializer(serializers.Serializer[Any]):
    results = ImportedSerializer(many=True)


class ToolSerializer(serializers.ModelSerializer[Feature]):
    server = serializers.CharField(source="server_id")
    definition = serializers.JSONField(source="definition.body", help_text=_("The server's own, unchanged."))
    definition_hash = serializers.CharField(source="definition_id", help_text=_("SHA-256 of its canonical JSON."))

    class Meta:
        model = Feature
        fields: ClassVar[list[str]] = [
            "id", "server", "kind", "name", "title", "alias", "description", "enabled", "read_only", "gone_at",
            "definition", "definition_hash", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ToolWrite(serializers.Serializer[Feature]):
    enabled = serializers.BooleanField(required=False)
    alias = SafeText(max_length=64, required=False, allow_blank=True, help_text=_("Empty gives the own name back."))
    description = SafeText(max_length=10_000, required=False, allow_blank=True)


class HubSerializer(serializers.ModelSerializer[Hub]):
    url = serializers.SerializerMethodField(help_text=_("Where clients connect."))
    paused = serializers.SerializerMethodField()

    class Meta:
        model = Hub
        fields: ClassVar[list[str]] = [
            "id", "slug", "title", "url", "instructions", "naming", "read_only", "record_payloads", "open", "paused",
            "paused_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, hub: Hub) -> str:
        return hub_url(hub)

    def get_paused(self, hub: Hub) -> bool:
        return hub.paused_at is not None


class HubWrite(serializers.Serializer[Hub]):
    title = SafeText(max_length=80)
    slug = serializers.SlugField(max_length=40, required=False, help_text=_("End of its URL, never changes."))
    instructions = SafeText(max_length=20_000, required=False, allow_blank=True)
    naming = serializers.ChoiceField(choices=Hub.Naming.choices, required=False)
    read_only = serializers.BooleanField(required=False)  # type: ignore[assignment]  # a field, taken off the class
    record_payloads = serializers.BooleanField(required=False)
    open = serializers.BooleanField(required=False, help_text=_("For the operator alone."))
    servers = serializers.ListField(
        child=serializers.CharField(), required=False, help_text=_("Ids of servers, in order; only when it is made.")
    )


class HubServerSerializer(serializers.ModelSerializer[HubServer]):
    server = serializers.CharField(source="server_id")
    slug = serializers.CharField(source="server.slug")
    title = serializers.CharField(source="server.title")
    state = serializers.CharField(source="server.state")

    class Meta:
        model = HubServer
        fields: ClassVar[list[str]] = ["server", "slug", "title", "state", "position", "offers_all"]
        read_only_fields = fields


class HubServerWrite(serializers.Serializer[HubServer]):
    server = serializers.CharField(help_text=_("Id of the server."))
    offers_all = serializers.BooleanField(default=True)


class OrderWrite(serializers.Serializer[HubServer]):
    servers = serializers.ListField(child=serializers.CharField(), help_text=_("Every server of the hub, in order."))


class ChoiceWrite(serializers.Serializer[HubServer]):
    offers_all = serializers.BooleanField(
        help_text=_("True: all but `tools`, also what comes later. False: only these.")
    )
    tools = serializers.ListField(child=serializers.CharField(), default=list, help_text=_("Ids of tools and others."))


class OfferedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text=_("As clients of the hub see it."))
    tool = serializers.CharField(source="feature.id")
    kind = serializers.CharField(source="feature.kind")
    own_name = serializers.CharField(source="feature.name")
    title = serializers.CharField(source="feature.title")
    server = serializers.CharField(source="server.id")
    read_only = serializers.BooleanField(source="feature.read_only")  # type: ignore[assignment]  # likewise
    offered = serializers.BooleanField()
    reason = serializers.CharField(
        source="state", help_text=_("offered, or why not: gone, disabled, invalid, not_chosen, writes, clash.")
    )
    clash_with = serializers.CharField(source="clash_with.id", default=None, help_text=_("The tool that has the name."))


class OfferedList(serializers.Serializer[Any]):
    data = OfferedSerializer(many=True)  # type: ignore[assignment]  # likewise
