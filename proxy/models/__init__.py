"""MCP servers, what they offer, hubs, and calls."""

from proxy.models.calls import Call, CallJob
from proxy.models.hubs import Hub, HubFeature, HubServer
from proxy.models.servers import Definition, Feature, Server

__all__ = ["Call", "CallJob", "Definition", "Feature", "Hub", "HubFeature", "HubServer", "Server"]
