"""Installs of a workspace over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from core.errors import NotFoundProblem
from marketplace.api.install_serializers import (
    DifferenceSerializer,
    InstallSerializer,
    InstallWrite,
    PlanSerializer,
    PlanWrite,
    UpdateWrite,
)
from marketplace.models import Install, Listing, ListingVersion
from marketplace.selectors.listed import find_listing
from marketplace.services.installing import install_listing, plan_install, uninstall
from marketplace.services.updating import NoUpdate, accept_update, difference_of, dismiss_update

SERVER = OpenApiExample(
    "A server with a key", value={"listing": "github", "values": {"Authorization": "…"}}, request_only=True
)
ALONG = OpenApiParameter(
    "with_servers", bool, description=str(_("Also remove servers that came with an assistant and nothing else uses."))
)


class InstallApi(WorkspaceViewSet):
    """What a workspace has from the marketplace, each pinned to a version until somebody takes an update."""

    serializer_class = InstallSerializer
    queryset = Install.objects.none()
    kind = "install"
    needs: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("list", "retrieve", "update_seen"), "workspace.view"),
        **dict.fromkeys(("create", "plan", "destroy", "take", "dismiss"), "install.manage"),
    }

    def rows(self) -> QuerySet[Install]:
        rows = Install.objects.filter(workspace=self.workspace, removed_at=None)
        related = ("workspace", "listing__current", "listing__publisher", "version", "server", "assistant__deployed")
        return rows.select_related(*related)

    def one(self, id: str) -> Install:
        found = self.rows().filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such install."))
        return found

    @extend_schema(operation_id="list_installs", summary=str(_("What is installed")))
    def list(self, request: Request, workspace: str) -> Response:
        return self.page(self.rows())

    @extend_schema(
        operation_id="plan_install",
        summary=str(_("What installing would do")),
        description=str(_("Permissions in plain words, what it needs and what of that is there. Nothing is changed.")),
        request=PlanWrite,
        responses=PlanSerializer,
    )
    @action(detail=False, methods=["post"])
    def plan(self, request: Request, workspace: str) -> Response:
        values = self.validated(PlanWrite)
        listing, version = _named(values)
        found = plan_install(
            actor=self.principal, workspace=self.workspace, listing=listing, version=version, way=values.get("way")
        )
        return Response(PlanSerializer(found).data)

    @extend_schema(
        operation_id="install",
        summary=str(_("Install a listing")),
        description=str(
            _("All or nothing. What is unmet stands in `steps`; it is looked at again whenever something changes. "
              "409 `installed` when it is there already, `not_installable` when nobody can install it.")
        ),
        request=InstallWrite,
        responses={201: InstallSerializer},
        examples=[SERVER],
    )  # fmt: skip
    def create(self, request: Request, workspace: str) -> Response:
        values = self.validated(InstallWrite)
        version = _named(values)[1]
        if version is None:
            raise NotFoundProblem(_("The listing has no version that can be installed."))
        made = install_listing(
            actor=self.principal,
            workspace=self.workspace,
            version=version,
            way=values.get("way"),
            values=values.get("values"),
            mapping=_mapping(values),
        )
        return Response(InstallSerializer(self.one(made.id)).data, status=201)

    @extend_schema(operation_id="get_install", summary=str(_("One install")))
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return Response(InstallSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="uninstall",
        summary=str(_("Uninstall it")),
        description=str(_("Its server or assistant goes with it, with values, places on hubs and conversations.")),
        parameters=[ALONG],
        responses={204: None},
    )
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        along = request.query_params.get("with_servers", "").lower() in ("1", "true", "yes")
        uninstall(actor=self.principal, install=self.one(id), with_servers=along)
        return Response(status=204)

    @extend_schema(
        operation_id="get_update",
        summary=str(_("What the update changes")),
        description=str(_("409 `no_update` where there is none.")),
        responses=DifferenceSerializer,
    )
    @action(detail=True, url_path="update", url_name="update")
    def update_seen(self, request: Request, workspace: str, id: str) -> Response:
        found = difference_of(self.one(id))
        if found is None:
            raise NoUpdate(_("There is no update for it."))
        return Response(DifferenceSerializer(found).data)

    @extend_schema(
        operation_id="take_update",
        summary=str(_("Take the update")),
        description=str(_("`version` is the one whose changes you saw: another one that came meanwhile is not taken.")),
        request=UpdateWrite,
        responses=InstallSerializer,
    )
    @update_seen.mapping.post
    def take(self, request: Request, workspace: str, id: str) -> Response:
        values, install = self.validated(UpdateWrite), self.one(id)
        seen = install.listing.versions.filter(version=values["version"]).first()
        if seen is None:
            raise NotFoundProblem(_("There is no such version."))
        accept_update(actor=self.principal, install=install, version=seen, values=values.get("values"))
        return Response(InstallSerializer(self.one(id)).data)

    @extend_schema(
        operation_id="dismiss_update",
        summary=str(_("Do not offer this update again")),
        description=str(_("The version after it is offered again.")),
        responses=InstallSerializer,
    )
    @update_seen.mapping.delete
    def dismiss(self, request: Request, workspace: str, id: str) -> Response:
        dismiss_update(actor=self.principal, install=self.one(id))
        return Response(InstallSerializer(self.one(id)).data)


def _named(values: Mapping[str, Any]) -> tuple[Listing, ListingVersion | None]:
    listing = find_listing(values["listing"])
    if listing is None or (listing.published_at is None and listing.state not in Listing.SHOWN):
        raise NotFoundProblem(_("There is no such listing."))
    number = values.get("version", "")
    if not number:
        return listing, listing.current
    found = listing.versions.filter(version=number).first()
    if found is None:
        raise NotFoundProblem(_("There is no such version."))
    return listing, found


def _mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("hub", "servers", "model") if name in values}
