"""The workspace's own listings over the API: drafts, versions, pictures, states."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from assistants.models import Assistant
from core.errors import InvalidProblem, NotFoundProblem
from marketplace.api.publishing_serializers import (
    DraftWrite,
    FindingSerializer,
    FindingsList,
    ListingVersionSerializer,
    NewListingWrite,
    OwnListingSerializer,
    PictureSerializer,
    PictureWrite,
    ReasonWrite,
    SubmitWrite,
    WholeVersionSerializer,
)
from marketplace.models import Listing, ListingPicture, ListingVersion
from marketplace.selectors.publishing import listings_of, own_publisher, publishers_of
from marketplace.services import listings as services
from marketplace.services.pictures import add_picture, remove_picture
from marketplace.services.versions import preview_findings, submit_version, withdraw_version
from proxy.models import Server

NEW = OpenApiExample("From an assistant", value={"source": "ast_…"}, request_only=True)
_VERSION = OpenApiParameter("version", str, OpenApiParameter.PATH, description=str(_("Such as 1.2.0.")))
_PICTURE = OpenApiParameter("picture", str, OpenApiParameter.PATH, description=str(_("Id of a picture.")))


class ListingApi(WorkspaceViewSet):
    """The workspace's own listings: drafts, versions, states. What everybody may find is another resource."""

    serializer_class = OwnListingSerializer
    queryset = Listing.objects.none()
    kind = "listing"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "list", "retrieve", "create", "partial_update", "destroy", "refresh", "findings", "deprecate", "restore",
            "versions", "submit", "version", "withdraw", "pictures", "add_picture", "remove_picture",
        ),
        "listing.manage",
    )  # fmt: skip

    def rows(self) -> QuerySet[Listing]:
        return listings_of(self.workspace)

    def one(self, id: str) -> Listing:
        found = self.rows().select_related("publisher__workspace").filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such listing."))
        return found

    def answer(self, listing: Listing, status: int = 200) -> Response:
        return Response(OwnListingSerializer(self.one(listing.id)).data, status=status)

    @extend_schema(operation_id="list_own_listings", summary=str(_("Listings of the workspace")))
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(self.rows())

    @extend_schema(
        operation_id="create_listing", summary=str(_("Make a draft of an assistant or a server")),
        request=NewListingWrite, responses={201: OwnListingSerializer}, examples=[NEW],
    )  # fmt: skip
    def create(self, request: Request, workspace: str) -> Response:
        values = self.validated(NewListingWrite)
        publisher = own_publisher(self.workspace)
        if slug := values.get("publisher"):
            publisher = publishers_of(self.workspace).filter(slug=slug).first()
        if publisher is None:
            raise InvalidProblem(_("There is no such publisher. Become one first."), field="publisher")
        assistant = Assistant.objects.filter(pk=values["source"], workspace=self.workspace).first()
        server = Server.objects.filter(pk=values["source"], workspace=self.workspace).first()
        made = services.create_listing(
            actor=self.principal,
            publisher=publisher,
            assistant=assistant,
            server=server,
            works_offline=values.get("works_offline", False),
        )
        return self.answer(made, 201)

    @extend_schema(operation_id="get_own_listing", summary=str(_("One listing, with its draft")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return self.answer(self.one(id))

    @extend_schema(
        operation_id="edit_listing", summary=str(_("Change the draft of the next version")), request=DraftWrite,
        responses=OwnListingSerializer,
    )  # fmt: skip
    def partial_update(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(DraftWrite, partial=True)
        return self.answer(services.edit_listing(actor=self.principal, listing=self.one(id), **values))

    @extend_schema(operation_id="remove_listing", summary=str(_("Remove a listing for good")), responses={204: None})
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        services.remove_listing(actor=self.principal, listing=self.one(id))
        return Response(status=204)

    @extend_schema(
        operation_id="refresh_listing", summary=str(_("Take the assistant or server as it is now")), request=None,
        responses=OwnListingSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, workspace: str, id: str) -> Response:
        return self.answer(services.refresh_package(actor=self.principal, listing=self.one(id)))

    @extend_schema(
        operation_id="preview_findings", summary=str(_("What the scan would say of the draft")), responses=FindingsList
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def findings(self, request: Request, workspace: str, id: str) -> Response:
        return Response({"data": FindingSerializer(preview_findings(self.one(id)), many=True).data})

    @extend_schema(
        operation_id="deprecate_listing", summary=str(_("Advise against a listing")), request=ReasonWrite,
        responses=OwnListingSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, workspace: str, id: str) -> Response:
        reason = self.validated(ReasonWrite)["reason"]
        return self.answer(services.deprecate_listing(actor=self.principal, listing=self.one(id), reason=reason))

    @extend_schema(
        operation_id="restore_listing", summary=str(_("Take the advice back")), request=None,
        responses=OwnListingSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, workspace: str, id: str) -> Response:
        return self.answer(services.restore_listing(actor=self.principal, listing=self.one(id)))

    @extend_schema(
        operation_id="list_own_versions", summary=str(_("Versions of a listing, the newest first")),
        responses=ListingVersionSerializer(many=True),
    )  # fmt: skip
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request: Request, workspace: str, id: str) -> Response:
        rows = self.one(id).versions.order_by("-version_key").defer("package")
        return Response(ListingVersionSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="submit_version",
        summary=str(_("Submit the draft as a version")),
        description=str(_("It is scanned by a worker: ask for the version until its state is no longer `scan`.")),
        request=SubmitWrite,
        responses={201: ListingVersionSerializer},
    )
    @versions.mapping.post
    def submit(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(SubmitWrite)
        made = submit_version(actor=self.principal, listing=self.one(id), **values)
        return Response(ListingVersionSerializer(made).data, status=201)

    @extend_schema(
        operation_id="get_own_version", summary=str(_("One version, whole")), parameters=[_VERSION],
        responses=WholeVersionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["get"], url_path="versions/<str:version>", url_name="version")
    def version(self, request: Request, workspace: str, id: str, version: str) -> Response:
        return Response(WholeVersionSerializer(self._version(id, version)).data)

    @extend_schema(
        operation_id="withdraw_version", summary=str(_("Take a version back")), parameters=[_VERSION], request=None,
        responses=ListingVersionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="versions/<str:version>/withdraw", url_name="version-withdraw")
    def withdraw(self, request: Request, workspace: str, id: str, version: str) -> Response:
        found = withdraw_version(actor=self.principal, version=self._version(id, version))
        return Response(ListingVersionSerializer(found).data)

    @extend_schema(
        operation_id="list_pictures", summary=str(_("Pictures of a listing")), responses=PictureSerializer(many=True)
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def pictures(self, request: Request, workspace: str, id: str) -> Response:
        rows = self.one(id).pictures.order_by("position", "id").defer("body")
        return Response(PictureSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="add_picture", summary=str(_("Add a picture")), request=PictureWrite,
        responses={201: PictureSerializer},
    )  # fmt: skip
    @pictures.mapping.post
    def add_picture(self, request: Request, workspace: str, id: str) -> Response:
        values = self.validated(PictureWrite)
        try:
            data = base64.b64decode(values["data"], validate=True)
        except (binascii.Error, ValueError):
            raise InvalidProblem(_("This is not base64."), field="data") from None
        made = add_picture(actor=self.principal, listing=self.one(id), data=data, alt=values["alt"])
        return Response(PictureSerializer(made).data, status=201)

    @extend_schema(
        operation_id="remove_picture", summary=str(_("Remove a picture")), parameters=[_PICTURE], responses={204: None}
    )
    @action(detail=True, methods=["delete"], url_path="pictures/<str:picture>", url_name="picture")
    def remove_picture(self, request: Request, workspace: str, id: str, picture: str) -> Response:
        listing = self.one(id)
        found = ListingPicture.objects.filter(pk=picture, listing=listing).defer("body").first()
        if found is None:
            raise NotFoundProblem(_("There is no such picture."))
        found.listing = listing
        remove_picture(actor=self.principal, picture=found)
        return Response(status=204)

    def _version(self, id: str, version: str) -> ListingVersion:
        listing = self.one(id)
        found = listing.versions.filter(version=version).first()
        if found is None:
            raise NotFoundProblem(_("There is no such version."))
        found.listing = listing
        return found
