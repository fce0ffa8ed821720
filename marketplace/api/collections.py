"""Collections over the API: everybody reads the public ones, their makers change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import principal_of
from accounts.permissions import NOBODY, allowed, in_workspace
from core.api.base import ApiViewSet
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem
from marketplace.api.collection_serializers import (
    CollectionEntryChange,
    CollectionEntrySerializer,
    CollectionEntryWrite,
    CollectionOrderWrite,
    CollectionReportSerializer,
    CollectionReportWrite,
    CollectionSerializer,
    CollectionWrite,
)
from marketplace.api.throttling import PublicThrottle
from marketplace.models import Collection, Listing
from marketplace.selectors.collections import (
    entries_of,
    find_collection,
    own_collections,
    public_collections,
)
from marketplace.selectors.listed import find_listing
from marketplace.services import collection_reports
from marketplace.services import collections as services

MINE = OpenApiParameter("mine", bool, description=str(_("One's own, also those that nobody else sees.")))
COLLECTION = OpenApiParameter("id", str, OpenApiParameter.PATH, description=str(_("Id or short name of a collection.")))
LISTING = OpenApiParameter("slug", str, OpenApiParameter.PATH, description=str(_("Short name of a listing in it.")))


def reader(request: Request) -> Principal:
    """Who reads: a key without the scope for it sees what everybody sees."""
    principal = principal_of(request)
    if principal.kind == "key" and not allowed(principal, "workspace.view", in_workspace(principal.workspace_id)):
        return NOBODY
    return principal


class CollectionViewSet(ApiViewSet):
    """Reading needs no key."""

    public: ClassVar[frozenset[str]] = frozenset()
    throttle_classes = [PublicThrottle]

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.action in self.public else IsAuthenticated()]

    def one(self, id: str) -> Collection:
        found = find_collection(reader(self.request), id) if "\0" not in id else None
        if found is None:
            raise NotFoundProblem(_("There is no such collection."))
        return found


@extend_schema(parameters=[COLLECTION], methods=["GET", "PATCH", "DELETE"])
class CollectionApi(CollectionViewSet):
    """Listings that people put together: titled, ordered, with a note on each."""

    serializer_class = CollectionSerializer
    queryset = Collection.objects.none()
    public = frozenset({"list", "retrieve"})
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("create", "partial_update", "destroy", "order", "reports"), "collection.write"
    )

    @extend_schema(
        operation_id="list_collections", summary=str(_("Public collections, or one's own")), parameters=[MINE],
        description=str(_("The newest first. With `mine=true` a key or a session is needed.")),
    )  # fmt: skip
    def list(self, request: Request) -> Response:
        mine = request.query_params.get("mine", "false")
        if mine not in ("true", "false"):
            raise InvalidProblem(_("Say true or false."), field="mine")
        if mine == "false":
            return self.page(public_collections())
        principal = reader(request)
        if not principal.user_id:
            raise PermissionProblem(_("Sign in, or send a key with the scope read."), code="scope")
        return self.page(own_collections(principal.user_id).select_related("user"))

    @extend_schema(
        operation_id="create_collection", summary=str(_("Make a collection")), request=CollectionWrite,
        description=str(_("Of the person behind the key; at most 100 a person. Codes: too_many.")),
        responses={201: CollectionSerializer},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        values = self.validated(CollectionWrite)
        made = services.create_collection(actor=principal_of(request), **values)
        return Response(CollectionSerializer(made).data, status=201)

    @extend_schema(operation_id="get_collection", summary=str(_("One collection")))
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(CollectionSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="update_collection", summary=str(_("Change a collection")), request=CollectionWrite,
        responses=CollectionSerializer,
    )  # fmt: skip
    def partial_update(self, request: Request, id: str) -> Response:
        collection, values = self.one(id), self.validated(CollectionWrite, partial=True)
        services.edit_collection(actor=principal_of(request), collection=collection, **values)
        return Response(CollectionSerializer(self.one(id)).data)

    @extend_schema(operation_id="delete_collection", summary=str(_("Delete a collection")), responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        services.delete_collection(actor=principal_of(request), collection=self.one(id))
        return Response(status=204)

    @extend_schema(
        operation_id="order_collection", summary=str(_("Put the entries of a collection in order")),
        request=CollectionOrderWrite, parameters=[COLLECTION], responses=CollectionSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["put"])
    def order(self, request: Request, id: str) -> Response:
        collection, wanted = self.one(id), self.validated(CollectionOrderWrite)["listings"]
        ids = dict(collection.items.values_list("listing__slug", "listing"))
        services.order_entries(
            actor=principal_of(request), collection=collection, listing_ids=[ids.get(slug, "") for slug in wanted]
        )
        return Response(CollectionSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="report_collection", summary=str(_("Report a collection")), request=CollectionReportWrite,
        parameters=[COLLECTION], responses={201: CollectionReportSerializer},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def reports(self, request: Request, id: str) -> Response:
        collection, values = self.one(id), self.validated(CollectionReportWrite)
        made = collection_reports.report_collection(actor=principal_of(request), collection=collection, **values)
        return Response(CollectionReportSerializer(made).data, status=201)


@extend_schema(parameters=[COLLECTION])
class CollectionEntryApi(CollectionViewSet):
    """The listings of a collection, in their order; at most 200."""

    serializer_class = CollectionEntrySerializer
    queryset = Collection.objects.none()
    public = frozenset({"list"})
    pagination_class = None
    lookup_field = "slug"
    lookup_value_converter = "slug"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(("create", "partial_update", "destroy"), "collection.write")

    @extend_schema(
        operation_id="list_collection_entries", summary=str(_("What is in a collection")),
        responses=CollectionEntrySerializer(many=True),
    )  # fmt: skip
    def list(self, request: Request, id: str) -> Response:
        return self.entries(self.one(id))

    @extend_schema(
        operation_id="add_collection_entry", summary=str(_("Put a listing into a collection")),
        request=CollectionEntryWrite, responses={201: CollectionEntrySerializer(many=True)},
        description=str(_("At the end. One that is there stays where it is. Codes: too_many, not_yours.")),
    )  # fmt: skip
    def create(self, request: Request, id: str) -> Response:
        collection, values = self.one(id), self.validated(CollectionEntryWrite)
        listing = find_listing(values["listing"])
        if listing is None:
            raise NotFoundProblem(_("There is no such listing."))
        services.add_entry(
            actor=principal_of(request), collection=collection, listing=listing, note=values.get("note", "")
        )
        return self.entries(collection, 201)

    @extend_schema(
        operation_id="change_collection_entry", summary=str(_("Change the note or the place of an entry")),
        request=CollectionEntryChange, parameters=[LISTING], responses=CollectionEntrySerializer(many=True),
    )  # fmt: skip
    def partial_update(self, request: Request, id: str, slug: str) -> Response:
        collection, values = self.one(id), self.validated(CollectionEntryChange, partial=True)
        one: dict[str, Any] = {
            "actor": principal_of(request), "collection": collection, "listing": _in(collection, slug)
        }  # fmt: skip
        if "note" in values:
            services.note_entry(**one, note=values["note"])
        if "position" in values:
            services.move_entry(**one, to=values["position"])
        return self.entries(collection)

    @extend_schema(
        operation_id="remove_collection_entry", summary=str(_("Take a listing out of a collection")),
        parameters=[LISTING], responses={204: None},
    )  # fmt: skip
    def destroy(self, request: Request, id: str, slug: str) -> Response:
        collection = self.one(id)
        services.remove_entry(actor=principal_of(request), collection=collection, listing=_in(collection, slug))
        return Response(status=204)

    def entries(self, collection: Collection, status: int = 200) -> Response:
        return Response(CollectionEntrySerializer(entries_of(collection), many=True).data, status=status)


def _in(collection: Collection, slug: str) -> Listing:
    """Also one that is no longer in the marketplace."""
    item = collection.items.filter(listing__slug=slug).select_related("listing").first()
    if item is None:
        raise NotFoundProblem(_("It is not in this collection."))
    return item.listing
