"""The reference as it is served: the same document for all, made once, and true."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.test import Client

from core.decision import SCOPES
from core.reference import kept as keeping
from core.reference.kept import kept
from tests.cast import Cast, cast

__all__ = ["cast"]
V1 = "/api/v1"


def test_the_description_is_made_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/api/schema/")
    monkeypatch.setattr(keeping, "_made", lambda: pytest.fail("it was made again"))
    again = client.get("/api/schema/")
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]


def test_who_has_the_description_gets_304(client: Client) -> None:
    tag = client.get("/api/schema/")["ETag"]
    answer = client.get("/api/schema/", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert client.get("/api/schema/", headers={"If-None-Match": '"another"'}).status_code == 200


def test_a_compressed_description_may_be_asked_for_again_too(client: Client) -> None:
    answer = client.get("/api/schema/", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.content) == kept().body
    again = client.get("/api/schema/", headers={"Accept-Encoding": "gzip", "If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_the_description_takes_no_writes(client: Client) -> None:
    assert client.post("/api/schema/").status_code == 405
    assert client.post("/api/docs/").status_code == 405


def test_every_operation_stands_on_the_page_of_its_group(client: Client, db: None) -> None:
    index = client.get("/api/docs/").content.decode()
    pages = {slug: client.get(f"/api/docs/{slug}/").content.decode() for slug in kept().reference.groups}
    described = [(path, method) for path, item in kept().document["paths"].items() for method in item]
    shown = [(each.path, each.method.lower()) for _group, each in kept().reference.operations()]
    assert sorted(shown) == sorted(described)
    for group, each in kept().reference.operations():
        assert f'href="/api/docs/{group.slug}/"' in index
        assert f'<article class="op" id="{each.id}"' in pages[group.slug]


def test_pages_have_no_script_or_style_inside(client: Client, db: None) -> None:
    for path in ("/api/docs/", "/api/docs/hubs/"):
        text = client.get(path).content.decode()
        assert text.count("<script") == text.count('<script src="')
        assert "<style" not in text
        assert not re.search(r'\s(style|on\w+)="', text)


def test_a_group_that_is_not_there_is_a_page_and_no_problem(client: Client, db: None) -> None:
    answer = client.get("/api/docs/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_examples_name_the_visitors_own_workspace(cast: Cast) -> None:
    anonymous = cast.browser("anonymous").get("/api/docs/hubs/").content.decode()
    assert "workspaces/your-workspace/hubs" in anonymous
    assert 'value="your-workspace"' not in anonymous
    own = cast.browser("viewer").get("/api/docs/hubs/").content.decode()
    slug = re.search(r'name="workspace" value="([^"]+)"', own)
    assert slug and f"workspaces/{slug[1]}/hubs" in own
    assert cast.browser("viewer").get(f"/w/{slug[1]}/").status_code == 200
    assert "your-workspace" not in own


def test_ctrl_k_finds_operations(client: Client, db: None) -> None:
    text = client.get("/find/", {"q": "pause a hub"}, headers={"HX-Request": "true"}).content.decode()
    assert 'href="/api/docs/hubs/#pause_hub"' in text


def test_the_index_tells_every_scope_and_what_it_lets_through(client: Client, db: None) -> None:
    text = client.get("/api/docs/").content.decode()
    for scope, actions in SCOPES.items():
        assert f"<code>{scope}</code>" in text
        assert all(f"<code>{action}</code>" in text for action in actions)


def test_ids_in_examples_look_like_ids_of_their_kind() -> None:
    connect = next(each for _group, each in kept().reference.operations() if each.id == "get_hub")
    assert connect.answers[0].example["id"].startswith("hub_")
    assert connect.parameters_in("path")[1].example.startswith("hub_")


def test_every_operation_says_who_may() -> None:
    every = [each for _group, each in kept().reference.operations() if not each.is_open]
    assert [each.id for each in every if each.takes_key and not each.scopes] == []
    alone = {each.id for each in every if not each.takes_key}
    assert {"create_workspace", "approve_version", "start_import"} <= alone
    assert all(each.takes_session for each in every if each.id in alone)


@pytest.mark.parametrize("scope", list(SCOPES))
def test_scopes_are_as_they_are_told(cast: Cast, scope: str) -> None:
    """Each operation is asked for something that is not there: a scope that does not do is refused before that."""
    api = cast.api("owner", scope)
    wrong = {}
    for path, item in kept().document["paths"].items():
        if "/workspaces" not in path:
            continue  # these first look for what they are about
        address = re.sub(r"\{(id|server)\}", "nothing", path).replace("{workspace}", cast.workspace.slug)
        address = address.replace("{number}", "1")
        for method, operation in item.items():
            answer: Any = getattr(api, method)(address.replace("{slug}", cast.workspace.slug), {}, format="json")
            refused = answer.status_code == 403 and answer.json()["code"] == "scope"
            if "x-scopes" in operation and refused == (scope in operation["x-scopes"]):
                wrong[f"{method} {path}"] = (answer.status_code, operation["x-scopes"])
    assert wrong == {}
