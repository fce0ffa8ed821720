"""What a hub offers, from the ORM, by the same rule as the gateway's snapshot (proxy.compile)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Workspace
from proxy.compile import ChoiceRow, FeatureRow, HubRow, Offer, ServerRow, State, list_offers
from proxy.models import Feature, Hub, HubFeature, HubServer, Server


@dataclass(frozen=True)
class HubRows:
    """A hub as rows for `proxy.compile`, also of what is gone. Without definitions: names need none."""

    hub: HubRow
    servers: tuple[ServerRow, ...]
    features: tuple[FeatureRow, ...]
    choices: tuple[ChoiceRow, ...]

    def offers(self) -> list[Offer]:
        return list_offers(self.hub, self.servers, self.features, self.choices)


@dataclass(frozen=True)
class Offered:
    """One feature on one hub, for pages and API."""

    feature: Feature
    hub_server: HubServer
    name: str
    """The name that clients of the hub use."""
    state: State
    clash_with: Feature | None

    @property
    def server(self) -> Server:
        return self.hub_server.server

    @property
    def offered(self) -> bool:
        return self.state == "offered"

    @property
    def left_out(self) -> bool:
        """Offered, but in no list for as long as its server is paused."""
        return self.offered and self.server.paused_at is not None

    @property
    def away(self) -> bool:
        """Listed, but its server does not answer."""
        return self.offered and self.server.state == Server.State.BROKEN


def offered(hub: Hub, *, kind: str = "") -> list[Offered]:
    """Every feature of the hub's servers in the hub's order, with its name there and why it is not offered.

    `kind`: tool, resource, template or prompt; "" for all. Three queries.
    """
    places = list(hub.hub_servers.select_related("server").order_by("position", "id"))
    features = list(Feature.objects.filter(server__in=[place.server_id for place in places]))
    choices = HubFeature.objects.filter(hub_server__in=places)
    rows = HubRows(
        hub=hub_row(hub, hub.workspace),
        servers=tuple(server_row(place.server, place) for place in places),
        features=tuple(feature_row(feature) for feature in features),
        choices=tuple(choice_row(choice) for choice in choices),
    )
    by_id = {feature.id: feature for feature in features}
    by_server = {place.server_id: place for place in places}
    return [
        Offered(
            feature=by_id[offer.feature.id],
            hub_server=by_server[offer.server.id],
            name=offer.name,
            state=offer.state,
            clash_with=by_id.get(offer.clash_with),
        )
        for offer in rows.offers()
        if not kind or offer.feature.kind == kind
    ]


def hub_rows(hub: Hub, *, places: Sequence[HubServer] | None = None) -> HubRows:
    """The rows of a hub, to compute names before something is saved. `places`: instead of those that are stored."""
    if places is None:
        places = list(hub.hub_servers.select_related("server"))
    features = Feature.objects.filter(server__in=[place.server_id for place in places])
    choices = HubFeature.objects.filter(hub_server__hub=hub) if hub.pk else HubFeature.objects.none()
    return HubRows(
        hub=hub_row(hub, hub.workspace),
        servers=tuple(server_row(place.server, place) for place in places),
        features=tuple(feature_row(feature) for feature in features),
        choices=tuple(choice_row(choice) for choice in choices),
    )


def hub_row(hub: Hub, workspace: Workspace) -> HubRow:
    return HubRow(
        id=hub.id,
        workspace_id=workspace.id,
        workspace_slug=workspace.slug,
        slug=hub.slug,
        title=hub.title,
        instructions=hub.instructions,
        naming="bare" if hub.naming == Hub.Naming.BARE else "prefixed",
        read_only=hub.read_only,
        record_payloads=hub.record_payloads,
        open=hub.open,
        paused=hub.paused_at is not None,
    )


def server_row(server: Server, place: HubServer) -> ServerRow:
    return ServerRow(
        id=server.id,
        slug=server.slug,
        title=server.title,
        transport=server.transport,  # type: ignore[arg-type]  # a choice of the same three words
        paused=server.paused_at is not None,
        position=place.position,
        offers_all=place.offers_all,
    )


def feature_row(feature: Feature) -> FeatureRow:
    return FeatureRow(
        id=feature.id,
        server_id=feature.server_id,
        kind=feature.kind,  # type: ignore[arg-type]  # a choice of the same four words
        name=feature.name,
        title=feature.title,
        description=feature.description,
        alias=feature.alias,
        enabled=feature.enabled,
        read_only=feature.read_only,
        fault=feature.fault,
        gone=feature.gone_at is not None,
        position=feature.position,
    )


def choice_row(choice: HubFeature) -> ChoiceRow:
    return ChoiceRow(feature_id=choice.feature_id, offered=choice.offered, clash_with=choice.clash_with)
