"""Pictures that wait for the operator, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import NotFoundProblem
from marketplace.api.moderation import OperatorViewSet
from marketplace.api.publishing_serializers import NoteWrite, PictureSerializer
from marketplace.models import ListingPicture
from marketplace.selectors.publishing import waiting_pictures
from marketplace.services.pictures import decide_picture


class QueuedPictureSerializer(PictureSerializer):
    """As the operator sees it. The picture itself is at `/marketplace/pictures/<id>.webp`."""

    listing = serializers.CharField(source="listing_id")
    listing_name = serializers.CharField(source="listing.name")

    class Meta(PictureSerializer.Meta):
        fields: ClassVar = [*PictureSerializer.Meta.fields, "listing", "listing_name", "created_at"]


class PictureQueueApi(OperatorViewSet):
    """Pictures that wait for a look. Only the operator may open it, in a browser's session: no key does."""

    serializer_class = QueuedPictureSerializer
    queryset = ListingPicture.objects.none()
    needs: ClassVar[Mapping[str, str]] = {
        "list": "operator.view",
        **dict.fromkeys(("show", "refuse"), "operator.manage"),
    }

    @extend_schema(operation_id="list_waiting_pictures", summary=str(_("Pictures that wait for a look")))
    def list(self, request: Request) -> Response:
        return self.page(waiting_pictures())

    @extend_schema(
        operation_id="show_picture", summary=str(_("Let a picture be shown")), request=None,
        responses=QueuedPictureSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def show(self, request: Request, id: str) -> Response:
        return self._decide(id, show=True, note="")

    @extend_schema(
        operation_id="refuse_picture", summary=str(_("Refuse a picture, with a note for its publisher")),
        request=NoteWrite, responses=QueuedPictureSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, id: str) -> Response:
        return self._decide(id, show=False, note=self.validated(NoteWrite).get("note", ""))

    def _decide(self, id: str, *, show: bool, note: str) -> Response:
        found = ListingPicture.objects.select_related("listing__publisher").defer("body").filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such picture."))
        decided = decide_picture(actor=self.principal, picture=found, show=show, note=note)
        return Response(QueuedPictureSerializer(decided).data)
