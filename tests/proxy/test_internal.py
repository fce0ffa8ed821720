"""A server that the installation is itself: pushed down, offered like any other, not to be changed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from core.errors import ServiceProblem
from proxy.errors import DraftProblem
from proxy.models import Feature, Hub, Server
from proxy.selectors.offers import offered
from proxy.selectors.servers import draft_of
from proxy.services.choices import add_server
from proxy.services.hubs import create_hub
from proxy.services.internal import offer_internal
from proxy.services.servers import connect_server, delete_server, pause_server, resume_server, update_server
from tests.cast import Cast, cast

__all__ = ["cast"]


def tool(name: str) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object"}}


def push(cast: Cast, *names: str) -> Server | None:
    tools = [tool(name) for name in names]
    return offer_internal(workspace_id=cast.workspace.id, name="parts", title="Parts", tools=tools)


def names(hub: Hub) -> dict[str, str]:
    return {one.name: one.state for one in offered(Hub.objects.get(pk=hub.pk))}


@pytest.fixture
def hub(cast: Cast) -> Hub:
    return create_hub(actor=cast.principal("admin"), workspace=cast.workspace, title="Main")


def test_nothing_to_offer_makes_no_server(cast: Cast, hub: Hub) -> None:
    assert push(cast) is None
    assert not Server.objects.exists()


def test_the_oldest_hub_offers_it_under_bare_names(cast: Cast, hub: Hub) -> None:
    other = create_hub(actor=cast.principal("admin"), workspace=cast.workspace, title="Other")
    server = push(cast, "ask_a")
    assert server is not None
    assert names(hub) == {"ask_a": "offered"}
    assert names(other) == {}
    push(cast, "ask_a", "ask_b")
    assert names(hub) == {"ask_a": "offered", "ask_b": "offered"}
    push(cast, "ask_b")
    assert names(hub) == {"ask_a": "gone", "ask_b": "offered"}
    push(cast)
    assert set(names(hub).values()) == {"gone"}
    assert Server.objects.get() == server
    assert Server.objects.get().next_discovery_at is None


def test_a_hub_that_lost_it_does_not_get_it_back(cast: Cast, hub: Hub) -> None:
    push(cast, "ask_a")
    hub.hub_servers.all().delete()
    push(cast, "ask_a", "ask_b")
    assert names(hub) == {}


def test_a_name_that_is_taken_stays_with_its_holder(cast: Cast, hub: Hub) -> None:
    first = offer_internal(workspace_id=cast.workspace.id, name="first", title="First", tools=[tool("ask_a")])
    assert first is not None
    push(cast, "ask_a")
    assert sorted(one.state for one in offered(Hub.objects.get(pk=hub.pk))) == ["clash", "offered"]
    assert Feature.objects.get(server=first).name == "ask_a"
    assert [one.state for one in offered(hub) if one.hub_server.server_id == first.id] == ["offered"]


def test_what_changes_while_it_is_paused_is_kept(cast: Cast, hub: Hub) -> None:
    admin = cast.principal("admin")
    server = push(cast, "ask_a")
    assert server is not None
    pause_server(actor=admin, server=server)
    push(cast, "ask_b")
    assert Server.objects.get().state == Server.State.PAUSED
    resume_server(actor=admin, server=server)
    assert Server.objects.get().state == Server.State.RUNNING
    assert names(hub) == {"ask_a": "gone", "ask_b": "offered"}


def test_nobody_makes_or_changes_one_by_hand(cast: Cast, hub: Hub) -> None:
    admin = cast.principal("admin")
    server = push(cast, "ask_a")
    assert server is not None
    with pytest.raises(DraftProblem):
        connect_server(actor=admin, workspace=cast.workspace, draft=draft_of(server))
    for change in (lambda: update_server(actor=admin, server=server, draft=draft_of(server)),
                   lambda: delete_server(actor=admin, server=server)):  # fmt: skip
        with pytest.raises(ServiceProblem) as refused:
            change()
        assert refused.value.code == "internal"
    page = cast.browser("admin").get(f"/w/{cast.workspace.slug}/servers/{server.slug}/")
    assert page.status_code == 200 and b"Part of Crossroads" in page.content
    edit = cast.browser("admin").get(reverse("proxy:server-edit", args=[cast.workspace.slug, server.slug]))
    assert edit.status_code == 302
    other = create_hub(actor=admin, workspace=cast.workspace, title="Other")
    add_server(actor=admin, hub=other, server=server)
    assert names(other) == {"ask_a": "offered"}
