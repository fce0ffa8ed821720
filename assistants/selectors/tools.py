"""The tools that an assistant may be given: what the hubs of its workspace offer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from assistants.configuration import ToolChoice
from proxy.models import Feature, Hub, HubFeature, HubServer, Server
from proxy.selectors.offers import HubRows, choice_row, feature_row, hub_row, server_row


@dataclass(frozen=True)
class HubTool:
    """A tool under the name that a hub gives it. `feature` is None when the hub no longer offers it."""

    hub: str
    hub_title: str
    name: str
    feature: Feature | None
    server: Server | None
    ask_first: bool = False

    @property
    def value(self) -> str:
        return f"{self.hub}/{self.name}"

    @property
    def read_only(self) -> bool:
        return self.feature is not None and self.feature.read_only

    @property
    def writes(self) -> bool:
        """Known not to say that it only reads: the picker then proposes that it asks first."""
        return self.feature is not None and not self.feature.read_only

    @property
    def words(self) -> str:
        return " ".join((self.feature.words or self.feature.title).split()) if self.feature else ""


def hub_tools(workspace_id: str) -> list[HubTool]:
    """Every tool that a hub of the workspace offers, in the order of hubs and servers. Four queries."""
    hubs = list(Hub.objects.filter(workspace=workspace_id).select_related("workspace").order_by("title", "id"))
    places = list(HubServer.objects.filter(hub__in=hubs).select_related("server").order_by("position", "id"))
    by_hub: dict[str, list[HubServer]] = defaultdict(list)
    for place in places:
        by_hub[place.hub_id].append(place)
    features = Feature.objects.filter(
        server__in={place.server_id for place in places}, kind=Feature.Kind.TOOL, gone_at=None
    )
    by_server: dict[str, list[Feature]] = defaultdict(list)
    for feature in features:
        by_server[feature.server_id].append(feature)
    choices: dict[str, list[HubFeature]] = defaultdict(list)
    for choice in HubFeature.objects.filter(hub_server__in=places).select_related("hub_server"):
        choices[choice.hub_server.hub_id].append(choice)
    return [tool for hub in hubs for tool in _tools_of(hub, by_hub[hub.id], by_server, choices[hub.id])]


def _tools_of(
    hub: Hub, places: list[HubServer], by_server: dict[str, list[Feature]], choices: list[HubFeature]
) -> list[HubTool]:
    features = {feature.id: feature for place in places for feature in by_server[place.server_id]}
    servers = {place.server_id: place.server for place in places}
    rows = HubRows(
        hub=hub_row(hub, hub.workspace),
        servers=tuple(server_row(place.server, place) for place in places),
        features=tuple(feature_row(feature) for feature in features.values()),
        choices=tuple(choice_row(choice) for choice in choices if choice.feature_id in features),
    )
    return [
        HubTool(hub.id, hub.title, offer.name, features[offer.feature.id], servers[offer.server.id])
        for offer in rows.offers()
        if offer.state == "offered"
    ]


def chosen_tools(tools: list[HubTool], chosen: list[ToolChoice]) -> list[HubTool]:
    """The chosen ones in their order; what no hub offers any more comes without a feature."""
    known = {tool.value: tool for tool in tools}
    titles = {tool.hub: tool.hub_title for tool in tools}
    found = []
    for choice in chosen:
        at = known.get(f"{choice.hub}/{choice.name}")
        found.append(
            HubTool(
                choice.hub,
                at.hub_title if at else titles.get(choice.hub, ""),
                choice.name,
                at.feature if at else None,
                at.server if at else None,
                choice.ask_first,
            )
        )
    return found


def found_tools(tools: list[HubTool], q: str, *, without: set[str]) -> list[HubTool]:
    """Those in which every word of `q` stands, without the chosen ones."""
    words = q.casefold().split()
    return [tool for tool in tools if tool.value not in without and all(word in _searched(tool) for word in words)]


def with_words(tools: list[HubTool]) -> list[HubTool]:
    """Read the definitions of the tools that are shown, in one query: they are large, and most are never looked at."""
    prefetch_related_objects([tool.feature for tool in tools if tool.feature], "definition")
    return tools


def _searched(tool: HubTool) -> str:
    feature, server = tool.feature, tool.server
    said = f"{feature.title} {feature.description}" if feature else ""
    return f"{tool.name} {tool.hub_title} {said} {server.title if server else ''}".casefold()
