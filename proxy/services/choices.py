"""What a hub offers: servers put on it and taken off, their order, and what it takes of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import in_workspace, require
from accounts.services import bump_workspace
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem
from core.events import record_event
from proxy.enums import MAX_SERVERS_ON_HUB
from proxy.errors import LimitProblem
from proxy.models import Feature, Hub, HubFeature, HubServer, Server
from proxy.selectors.offers import hub_rows
from proxy.services.clashes import reflag, refuse_clashes
from proxy.services.hubs import locked_hub


def add_server(*, actor: Principal, hub: Hub, server: Server, offers_all: bool = True) -> HubServer:
    """Put a server on a hub, at the end. With `offers_all` False nothing of it is offered until it is chosen.

    Again, it changes nothing. Raises ClashProblem, LimitProblem or InvalidProblem.
    """
    _require(actor, hub)
    with transaction.atomic():
        hub = locked_hub(hub)
        if server.workspace_id != hub.workspace_id:
            raise InvalidProblem(_("The server belongs to another workspace."), field="server")
        places = list(HubServer.objects.filter(hub=hub).order_by("position", "id"))
        found = next((place for place in places if place.server_id == server.id), None)
        if found is not None:
            return found
        if len(places) >= MAX_SERVERS_ON_HUB:
            raise LimitProblem(_("A hub has at most %d servers.") % MAX_SERVERS_ON_HUB)
        before = hub_rows(hub)
        position = places[-1].position + 1 if places else 0
        place = HubServer.objects.create(hub=hub, server=server, position=position, offers_all=offers_all)
        refuse_clashes(before, hub_rows(hub))
        _record("hub.server_added", actor, place, data={"offers_all": offers_all})
        bump_workspace(workspace_id=hub.workspace_id)
    return place


def remove_server(*, actor: Principal, hub: Hub, server: Server) -> None:
    """Take a server off a hub, with what was chosen of it there. Raises NotFoundProblem."""
    _require(actor, hub)
    with transaction.atomic():
        place = _place(locked_hub(hub), server)
        _record("hub.server_removed", actor, place)
        place.delete()
        reflag(place.hub)
        bump_workspace(workspace_id=hub.workspace_id)


def arrange_servers(*, actor: Principal, hub: Hub, server_ids: Sequence[str]) -> None:
    """Set the order of a hub's servers; it decides the order of lists. Raises InvalidProblem."""
    _require(actor, hub)
    with transaction.atomic():
        hub = locked_hub(hub)
        places = {place.server_id: place for place in HubServer.objects.filter(hub=hub)}
        if sorted(server_ids) != sorted(places):
            raise InvalidProblem(_("Name every server of the hub once."), field="servers")
        for position, server_id in enumerate(server_ids):
            places[server_id].position = position
        HubServer.objects.bulk_update(places.values(), ["position"])
        bump_workspace(workspace_id=hub.workspace_id)


def choose_features(
    *, actor: Principal, hub: Hub, server: Server, offers_all: bool, feature_ids: Collection[str] = ()
) -> HubServer:
    """Say what a hub takes of a server. Raises NotFoundProblem, InvalidProblem or ClashProblem.

    `offers_all`: everything but `feature_ids`, also what the server gains later. Otherwise `feature_ids` alone.
    """
    _require(actor, hub)
    with transaction.atomic():
        place = _place(locked_hub(hub), server)
        own = set(Feature.objects.filter(server=server, pk__in=feature_ids).values_list("id", flat=True))
        if own != set(feature_ids):
            raise InvalidProblem(_("The server has no such tool, resource or prompt."), field="features")
        before = hub_rows(place.hub)
        was = _choice(place)
        place.offers_all = offers_all
        place.save(update_fields=["offers_all", "updated_at"])
        _store(place, own)
        refuse_clashes(before, hub_rows(place.hub))
        reflag(place.hub)
        if (now_is := _choice(place)) != was:
            _record("hub.offers_changed", actor, place, changes={"choice": [was, now_is]})
            bump_workspace(workspace_id=hub.workspace_id)
    return place


def offer_feature(*, actor: Principal, hub: Hub, feature: Feature, offered: bool) -> None:
    """Switch one feature on or off on one hub, whatever its server's mode is. Raises as `choose_features`."""
    _require(actor, hub)
    with transaction.atomic():
        place = _place(locked_hub(hub), feature.server)
        before = hub_rows(place.hub)
        choice = HubFeature.objects.filter(hub_server=place, feature=feature).first()
        if (choice.offered if choice else place.offers_all) == offered:
            return
        HubFeature.objects.update_or_create(hub_server=place, feature=feature, defaults={"offered": offered})
        refuse_clashes(before, hub_rows(place.hub))
        reflag(place.hub)
        change = {"offered": [not offered, offered]}
        _record("hub.offers_changed", actor, place, changes=change, data={"feature": feature.id, "tool": feature.name})
        bump_workspace(workspace_id=hub.workspace_id)


def _store(place: HubServer, named: set[str]) -> None:
    """`named` is what differs from the rule: left out of everything, or taken of nothing. Flags of clashes stay."""
    offered = not place.offers_all
    stored = {choice.feature_id: choice for choice in HubFeature.objects.filter(hub_server=place)}
    for feature_id, choice in stored.items():
        if feature_id in named:
            choice.offered = offered
            choice.save(update_fields=["offered"])
        elif choice.clash_with and place.offers_all:
            choice.offered = True
            choice.save(update_fields=["offered"])
        else:
            choice.delete()
    HubFeature.objects.bulk_create(
        HubFeature(hub_server=place, feature_id=feature_id, offered=offered) for feature_id in named - stored.keys()
    )


def _choice(place: HubServer) -> dict[str, Any]:
    rows = HubFeature.objects.filter(hub_server=place, offered=not place.offers_all)
    return {"all": place.offers_all, "named": sorted(rows.values_list("feature_id", flat=True))}


def _require(actor: Principal, hub: Hub) -> None:
    require(actor, "hub.manage", in_workspace(hub.workspace_id, "hub", hub.id, hub_id=hub.id))


def _place(hub: Hub, server: Server) -> HubServer:
    found = HubServer.objects.select_related("server").filter(hub=hub, server=server).first()
    if found is None:
        raise NotFoundProblem(_("The server is not on this hub."))
    found.hub = hub
    return found


def _record(
    type: str,
    actor: Principal,
    place: HubServer,
    *,
    changes: dict[str, list[Any]] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    hub, server = place.hub, place.server
    record_event(
        type=type,
        actor=actor,
        workspace_id=hub.workspace_id,
        target_kind="hub",
        target=hub.id,
        changes=changes,
        data={"name": hub.title, "server": server.title, "server_id": server.id} | (data or {}),
    )
