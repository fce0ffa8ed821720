"""Hubs: made, changed, what they offer, and clashes that are refused when somebody configures them."""

from __future__ import annotations

import pytest

from accounts.models import ApiKey
from accounts.registry import hub_choices
from accounts.services import create_key
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem, ServiceProblem
from core.models import Event
from proxy.errors import ClashProblem, DraftProblem
from proxy.models import Hub, HubFeature
from proxy.selectors.hubs import hub_url, hubs_of, places_of
from proxy.selectors.offers import offered
from proxy.services.choices import add_server, arrange_servers, choose_features, offer_feature, remove_server
from proxy.services.features import set_feature
from proxy.services.hubs import create_hub, delete_hub, pause_hub, resume_hub, update_hub
from tests.proxy.conftest import Cast, MakeServer, tool_of
from tests.proxy.offering import tool


def names(hub: Hub) -> list[str]:
    return [row.name for row in offered(hub) if row.offered]


def make(cast: Cast, *servers: object, **more: object) -> Hub:
    return create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=servers, **more)  # type: ignore[arg-type]


def test_a_hub_offers_all_of_its_servers(cast: Cast, make_server: MakeServer) -> None:
    version = cast.reload().version
    hub = make(cast, make_server("GitHub", "search"), make_server("Notion", "search", "write"))
    assert hub.slug == "main"
    assert names(hub) == ["github__search", "notion__search", "notion__write"]
    assert cast.reload().version > version
    assert hub_url(hub) == "http://localhost:8000/mcp/acme/main"
    assert Event.objects.get(type="hub.created").target == hub.id
    assert [choice.slug for choice in hub_choices(cast.workspace)] == ["main"]


@pytest.mark.parametrize("who", ["member", "viewer", "outsider"])
def test_only_those_who_manage_hubs_may(cast: Cast, make_server: MakeServer, who: str) -> None:
    server = make_server("GitHub", "search")
    hub, actor = make(cast, server), getattr(cast, who)
    feature = tool_of(server, "search")
    for attempt in (
        lambda: create_hub(actor=actor, workspace=cast.workspace, title="X"),
        lambda: update_hub(actor=actor, hub=hub, title="X"),
        lambda: delete_hub(actor=actor, hub=hub),
        lambda: pause_hub(actor=actor, hub=hub),
        lambda: resume_hub(actor=actor, hub=hub),
        lambda: add_server(actor=actor, hub=hub, server=server),
        lambda: remove_server(actor=actor, hub=hub, server=server),
        lambda: arrange_servers(actor=actor, hub=hub, server_ids=[server.id]),
        lambda: choose_features(actor=actor, hub=hub, server=server, offers_all=False),
        lambda: offer_feature(actor=actor, hub=hub, feature=feature, offered=False),
        lambda: set_feature(actor=actor, feature=feature, enabled=False),
    ):
        with pytest.raises(PermissionProblem):
            attempt()
    assert names(hub) == ["github__search"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"slug": "No Way"}, "slug"),
        ({"slug": "a" * 41}, "slug"),
        ({"naming": "fancy"}, "naming"),
        ({"instructions": "x" * 20_001}, "instructions"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(cast: Cast, values: dict[str, str], field: str) -> None:
    with pytest.raises(DraftProblem) as refused:
        create_hub(actor=cast.admin, workspace=cast.workspace, **{"title": "Main", **values})  # type: ignore[arg-type]
    assert list(refused.value.errors) == [field]


def test_a_slug_is_taken_once_and_made_from_the_title_otherwise(cast: Cast) -> None:
    assert make(cast, slug="prod").slug == "prod"
    with pytest.raises(DraftProblem):
        make(cast, slug="prod")
    assert [make(cast).slug, make(cast).slug] == ["main", "main-2"]


def test_only_the_operator_opens_a_hub(cast: Cast) -> None:
    with pytest.raises(PermissionProblem):
        make(cast, open=True)
    hub = make(cast)
    with pytest.raises(PermissionProblem):
        update_hub(actor=cast.admin, hub=hub, open=True)
    assert update_hub(actor=cast.operator, hub=hub, open=True).open
    with pytest.raises(PermissionProblem):
        update_hub(actor=cast.admin, hub=hub, open=False)


def test_servers_of_another_workspace_are_refused(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub")
    other = create_hub(actor=cast.admin, workspace=cast.workspace, title="Main")
    from accounts.models import Workspace

    server.workspace = Workspace.objects.create(slug="other", name="Other")
    server.save()
    with pytest.raises(DraftProblem):
        make(cast, server)
    with pytest.raises(InvalidProblem):
        add_server(actor=cast.admin, hub=other, server=server)


def test_settings_are_changed_one_by_one_and_told(cast: Cast) -> None:
    hub = make(cast)
    update_hub(actor=cast.admin, hub=hub, instructions="Be kind.", record_payloads=True)
    hub.refresh_from_db()
    assert (hub.title, hub.instructions, hub.record_payloads) == ("Main", "Be kind.", True)
    assert set(Event.objects.get(type="hub.changed").changes) == {"instructions", "record_payloads"}
    version = cast.reload().version
    update_hub(actor=cast.admin, hub=hub, title="Main")
    assert cast.reload().version == version


def test_a_clash_is_refused_when_the_hub_is_made(cast: Cast, make_server: MakeServer) -> None:
    with pytest.raises(ClashProblem) as refused:
        make(cast, make_server("GitHub", "search"), make_server("Notion", "search"), naming="bare")
    text = str(refused.value)
    assert "GitHub: search" in text
    assert "Notion: search" in text
    assert "another name" in text
    assert not Hub.objects.exists()


def test_a_clash_is_refused_when_a_server_is_added(cast: Cast, make_server: MakeServer) -> None:
    hub = make(cast, make_server("GitHub", "search"), naming="bare")
    notion = make_server("Notion", "search", "write")
    with pytest.raises(ClashProblem):
        add_server(actor=cast.admin, hub=hub, server=notion)
    assert [place.server.slug for place in places_of(hub)] == ["github"]
    add_server(actor=cast.admin, hub=hub, server=notion, offers_all=False)
    with pytest.raises(ClashProblem):
        offer_feature(actor=cast.admin, hub=hub, feature=tool_of(notion, "search"), offered=True)
    offer_feature(actor=cast.admin, hub=hub, feature=tool_of(notion, "write"), offered=True)
    assert names(hub) == ["search", "write"]


def test_a_clash_is_refused_when_a_tool_is_renamed_or_switched_on(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "search", "find")
    hub = make(cast, server)
    with pytest.raises(ClashProblem):
        set_feature(actor=cast.admin, feature=tool_of(server, "find"), alias="search")
    set_feature(actor=cast.admin, feature=tool_of(server, "find"), enabled=False)
    set_feature(actor=cast.admin, feature=tool_of(server, "find"), alias="search")
    with pytest.raises(ClashProblem):
        set_feature(actor=cast.admin, feature=tool_of(server, "find"), enabled=True)
    assert names(hub) == ["github__search"]


def test_a_clash_is_refused_when_names_become_bare(cast: Cast, make_server: MakeServer) -> None:
    hub = make(cast, make_server("GitHub", "search"), make_server("Notion", "search"))
    with pytest.raises(ClashProblem):
        update_hub(actor=cast.admin, hub=hub, naming="bare")
    assert names(hub) == ["github__search", "notion__search"]


def test_a_clash_is_refused_when_writing_is_allowed(cast: Cast, make_server: MakeServer) -> None:
    hub = make(
        cast,
        make_server("GitHub", tool("search", read_only=True)),
        make_server("Notion", "search"),
        naming="bare",
        read_only=True,
    )
    assert names(hub) == ["search"]
    with pytest.raises(ClashProblem):
        update_hub(actor=cast.admin, hub=hub, read_only=False)


def test_a_tool_and_a_prompt_may_share_a_name(cast: Cast, make_server: MakeServer) -> None:
    from proxy.services.discovery import record_discovery
    from tests.proxy.offering import discovered

    server = make_server("GitHub")
    record_discovery(server=server, found=discovered("greet", prompts=({"name": "greet"},)))
    assert names(make(cast, server)) == ["github__greet", "github__greet"]


def test_a_hub_that_only_reads_says_which_tools_write(cast: Cast, make_server: MakeServer) -> None:
    hub = make(cast, make_server("GitHub", tool("read", read_only=True), "write"), read_only=True)
    assert {row.name: row.state for row in offered(hub)} == {"github__read": "offered", "github__write": "writes"}


def test_everything_but_or_these_alone(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a", "b", "c")
    hub = make(cast, server)
    a, b = tool_of(server, "a"), tool_of(server, "b")
    choose_features(actor=cast.admin, hub=hub, server=server, offers_all=True, feature_ids=[a.id])
    assert names(hub) == ["github__b", "github__c"]
    choose_features(actor=cast.admin, hub=hub, server=server, offers_all=False, feature_ids=[a.id, b.id])
    assert names(hub) == ["github__a", "github__b"]
    version = cast.reload().version
    choose_features(actor=cast.admin, hub=hub, server=server, offers_all=False, feature_ids=[b.id, a.id])
    assert cast.reload().version == version
    choose_features(actor=cast.admin, hub=hub, server=server, offers_all=True)
    assert names(hub) == ["github__a", "github__b", "github__c"]
    assert not HubFeature.objects.exists()


def test_features_of_another_server_cannot_be_chosen(cast: Cast, make_server: MakeServer) -> None:
    server, other = make_server("GitHub", "a"), make_server("Other", "b")
    hub = make(cast, server)
    with pytest.raises(InvalidProblem):
        choose_features(
            actor=cast.admin, hub=hub, server=server, offers_all=False, feature_ids=[tool_of(other, "b").id]
        )
    with pytest.raises(NotFoundProblem):
        choose_features(actor=cast.admin, hub=hub, server=other, offers_all=False)


def test_the_order_of_servers_is_that_of_the_lists(cast: Cast, make_server: MakeServer) -> None:
    first, second = make_server("First", "a"), make_server("Second", "b")
    hub = make(cast, first, second)
    arrange_servers(actor=cast.admin, hub=hub, server_ids=[second.id, first.id])
    assert names(hub) == ["second__b", "first__a"]
    for wrong in ([first.id], [first.id, first.id], [first.id, second.id, "srv_x"]):
        with pytest.raises(InvalidProblem):
            arrange_servers(actor=cast.admin, hub=hub, server_ids=wrong)


def test_a_server_is_added_once_and_taken_off(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a")
    hub = make(cast)
    assert add_server(actor=cast.admin, hub=hub, server=server) == add_server(actor=cast.admin, hub=hub, server=server)
    assert Event.objects.filter(type="hub.server_added").count() == 1
    remove_server(actor=cast.admin, hub=hub, server=server)
    assert names(hub) == []
    with pytest.raises(NotFoundProblem):
        remove_server(actor=cast.admin, hub=hub, server=server)


def test_a_removed_hub_revokes_the_keys_that_open_it_alone(cast: Cast) -> None:
    hub, other = make(cast), make(cast)
    bound, _ = create_key(actor=cast.admin, workspace=cast.workspace, name="Bound", scopes=["mcp"], hub=hub.id)
    free, _ = create_key(actor=cast.admin, workspace=cast.workspace, name="Free", scopes=["mcp"])
    delete_hub(actor=cast.admin, hub=hub)
    assert ApiKey.objects.get(pk=bound.pk).revoked_at is not None
    assert ApiKey.objects.get(pk=free.pk).revoked_at is None
    assert list(hubs_of(cast.workspace)) == [other]


def test_pausing_a_hub_is_told_once(cast: Cast) -> None:
    hub = make(cast)
    assert pause_hub(actor=cast.admin, hub=hub).paused_at is not None
    pause_hub(actor=cast.admin, hub=hub)
    assert resume_hub(actor=cast.admin, hub=hub).paused_at is None
    assert Event.objects.filter(type__in=["hub.paused", "hub.resumed"]).count() == 2


@pytest.mark.parametrize("alias", ["two words", "ü", "a" * 65, "a/b"])
def test_a_name_must_be_one_that_every_client_takes(cast: Cast, make_server: MakeServer, alias: str) -> None:
    server = make_server("GitHub", "a")
    with pytest.raises(InvalidProblem):
        set_feature(actor=cast.admin, feature=tool_of(server, "a"), alias=alias)


def test_the_own_name_as_alias_is_none(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a")
    set_feature(actor=cast.admin, feature=tool_of(server, "a"), alias="b")
    assert set_feature(actor=cast.admin, feature=tool_of(server, "a"), alias="a").alias == ""


def test_a_workspace_has_a_limit(cast: Cast, make_server: MakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.services.hubs.MAX_HUBS", 1)
    monkeypatch.setattr("proxy.services.choices.MAX_SERVERS_ON_HUB", 1)
    hub = make(cast, make_server("GitHub"))
    with pytest.raises(ServiceProblem, match="at most 1"):
        make(cast)
    with pytest.raises(ServiceProblem, match="at most 1"):
        add_server(actor=cast.admin, hub=hub, server=make_server("Other"))


@pytest.mark.parametrize("rows", [1, 3])
def test_what_a_hub_offers_takes_three_queries(
    cast: Cast, make_server: MakeServer, django_assert_num_queries: object, rows: int
) -> None:
    servers = [make_server(f"S{n}", *(f"t{m}" for m in range(rows))) for n in range(rows)]
    hub = Hub.objects.select_related("workspace").get(pk=make(cast, *servers).pk)
    with django_assert_num_queries(3):  # type: ignore[operator]
        found = offered(hub)
        assert [row.server.title for row in found if row.offered]
    assert len(found) == rows * rows
