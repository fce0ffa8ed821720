"""What the API of accounts takes and answers."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import ApiKey, Membership, Workspace
from core.decision import SCOPES
from core.models import WebhookDelivery, WebhookEndpoint


class WorkspaceSerializer(serializers.ModelSerializer[Workspace]):
    class Meta:
        model = Workspace
        fields: ClassVar[list[str]] = ["id", "slug", "name", "kind", "created_at"]
        read_only_fields = fields


class WorkspaceWrite(serializers.Serializer[Workspace]):
    name = serializers.CharField(max_length=80)
    slug = serializers.CharField(max_length=50, required=False, help_text=_("Made from the name when left out."))


class MemberSerializer(serializers.ModelSerializer[Membership]):
    user = serializers.CharField(source="user_id", help_text=_("Id of the person."))
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = ["id", "user", "name", "email", "role", "created_at"]
        read_only_fields = fields


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    user = serializers.CharField(source="user_id", help_text=_("Id of the person it acts for."))
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SCOPES)))

    class Meta:
        model = ApiKey
        fields: ClassVar[list[str]] = [
            "id",
            "name",
            "hint",
            "user",
            "scopes",
            "hub",
            "expires_at",
            "last_used_at",
            "last_used_client",
            "revoked_at",
            "created_at",
        ]
        read_only_fields = fields


class KeyMade(KeySerializer):
    secret = serializers.CharField(read_only=True, help_text=_("The key itself; answered once."))

    class Meta(KeySerializer.Meta):
        fields: ClassVar[list[str]] = [*KeySerializer.Meta.fields, "secret"]
        read_only_fields = fields


class KeyWrite(serializers.Serializer[ApiKey]):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SCOPES)), allow_empty=False, default=lambda: ["mcp"]
    )
    hub = serializers.CharField(max_length=40, default="", allow_blank=True, help_text=_("Id of the one hub it opens."))
    expires_at = serializers.DateTimeField(default=None, allow_null=True)


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    types = serializers.ListField(child=serializers.CharField(), help_text=_("Empty means all events."))

    class Meta:
        model = WebhookEndpoint
        fields: ClassVar[list[str]] = ["id", "url", "types", "enabled", "disabled_reason", "created_at"]
        read_only_fields = fields


class WebhookMade(WebhookSerializer):
    secret = serializers.CharField(read_only=True, help_text=_("Signs every delivery; answered once."))

    class Meta(WebhookSerializer.Meta):
        fields: ClassVar[list[str]] = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class WebhookWrite(serializers.Serializer[WebhookEndpoint]):
    url = serializers.URLField(max_length=2000)
    types = serializers.ListField(child=serializers.CharField(max_length=80), required=False)
    enabled = serializers.BooleanField(required=False)


class SecretSerializer(serializers.Serializer[WebhookEndpoint]):
    secret = serializers.CharField(read_only=True, help_text=_("Answered once; the old one signs for a day more."))


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    endpoint = serializers.CharField(source="endpoint_id", allow_null=True)
    payload = serializers.JSONField()

    class Meta:
        model = WebhookDelivery
        fields: ClassVar[list[str]] = [
            "id",
            "endpoint",
            "url",
            "event",
            "type",
            "payload",
            "state",
            "attempts",
            "next_at",
            "status",
            "answer",
            "duration_ms",
            "delivered_at",
            "created_at",
        ]
        read_only_fields = fields
