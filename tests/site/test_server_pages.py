from __future__ import annotations

import json

from django.test import Client

from proxy.models import Feature, Server
from proxy.services.barring import apply_stdio_policy
from proxy.services.discovery import record_discovery
from proxy.stdio_policy import REFUSAL
from tests.proxy.offering import discovered
from tests.site.conftest import Things, add_call

W = "/w/acme/"


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def owner(things: Things) -> Client:
    return things.cast.browser("owner")


def by_address(**changes: object) -> dict[str, object]:
    return {"title": "Docs", "transport": "http", "url": "https://docs.example.com/mcp", "timeout_s": 60} | changes


def test_a_server_is_connected_by_address_and_put_on_a_hub(things: Things) -> None:
    answer = owner(things).post(f"{W}connect/", by_address(headers="Authorization: Bearer s3cret", hub="main"))
    server = Server.objects.get(slug="docs")
    assert answer["Location"] == f"{W}servers/docs/"
    assert server.secret_names == {"headers": ["Authorization"]}
    assert things.hub in server.hubs.all()
    page = text(owner(things).get(f"{W}servers/docs/"))
    assert "Authorization" in page
    assert "s3cret" not in page
    assert "s3cret" not in text(owner(things).get(f"{W}servers/docs/change/"))


def test_what_cannot_be_used_is_said_beside_its_field(things: Things) -> None:
    answer = owner(things).post(f"{W}connect/", by_address(url="ftp://docs.example.com"))
    assert answer.status_code == 400
    assert 'value="ftp://docs.example.com"' in text(answer)
    assert not Server.objects.filter(slug="docs").exists()


def test_commands_are_for_the_operator_alone(things: Things) -> None:
    command = {"title": "Shell", "transport": "stdio", "command": "sh", "args": "-c\nid", "timeout_s": 60}
    answer = owner(things).post(f"{W}connect/", command)
    assert answer.status_code == 400
    assert "Only the operator" in text(answer)
    assert not Server.objects.filter(transport="stdio").exists()


def test_a_test_saves_nothing_and_says_what_is_wrong(things: Things) -> None:
    answer = owner(things).post(f"{W}connect/", by_address(url="http://127.0.0.1:9/mcp", do="test"))
    assert answer.status_code == 200
    assert "notice" in text(answer)
    assert not Server.objects.filter(slug="docs").exists()


def test_a_changed_server_keeps_the_secrets_that_were_left_blank(things: Things) -> None:
    owner(things).post(f"{W}connect/", by_address(headers="Authorization: Bearer s3cret"))
    before = bytes(Server.objects.get(slug="docs").secrets or b"")
    owner(things).post(f"{W}servers/docs/change/", by_address(title="Manuals", headers="Authorization:"))
    server = Server.objects.get(slug="docs")
    assert server.title == "Manuals"
    assert bytes(server.secrets or b"") == before


def test_a_command_that_may_not_run_any_more_says_why(things: Things) -> None:
    Server.objects.filter(slug="up").update(transport="stdio", command="sh", command_by=things.cast.users["admin"].id)
    assert apply_stdio_policy() == 1
    page = text(owner(things).get(f"{W}servers/up/"))
    assert "may not run" in page
    assert REFUSAL in page
    answer = things.cast.api("owner", "read").get(f"/api/v1/workspaces/acme/servers/{things.server.id}").json()
    assert answer["problem"] == {"kind": "not_allowed", "sentence": REFUSAL}


def test_a_server_is_paused_asked_and_removed(things: Things) -> None:
    owner(things).post(f"{W}servers/up/pause/")
    assert "paused" in text(owner(things).get(f"{W}servers/up/"))
    owner(things).post(f"{W}servers/up/pause/")
    owner(things).post(f"{W}servers/up/ask/")
    owner(things).post(f"{W}servers/up/delete/", {"confirm": "down"})
    assert Server.objects.filter(slug="up").exists()
    owner(things).post(f"{W}servers/up/delete/", {"confirm": "up"})
    assert not Server.objects.filter(slug="up").exists()


def test_a_pasted_configuration_is_looked_at_then_connected(things: Things) -> None:
    config = json.dumps({"mcpServers": {"docs": {"url": "https://docs.example.com/mcp"}, "odd": {"nothing": 1}}})
    page = f"{W}connect/paste/"
    found = text(owner(things).post(page, {"text": config, "step": "look"}))
    assert "Docs" in found
    assert "Connect what is ticked" in found
    answer = owner(things).post(page, {"text": config, "step": "connect", "take_0": "on", "hub": "main"})
    assert answer.status_code == 302
    assert things.hub in Server.objects.get(slug="docs").hubs.all()
    again = text(owner(things).post(page, {"text": config, "step": "connect", "take_0": "on"}))
    assert "connected already" in again


def test_text_that_is_no_configuration_stays_with_its_error(things: Things) -> None:
    answer = owner(things).post(f"{W}connect/paste/", {"text": "{not json", "step": "look"})
    assert answer.status_code == 400
    assert "{not json" in text(answer)


def test_a_tool_is_renamed_and_switched_off(things: Things) -> None:
    page = f"{W}tools/{things.tool.id}/"
    answer = owner(things).post(page, {"do": "decide", "enabled": "on", "alias": "say", "description": "Says it."})
    assert answer.status_code == 302
    tool = Feature.objects.get(pk=things.tool.pk)
    assert (tool.alias, tool.description, tool.enabled) == ("say", "Says it.", True)
    assert owner(things).post(page, {"do": "decide", "alias": "two words"}).status_code == 400


def test_definitions_without_words_or_with_nonsense_have_pages(things: Things) -> None:
    tools = ({"name": "bare"}, {"name": "odd", "description": {"a": 1}, "inputSchema": [], "annotations": 5})
    prompts = ({"name": "p", "arguments": 5}, {"name": "q", "arguments": [{"name": ["x"]}, {"name": "fine"}]})
    record_discovery(server=things.server, found=discovered(*tools, prompts=prompts))
    assert owner(things).get(f"{W}servers/up/").status_code == 200
    for feature in Feature.objects.filter(server=things.server, gone_at=None):
        page = owner(things).get(f"{W}tools/{feature.id}/")
        assert page.status_code == 200, feature.name
        if feature.name == "q":
            assert "fine" in text(page)


def test_lists_ask_no_more_when_there_is_more(things: Things, django_assert_max_num_queries: object) -> None:
    for number in range(5):
        owner(things).post(f"{W}connect/", by_address(title=f"Docs {number}", url=f"https://d{number}.example.com/"))
        add_call(things.cast.workspace.id, things.hub.id, things.server.id)
    for page in ("", "servers/", "tools/", "calls/", "hubs/"):
        with django_assert_max_num_queries(32):  # type: ignore[operator]
            assert owner(things).get(W + page).status_code == 200


def test_calls_are_filtered_paged_and_opened(things: Things) -> None:
    ids = [add_call(things.cast.workspace.id, things.hub.id, things.server.id, f"up__{n}") for n in range(51)]
    page = text(owner(things).get(f"{W}calls/"))
    assert "up__50" in page
    assert ids[0] not in page
    older = text(owner(things).get(f"{W}calls/?before={ids[1]}"))
    assert "up__0" in older
    opened = text(owner(things).get(f"{W}calls/?open={ids[50]}&outcome=ok&hub={things.hub.id}"))
    assert "The way of this call" in opened
    assert "No call fits" in text(owner(things).get(f"{W}calls/?outcome=refused"))
    assert owner(things).get(f"{W}calls/call_none/").status_code == 404


def test_the_old_address_of_connecting_leads_to_installing(things: Things) -> None:
    answer = owner(things).get(f"{W}connect/from/github/")
    assert (answer.status_code, answer["Location"]) == (302, f"{W}install/github/")
