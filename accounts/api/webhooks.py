"""Webhook endpoints and their deliveries over the API."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from accounts.api.serializers import (
    DeliverySerializer,
    SecretSerializer,
    WebhookMade,
    WebhookSerializer,
    WebhookWrite,
)
from core import webhooks
from core.errors import NotFoundProblem
from core.models import WebhookDelivery, WebhookEndpoint


class WebhookApi(WorkspaceViewSet):
    """Where the workspace's events are sent."""

    serializer_class = WebhookSerializer
    queryset = WebhookEndpoint.objects.none()
    kind = "webhook"
    needs: ClassVar[dict[str, str]] = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "destroy", "rotate", "test"), "webhook.manage"
    )
    secret_fields = frozenset({"secret"})

    def one(self, id: str) -> WebhookEndpoint:
        found = WebhookEndpoint.objects.filter(pk=id, workspace=self.workspace.id).exclude(url="").first()
        if found is None:
            raise NotFoundProblem(_("There is no such endpoint."))
        return found

    @extend_schema(operation_id="list_webhooks", summary="Webhook endpoints")
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(WebhookEndpoint.objects.filter(workspace=self.workspace.id).exclude(url=""))

    @extend_schema(operation_id="get_webhook", summary="One endpoint")
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(WebhookSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="create_webhook",
        summary="Make an endpoint",
        description="The answer holds the secret that signs, once.",
        request=WebhookWrite,
        responses={201: WebhookMade},
    )
    def create(self, request: Request, workspace: str) -> Response:
        values = self.validated(WebhookWrite)
        endpoint, secret = webhooks.create_endpoint(
            actor=self.principal, workspace_id=self.workspace.id, url=values["url"], types=values.get("types", [])
        )
        return Response(WebhookSerializer(endpoint).data | {"secret": secret}, status=201)

    @extend_schema(
        operation_id="update_webhook",
        summary="Change an endpoint",
        request=WebhookWrite,
        responses=WebhookSerializer,
    )
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        endpoint = self.one(id)
        given = self.validated(WebhookWrite, partial=True)
        endpoint = webhooks.update_endpoint(
            actor=self.principal,
            endpoint=endpoint,
            url=given.get("url", endpoint.url),
            types=given.get("types", endpoint.types),
            enabled=given.get("enabled", endpoint.enabled),
        )
        return Response(WebhookSerializer(endpoint).data)

    @extend_schema(operation_id="delete_webhook", summary="Remove an endpoint", responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        webhooks.delete_endpoint(actor=self.principal, endpoint=self.one(id))
        return Response(status=204)

    @extend_schema(
        operation_id="rotate_webhook_secret",
        summary="Renew an endpoint's secret",
        request=None,
        responses=SecretSerializer,
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, workspace: str, id: str) -> Response:
        return Response({"secret": webhooks.rotate_secret(actor=self.principal, endpoint=self.one(id))})

    @extend_schema(
        operation_id="test_webhook",
        summary="Send a test",
        request=None,
        responses={202: DeliverySerializer},
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, workspace: str, id: str) -> Response:
        delivery = webhooks.send_test(actor=self.principal, endpoint=self.one(id))
        return Response(DeliverySerializer(delivery).data, status=202)


class DeliveryApi(WorkspaceViewSet):
    """The log of deliveries."""

    serializer_class = DeliverySerializer
    queryset = WebhookDelivery.objects.none()
    kind = "webhook"
    needs: ClassVar[dict[str, str]] = dict.fromkeys(("list", "retrieve", "replay"), "webhook.manage")

    def one(self, id: str) -> WebhookDelivery:
        found = WebhookDelivery.objects.filter(pk=id, workspace=self.workspace.id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such delivery."))
        return found

    @extend_schema(operation_id="list_deliveries", summary="Deliveries")
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(WebhookDelivery.objects.filter(workspace=self.workspace.id))

    @extend_schema(operation_id="get_delivery", summary="One delivery")
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(DeliverySerializer(self.one(id)).data)

    @extend_schema(
        operation_id="replay_delivery",
        summary="Send a delivery again",
        request=None,
        responses={202: DeliverySerializer},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, workspace: str, id: str) -> Response:
        delivery = webhooks.replay_delivery(actor=self.principal, delivery=self.one(id))
        return Response(DeliverySerializer(delivery).data, status=202)
