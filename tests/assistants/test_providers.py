"""Model providers: connected, tested against real peers, changed, removed; by service, page and API."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assistants.configuration import ModelChoice
from assistants.models import ModelProvider
from assistants.presets import PRESETS, propose_classes
from assistants.services import providers as services
from assistants.services.settings import settings_of
from core.errors import PermissionProblem
from core.models import Event
from core.secrets import open_for, rotate_data_keys
from proxy.errors import DraftProblem
from tests.assistants.studio import make, text
from tests.cast import Cast
from tests.peers.fixtures import Peers

KEY = "sk-good-0123456789"
PAGES = "/w/acme/models/"
API = "/api/v1/workspaces/acme/model-providers"


def connect(
    cast: Cast, name: str = "House", base_url: str = "https://models.example.com/v1", key: str = KEY, **more: Any
) -> ModelProvider:
    return services.connect_provider(
        actor=cast.principal("admin"),
        workspace=cast.workspace,
        kind=more.pop("kind", "openai"),
        name=name,
        base_url=base_url,
        key=key,
        **more,
    )


def test_a_key_is_sealed_and_only_hinted_at(cast: Cast) -> None:
    row = connect(cast)
    assert KEY.encode() not in bytes(row.secret or b"")
    assert open_for(cast.workspace.id, row.secret) == {"key": KEY}
    assert row.key_hint == "sk-…6789"
    assert row.is_default
    assert not connect(cast, "Second").is_default
    assert KEY not in str([event.data for event in Event.objects.all()])
    assert KEY not in text(cast.browser("admin").get(f"{PAGES}{row.id}/"))
    assert KEY not in cast.api("admin", "admin").get(f"{API}/{row.id}").content.decode()
    rotate_data_keys(workspace_id=cast.workspace.id)
    row.refresh_from_db()
    assert open_for(cast.workspace.id, row.secret) == {"key": KEY}, "rotation seals it anew"


@pytest.mark.parametrize("who", ["member", "viewer", "outsider", "anonymous"])
def test_only_those_who_manage_models_may(cast: Cast, who: str) -> None:
    row, actor = connect(cast), cast.principal(who)
    for attempt in (
        lambda: services.connect_provider(
            actor=actor, workspace=cast.workspace, kind="openai", name="X", base_url="https://x.example/v1"
        ),
        lambda: services.update_provider(actor=actor, provider=row, name="X"),
        lambda: services.test_provider(actor=actor, provider=row),
        lambda: services.try_provider(actor=actor, workspace=cast.workspace, kind="openai", key=KEY),
        lambda: services.remove_provider(actor=actor, provider=row),
    ):
        with pytest.raises(PermissionProblem):
            attempt()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "nonsense"}, "kind"),
        ({"base_url": "ftp://models.example.com"}, "base_url"),
        ({"base_url": "https://models.example.com/v1?key=1"}, "base_url"),
        ({"base_url": "http://169.254.169.254/v1"}, "base_url"),
        ({"key": "two words"}, "key"),
        ({"key": "", "base_url": ""}, "key"),
        ({"classes": {"fastest": "x"}}, "classes"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(cast: Cast, values: dict[str, str], field: str) -> None:
    with pytest.raises(DraftProblem) as found:
        connect(cast, **values)
    assert list(found.value.errors) == [field]
    assert not ModelProvider.objects.exists()


def test_a_stored_key_is_not_sent_to_another_address(cast: Cast) -> None:
    row, actor = connect(cast), cast.principal("admin")
    with pytest.raises(DraftProblem) as found:
        services.update_provider(actor=actor, provider=row, base_url="https://thief.example.com/v1")
    assert list(found.value.errors) == ["key"]
    same_host = services.update_provider(actor=actor, provider=row, base_url="https://models.example.com/v2")
    assert same_host.base_url.endswith("/v2")
    moved = services.update_provider(actor=actor, provider=row, base_url="https://new.example.com/v1", key="sk-new")
    assert open_for(cast.workspace.id, moved.secret) == {"key": "sk-new"}


def test_one_provider_is_the_default(cast: Cast) -> None:
    first, second = connect(cast, "First"), connect(cast, "Second")
    services.update_provider(actor=cast.principal("admin"), provider=second, is_default=True)
    assert list(ModelProvider.objects.filter(is_default=True)) == [second]
    services.remove_provider(actor=cast.principal("admin"), provider=second)
    first.refresh_from_db()
    assert not first.is_default, "nobody chose to send conversations there"


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_real_provider_is_asked_what_it_offers(cast: Cast, peers: Peers, kind: str) -> None:
    peer = peers.start(f"model_{kind}", "--need-key", KEY)
    row = connect(cast, kind=kind, base_url=peer.url)
    tested = services.test_provider(actor=cast.principal("admin"), provider=row)
    assert (tested.state, tested.problem) == ("working", "")
    assert "echo" in tested.offered
    assert tested.checked_at
    services.update_provider(actor=cast.principal("admin"), provider=row, classes={"balanced": "echo"})
    assistant = make(cast)
    found = settings_of(assistant.workspace_id, ModelChoice())
    assert found and (found.name, found.key) == ("echo", KEY)


def test_what_is_wrong_is_said_in_plain_words(cast: Cast, peers: Peers) -> None:
    peer = peers.start("model_openai", "--need-key", KEY)
    refused = services.test_provider(actor=cast.principal("admin"), provider=connect(cast, "A", peer.url, "sk-wrong"))
    assert (refused.state, refused.problem) == ("broken", "The model provider refused the key.")
    away = services.test_provider(actor=cast.principal("admin"), provider=connect(cast, "B", "http://127.0.0.1:1/v1"))
    assert away.state == "broken"
    assert away.problem


def test_it_is_connected_on_its_page_and_tested_at_once(cast: Cast, peers: Peers) -> None:
    peer = peers.start("model_openai", "--need-key", KEY)
    browser = cast.browser("admin")
    page = text(browser.get("/w/acme/models/connect/?preset=ollama"))
    assert 'value="http://localhost:11434/v1"' in page
    form = {"name": "House", "kind": "openai", "base_url": peer.url, "key": "sk-wrong", "do": "test"}
    answer = text(browser.post("/w/acme/models/connect/", form))
    assert "refused the key" in answer
    assert "sk-wrong" not in answer
    assert not ModelProvider.objects.exists()
    made = browser.post("/w/acme/models/connect/", form | {"key": KEY, "do": "connect"})
    row = ModelProvider.objects.get()
    assert made["Location"] == f"{PAGES}{row.id}/"
    assert row.state == "working"
    page = text(browser.get(made["Location"]))
    assert '<option value="echo">' in page
    browser.post(f"{PAGES}{row.id}/", {"do": "classes", "fast": "echo", "balanced": "tools", "best": ""})
    browser.post(f"{PAGES}{row.id}/", {"do": "change", "name": "Home", "base_url": peer.url, "key": ""})
    row.refresh_from_db()
    assert (row.classes, row.name) == ({"fast": "echo", "balanced": "tools"}, "Home")
    assert open_for(cast.workspace.id, row.secret) == {"key": KEY}, "a blank key stays"
    assert "Home" in text(browser.get(PAGES))
    browser.post(f"{PAGES}{row.id}/remove/", {"confirm": "Home"})
    assert not ModelProvider.objects.exists()


def test_programs_manage_providers_and_never_read_a_key(cast: Cast, peers: Peers) -> None:
    peer = peers.start("model_openai", "--need-key", KEY)
    api = cast.api("admin", "write")
    tried = api.post(f"{API}/test", {"kind": "openai", "base_url": peer.url, "key": "no"}, format="json")
    assert (tried.status_code, tried.json()["ok"]) == (200, False)
    made = api.post(API, {"kind": "openai", "name": "House", "base_url": peer.url, "key": KEY}, format="json")
    assert made.status_code == 201
    one = f"{API}/{made.json()['id']}"
    assert api.post(f"{one}/test").json()["state"] == "working"
    changed = api.patch(one, {"classes": {"best": "echo"}}, format="json").json()
    assert (changed["classes"], changed["key_hint"]) == ({"best": "echo"}, "sk-…6789")
    assert [row["name"] for row in api.get(API).json()["data"]] == ["House"]
    assert api.delete(one).status_code == 204
    assert cast.api("admin", "read").get(API).status_code == 403


def test_classes_are_proposed_from_what_is_listed() -> None:
    offered = ["gpt-5", "gpt-5-mini", "text-embedding-3-small", "gpt-5-2026-01-01", "whisper-1"]
    assert propose_classes(offered) == {"fast": "gpt-5-mini", "balanced": "gpt-5", "best": "gpt-5"}
    routed = ["anthropic/claude-sonnet-4.5", "anthropic/claude-haiku-4.5", "anthropic/claude-opus-4.5"]
    assert propose_classes(routed)["best"] == "anthropic/claude-opus-4.5"
    assert propose_classes(["my-own:latest"]) == dict.fromkeys(("fast", "balanced", "best"), "my-own:latest")
    assert propose_classes(["a", "b"]) == {}


def test_every_preset_can_be_connected_where_its_address_is_allowed(cast: Cast) -> None:
    for preset in PRESETS:
        if preset.slug != "other":
            assert re.fullmatch(r"(https?://[^ ]+)?", preset.base_url)
            connect(cast, preset.name, preset.base_url, KEY, kind=preset.kind)
    assert ModelProvider.objects.count() == len(PRESETS) - 1
