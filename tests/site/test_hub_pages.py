from __future__ import annotations

from django.test import Client

from core.permissions import SYSTEM
from proxy.importers.drafts import ServerDraft
from proxy.models import Hub, HubFeature, Server
from proxy.services.servers import connect_server
from tests.site.conftest import Things, add_call, add_tool

HUBS = "/w/acme/hubs/"


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def owner(things: Things) -> Client:
    return things.cast.browser("owner")


def another_server(things: Things, slug: str = "second") -> Server:
    draft = ServerDraft(title=slug.title(), slug=slug, transport="http", url=f"https://{slug}.example.com/mcp")
    return connect_server(actor=SYSTEM, workspace=things.cast.workspace, draft=draft)


def test_a_hub_is_made_with_the_servers_that_were_ticked(things: Things) -> None:
    answer = owner(things).post(
        "/w/acme/new-hub/", {"title": "Night shift", "naming": "prefixed", "servers": [things.server.id]}
    )
    hub = Hub.objects.get(slug="night-shift")
    assert answer["Location"] == f"{HUBS}night-shift/"
    assert list(hub.servers.all()) == [things.server]
    page = text(owner(things).get(f"{HUBS}night-shift/"))
    assert "up__echo" in page
    assert "/mcp/acme/night-shift" in page


def test_what_was_typed_stays_when_the_address_is_taken(things: Things) -> None:
    answer = owner(things).post("/w/acme/new-hub/", {"title": "Second", "slug": "main", "naming": "prefixed"})
    assert answer.status_code == 400
    assert 'value="Second"' in text(answer)
    assert "Another hub of this workspace has this address." in text(answer)


def test_servers_are_put_on_moved_and_taken_off(things: Things) -> None:
    second = another_server(things)
    page = f"{HUBS}main/servers/"
    owner(things).post(page, {"server": "second", "do": "add"})
    assert [place.server for place in things.hub.hub_servers.order_by("position")] == [things.server, second]
    owner(things).post(page, {"server": "second", "do": "up"})
    assert [place.server for place in things.hub.hub_servers.order_by("position")] == [second, things.server]
    owner(things).post(page, {"server": "second", "do": "up"})  # it is the first already
    owner(things).post(page, {"server": "second", "do": "down"})
    owner(things).post(page, {"server": "second", "do": "remove"})
    assert list(things.hub.servers.all()) == [things.server]
    assert owner(things).post(page, {"server": "second", "do": "explode"}).status_code == 404


def test_a_clash_is_refused_with_both_names(things: Things) -> None:
    second = another_server(things)
    add_tool(second, "echo")
    owner(things).post(f"{HUBS}main/servers/", {"server": "second", "do": "add"})
    answer = owner(things).post(f"{HUBS}main/settings/", {"title": "Main", "naming": "bare"})
    assert answer.status_code == 400
    assert "echo" in text(answer)
    assert Hub.objects.get(pk=things.hub.pk).naming == "prefixed"


def test_only_what_is_ticked_is_offered(things: Things) -> None:
    erase = add_tool(things.server, "erase", read_only=False)
    page = f"{HUBS}main/servers/up/"
    owner(things).post(page, {"mode": "chosen", "feature": [things.tool.id]})
    assert HubFeature.objects.get(feature=things.tool).offered
    assert "not offered" in text(owner(things).get(f"{HUBS}main/tools/"))
    owner(things).post(page, {"mode": "all", "feature": [things.tool.id]})
    assert not HubFeature.objects.get(feature=erase).offered


def test_a_paused_hub_says_so_and_is_resumed(things: Things) -> None:
    owner(things).post(f"{HUBS}main/pause/")
    assert "This hub is paused" in text(owner(things).get(f"{HUBS}main/"))
    owner(things).post(f"{HUBS}main/pause/")
    assert "This hub is paused" not in text(owner(things).get(f"{HUBS}main/"))


def test_tools_of_a_paused_server_are_said_to_be_left_out(things: Things) -> None:
    add_tool(another_server(things), "speak")
    owner(things).post(f"{HUBS}main/servers/", {"server": "second", "do": "add"})
    assert "Left out for now" not in text(owner(things).get(f"{HUBS}main/"))
    owner(things).post("/w/acme/servers/second/pause/")
    answer = owner(things).get(f"{HUBS}main/")
    assert "so one tool is in no client" in text(answer)
    assert answer.context["offered"] == 1
    owner(things).post("/w/acme/servers/second/pause/")
    assert "Left out for now" not in text(owner(things).get(f"{HUBS}main/"))


def test_a_hub_is_removed_only_when_its_address_is_written(things: Things) -> None:
    owner(things).post(f"{HUBS}main/delete/", {"confirm": "mian"})
    assert Hub.objects.filter(pk=things.hub.pk).exists()
    owner(things).post(f"{HUBS}main/delete/", {"confirm": "main"})
    assert not Hub.objects.filter(pk=things.hub.pk).exists()


def test_a_broken_server_is_told_with_what_still_works(things: Things) -> None:
    Server.objects.filter(pk=things.server.pk).update(
        state="broken", problem_kind="unauthorized", problem="Up asks for credentials.", state_since="2026-01-01T00:00Z"
    )
    page = text(owner(things).get(f"{HUBS}main/"))
    assert "Up does not answer" in page
    assert "Up asks for credentials." in page
    assert "the other servers are not affected" in page


def test_the_picture_counts_clients_and_calls(things: Things) -> None:
    add_call(things.cast.workspace.id, things.hub.id, things.server.id)
    picture = text(owner(things).get(f"{HUBS}main/picture/"))
    assert "<svg" in picture
    assert "unnamed client" in picture


def test_pages_of_a_hub_ask_no_more_when_there_is_more(things: Things, django_assert_max_num_queries: object) -> None:
    for number in range(3):
        server = another_server(things, f"server-{number}")
        add_tool(server, f"tool-{number}")
        owner(things).post(f"{HUBS}main/servers/", {"server": server.slug, "do": "add"})
    for page in ("", "tools/", "servers/"):
        with django_assert_max_num_queries(32):  # type: ignore[operator]
            owner(things).get(f"{HUBS}main/{page}")
