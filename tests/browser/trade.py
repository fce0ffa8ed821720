"""Creators with something to publish, and what others do with it, by the quick way: through the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

from tests.browser.people import Visitor
from tests.launch.waiting import wait_until

LIMIT_S = 90.0
INSTRUCTIONS = "You reckon for people who run a small shop. Use the tools for every figure, and show how you got it."


@dataclass
class Creator:
    """Somebody with a workspace, the toolbox of the marketplace on its hub, and whatever they make there."""

    visitor: Visitor
    operator: Visitor
    hub: str = ""

    @classmethod
    def begin(cls, browser: Browser, operator: Visitor, email: str) -> Creator:
        visitor = Visitor.join(browser, operator, email)
        install(visitor, "toolbox")
        return cls(visitor, operator, visitor.own_api("GET", "hubs")["data"][0]["id"])

    def assistant(self, name: str, *tools: str) -> str:
        """A deployed one with tools of the toolbox. Returns its id."""
        chosen = [{"hub": self.hub, "name": f"toolbox__{tool}"} for tool in tools]
        made = self.visitor.own_api(
            "POST", "assistants", {"name": name, "configuration": {"instructions": INSTRUCTIONS, "tools": chosen}}
        )
        self.visitor.own_api("POST", f"assistants/{made['id']}/deploy", {})
        return str(made["id"])

    def publish(self, name: str, *tools: str) -> dict[str, Any]:
        """A live listing of a new assistant, useful without a model: scanned by the worker, approved."""
        if not self.visitor.own_api("GET", "publishers")["data"]:
            self.visitor.own_api("POST", "publishers", {"name": f"{name} Makers"})
        source = {"source": self.assistant(name, *tools), "works_offline": True}
        listing = self.visitor.own_api("POST", "listings", source)
        texts = {"summary": "Reckons for a small shop.", "category": "work", "licence": "MIT", "readme": "# Reckoning"}
        self.visitor.own_api("PATCH", f"listings/{listing['id']}", texts | {"notes": "The first one."})
        self.visitor.own_api("POST", f"listings/{listing['id']}/versions", {})
        self.approved(listing["id"], "1.0.0")
        found: dict[str, Any] = self.visitor.own_api("GET", f"listings/{listing['id']}")
        assert found["state"] == "live"
        return found

    def approved(self, listing: str, version: str) -> None:
        """The operator says yes once the scan is through."""
        path = f"listings/{listing}/versions/{version}"
        wait_until(
            lambda: self.visitor.own_api("GET", path)["state"] == "review", f"{version} waits for the operator", LIMIT_S
        )
        self.operator.go("/operator/")
        self.operator.api("POST", f"moderation/versions/{self.visitor.own_api('GET', path)['id']}/approve", {})


def install(visitor: Visitor, slug: str) -> dict[str, Any]:
    """Into their own workspace, with the servers that it needs."""
    found: dict[str, Any] = visitor.own_api("POST", "installs", {"listing": slug, "hub": "new"})

    def ready() -> bool:
        found.update(visitor.own_api("GET", f"installs/{found['id']}"))
        return bool(found["state"] == "ready")

    wait_until(ready, f"{slug} is ready", LIMIT_S)
    return found
