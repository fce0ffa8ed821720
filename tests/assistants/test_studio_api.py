"""Assistants over the API."""

from __future__ import annotations

from assistants.models import Assistant
from proxy.models import Hub
from tests.assistants.studio import hub, make
from tests.cast import Cast

__all__ = ["hub"]
API = "/api/v1/workspaces/acme/assistants"


def test_programs_make_edit_keep_and_deploy(cast: Cast, hub: Hub) -> None:
    api = cast.api("admin", "write")
    configuration = {"instructions": "Be brief.", "tools": [{"hub": hub.id, "name": "up__echo"}]}
    made = api.post(API, {"name": "Travel guide", "configuration": configuration}, format="json")
    assert made.status_code == 201
    one = f"{API}/{made.json()['id']}"
    assert (made.json()["state"], made.json()["version"], made.json()["draft"]) == ("draft", None, configuration)
    kept = api.post(f"{one}/versions", {"note": "The first"}, format="json")
    assert (kept.status_code, kept.json()["number"], kept.json()["deployed"]) == (201, 1, False)
    assert api.post(f"{one}/versions", {}, format="json").json()["code"] == "nothing_new"
    deployed = api.post(f"{one}/deploy", {"version": 1}, format="json").json()
    assert (deployed["state"], deployed["version"], deployed["tool"]) == ("running", 1, "ask_travel_guide")
    changed = api.patch(one, {"configuration": {"instructions": "Be long."}, "revision": 1}, format="json").json()
    assert changed["draft_revision"] == 2
    stale = api.patch(one, {"configuration": {"instructions": "Mine."}, "revision": 1}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "draft_changed")
    half = api.patch(one, {"configuration": {"instructions": "Lost?"}, "revision": 2, "letters": "!!"}, format="json")
    assert half.status_code == 400
    assert api.get(one).json()["draft"] == {"instructions": "Be long."}, "all of a request, or nothing"
    assert api.patch(one, {"configuration": {}}, format="json").status_code == 400
    again = api.post(f"{one}/deploy", {"note": "Longer"}, format="json").json()
    assert again["version"] == 2
    numbers = [version["number"] for version in api.get(f"{one}/versions").json()["data"]]
    assert numbers == [2, 1]
    assert api.get(f"{one}/versions/2").json()["note"] == "Longer"
    assert api.get(f"{one}/versions/3").status_code == 404
    assert api.post(f"{one}/pause").json()["state"] == "paused"
    assert api.post(f"{one}/resume").json()["state"] == "running"
    assert [row["slug"] for row in api.get(f"{API}?state=running").json()["data"]] == ["travel-guide"]
    assert api.get(f"{API}?state=paused").json()["data"] == []
    assert api.delete(one).status_code == 204


def test_values_go_in_and_never_come_out(cast: Cast) -> None:
    assistant = make(cast, variables=[{"name": "token", "label": "Token", "kind": "secret", "required": True}])
    api = cast.api("admin", "write")
    answer = api.post(f"{API}/{assistant.id}/values", {"values": {"token": "s3cret"}}, format="json")
    assert answer.json()["filled"] == ["token"]
    assert "s3cret" not in answer.content.decode()
    assert "s3cret" not in api.get(f"{API}/{assistant.id}/export").content.decode()
    wrong = api.post(f"{API}/{assistant.id}/values", {"values": {"nobody": "x"}}, format="json").json()
    assert wrong["errors"][0]["field"] == "values.nobody"


def test_errors_name_the_field(cast: Cast) -> None:
    api = cast.api("admin", "write")
    answer = api.post(API, {"name": "X", "configuration": {"starters": ["a"] * 9}}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "starters"
    assert not Assistant.objects.exists()


def test_a_write_with_the_same_key_happens_once(cast: Cast) -> None:
    api = cast.api("admin", "write")
    for _attempt in range(2):
        made = api.post(API, {"name": "Once"}, format="json", headers={"Idempotency-Key": "k1"})
        assert made.status_code == 201
    assert Assistant.objects.count() == 1


def test_keys_open_what_their_scopes_say(cast: Cast) -> None:
    assistant = make(cast)
    reader = cast.api("admin", "read")
    assert reader.get(f"{API}/{assistant.id}").status_code == 200
    assert reader.post(API, {"name": "X"}, format="json").status_code == 403
    assert cast.api("member", "write").post(API, {"name": "X"}, format="json").status_code == 403
    assert cast.api("admin", "mcp").get(API).status_code == 403


def test_a_file_is_imported_with_notes(cast: Cast) -> None:
    content = '{"name": "Poet", "instructions": "Rhyme.", "mood": "blue"}'
    answer = cast.api("admin", "write").post(f"{API}/import", {"content": content}, format="json")
    assert answer.status_code == 201
    assert answer.json()["assistant"]["draft"] == {"instructions": "Rhyme."}
    assert "mood" in " ".join(answer.json()["notes"])
    refused = cast.api("admin", "write").post(f"{API}/import", {"content": "{"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "unreadable")
