"""What was used in a month, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from accounts.permissions import in_workspace
from billing.selectors import usage_between
from core.decision import Resource
from core.partitions import add_months
from proxy.models import Call
from proxy.selectors.usage import kept_months, month_usage, starts


class UsageQuery(serializers.Serializer[Any]):
    month = serializers.RegexField(
        r"^[0-9]{4}-(0[1-9]|1[0-2])$", required=False, help_text=_("As 2026-11; the present month when left out.")
    )

    def validate_month(self, value: str) -> date:
        found = next((month for month in kept_months() if f"{month:%Y-%m}" == value), None)
        if found is None:
            raise serializers.ValidationError(_("Calls of this month are not kept."), code="not_kept")
        return found


class CountSerializer(serializers.Serializer[Any]):
    """Calls of one server, key or member. `id` is empty where there was none; what is gone has its id as name."""

    id = serializers.CharField()
    name = serializers.CharField()
    calls = serializers.IntegerField()
    tool_errors = serializers.IntegerField(
        source="errors", help_text=_("Of these calls, those that ended with an error of the tool.")
    )
    reply_bytes = serializers.IntegerField()


class SumSerializer(serializers.Serializer[Any]):
    calls = serializers.IntegerField()
    tool_errors = serializers.IntegerField(source="errors")
    reply_bytes = serializers.IntegerField()


class DaySerializer(SumSerializer):
    day = serializers.CharField(source="id", help_text=_("As 2026-11-23, of UTC."))


class MeterSerializer(serializers.Serializer[Any]):
    meter = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField(help_text=_("Summed up every two minutes."))


@extend_schema_serializer(many=False)
class UsageSerializer(serializers.Serializer[Any]):
    month = serializers.SerializerMethodField(help_text=_("As 2026-11, of UTC."))
    total = SumSerializer()
    days = DaySerializer(many=True)
    servers = CountSerializer(many=True)
    keys = CountSerializer(many=True)
    members = CountSerializer(many=True)
    meters = serializers.SerializerMethodField(help_text=_("What is counted for billing."))

    def get_month(self, usage: Any) -> str:
        return f"{usage.month:%Y-%m}"

    @extend_schema_field(MeterSerializer(many=True))
    def get_meters(self, usage: Any) -> Any:
        return MeterSerializer(self.context["meters"], many=True).data


class UsageApi(WorkspaceViewSet):
    """Calls of a month, as billing counts them. A key that is bound to a hub sees that hub's."""

    serializer_class = UsageSerializer
    queryset = Call.objects.none()
    pagination_class = None
    kind = "call"
    needs: ClassVar[Mapping[str, str]] = {"list": "call.view"}

    def resource(self) -> Resource:
        return in_workspace(self.workspace, "call", "", hub_id=self.principal.hub_id)

    @extend_schema(
        operation_id="get_usage",
        summary=str(_("What was used in a month")),
        parameters=[UsageQuery],
        responses={200: UsageSerializer},
    )
    def list(self, request: Request, workspace: str) -> Response:
        query = UsageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        month = query.validated_data.get("month") or kept_months()[0]
        hub = self.principal.hub_id
        usage = month_usage(self.workspace.id, month, hub=hub)
        meters = usage_between(self.workspace.id, starts(month), starts(add_months(month, 1)), subject=hub)
        return Response(UsageSerializer(usage, context={"meters": meters}).data)
