"""What discovery finds is kept; what people decided about it stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from core.clock import now
from core.models import Event, Job
from proxy.engine.ports import UpstreamProblem
from proxy.models import Definition, Feature, HubFeature, Server
from proxy.selectors.offers import offered
from proxy.selectors.servers import counts_by_kind, draft_of
from proxy.services.discovery import enqueue_due, record_discovery, record_problem
from proxy.services.features import set_feature
from proxy.services.hubs import create_hub, update_hub
from proxy.services.pruning import prune_definitions
from proxy.services.reach import fingerprint_of
from proxy.services.servers import delete_server, pause_server, update_server
from proxy.tasks import prune
from tests.proxy.conftest import Cast, MakeServer, tool_of
from tests.proxy.offering import discovered, tool


def test_everything_a_server_says_is_kept(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub")
    found = discovered(
        tool("search", title="Search code", read_only=True, _meta={"ui": {"resourceUri": "ui://x"}}),
        tool("write", annotations={"title": "Write a file", "readOnlyHint": False}),
        resources=({"uri": "file:///a", "name": "a"},),
        templates=({"uriTemplate": "file:///{p}", "name": "t"},),
        prompts=({"name": "greet", "title": "Greet"},),
        server_name="gh",
        server_version="2",
        instructions="Be kind.",
        eras=("stateless", "handshake"),
        versions=("2026-07-28", "2025-11-25"),
        capabilities={"tools": {}, "prompts": {}},
    )
    assert record_discovery(server=server, found=found)
    server.refresh_from_db()
    assert (server.state, server.server_name, server.server_version) == ("running", "gh", "2")
    assert (server.instructions, server.eras) == ("Be kind.", ["stateless", "handshake"])
    assert server.capabilities == {"tools": {}, "prompts": {}}
    assert counts_by_kind(server) == {"tool": 2, "resource": 1, "template": 1, "prompt": 1}
    search, write = tool_of(server, "search"), tool_of(server, "write")
    assert (search.title, search.read_only, search.position) == ("Search code", True, 0)
    assert (write.title, write.read_only, write.position) == ("Write a file", False, 1)
    assert search.definition.body["_meta"] == {"ui": {"resourceUri": "ui://x"}}
    assert server.next_discovery_at is not None
    assert timedelta(minutes=13) < server.next_discovery_at - now() < timedelta(minutes=17)


def test_whatever_a_server_says_can_be_kept(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub")
    nested: dict[str, object] = {}
    for _level in range(900):
        nested = {"a": nested}
    found = discovered("a", capabilities={"tools": nested, "\0": {}}, notes=("a\0b", "x" * 100_000))
    assert record_discovery(server=server, found=found)
    server.refresh_from_db()
    assert (server.state, server.capabilities["tools"], len(server.problem)) == ("running", {}, 2000)
    record_problem(
        server=server, problem=UpstreamProblem("protocol", "It said: a\0b" + "x" * 100_000, detail="\0\ud800")
    )
    server.refresh_from_db()
    assert (server.state, server.problem[:11], server.problem_detail) == ("broken", "It said: ab", "?")
    assert Event.objects.get(type="server.broken").data["problem"] == server.problem


def test_a_definition_that_cannot_be_kept_is_left_out_alone(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub")
    nested: dict[str, object] = {}
    for _level in range(900):
        nested = {"a": nested}
    tools = (tool("deep", inputSchema=nested), tool("endless", inputSchema={"maximum": float("inf")}), tool("good"))
    assert record_discovery(server=server, found=discovered(*tools, {"name": nested}, capabilities={"x": float("inf")}))
    server.refresh_from_db()
    assert [feature.name for feature in Feature.objects.filter(server=server)] == ["good"]
    assert "The definition of deep is nested too deeply." in server.problem
    assert "The definition of endless holds a number that is too large." in server.problem


def test_the_same_again_changes_nothing(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a", "b")
    version, events = cast.reload().version, Event.objects.count()
    stamps = list(Feature.objects.values_list("pk", "updated_at"))
    assert not record_discovery(server=server, found=discovered("a", "b"))
    assert (cast.reload().version, Event.objects.count()) == (version, events)
    assert list(Feature.objects.values_list("pk", "updated_at")) == stamps


def test_decisions_outlive_whatever_the_server_does(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a", "b")
    feature = tool_of(server, "a")
    set_feature(actor=cast.admin, feature=feature, enabled=False, alias="mine", description="Mine.")
    record_discovery(server=server, found=discovered("b"))
    assert tool_of(server, "a").gone_at is not None
    record_discovery(server=server, found=discovered(tool("a", description="New words"), "b"))
    back = tool_of(server, "a")
    assert (back.pk, back.gone_at, back.enabled, back.alias) == (feature.pk, None, False, "mine")
    assert back.description == "Mine."
    assert back.definition.body["description"] == "New words"


def test_a_choice_of_a_hub_outlives_it_too(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a", "b")
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Main", servers=[server])
    from proxy.services.choices import offer_feature

    offer_feature(actor=cast.admin, hub=hub, feature=tool_of(server, "a"), offered=False)
    record_discovery(server=server, found=discovered("b"))
    record_discovery(server=server, found=discovered("a", "b", "c"))
    assert [row.name for row in offered(hub) if row.offered] == ["github__b", "github__c"]


def test_a_definition_is_stored_once_and_never_changed(cast: Cast, make_server: MakeServer) -> None:
    make_server("GitHub", "a")
    make_server("Other", "a")
    assert Definition.objects.count() == 1
    before = Definition.objects.get()
    server = make_server("Third", tool("a", description="another"))
    assert Definition.objects.count() == 2
    before.refresh_from_db()
    assert before.body["description"] == "Does a"
    reordered = {key: tool("a")[key] for key in reversed(list(tool("a")))}
    record_discovery(server=server, found=discovered(reordered))
    assert tool_of(server, "a").definition_id == before.pk


def test_the_order_of_a_schema_is_kept(cast: Cast, make_server: MakeServer) -> None:
    names = ["zeta", "alpha", "mid", "b", "aa"]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    server = make_server("GitHub", tool("a", inputSchema=schema))
    assert list(tool_of(server, "a").definition.body["inputSchema"]["properties"]) == names


def test_only_the_second_discovery_tells_of_changes(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a", "b")
    assert not Event.objects.filter(type="server.offers_changed").exists()
    record_discovery(server=server, found=discovered(tool("a", description="other"), "c"))
    event = Event.objects.get(type="server.offers_changed")
    assert event.data["added"] == ["tool c"]
    assert event.data["gone"] == ["tool b"]
    assert event.data["changed"] == ["tool a"]


def test_the_version_rises_only_when_hubs_see_a_difference(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a")
    version = cast.reload().version
    record_discovery(server=server, found=discovered("a", server_version="9"))
    assert cast.reload().version == version
    record_discovery(server=server, found=discovered("a", server_version="9", instructions="new"))
    record_discovery(server=server, found=discovered("a", "b", server_version="9", instructions="new"))
    assert cast.reload().version == version + 2


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (42, "no object"),
        ({"description": "nameless"}, "no name"),
        ({"name": 7}, "no name"),
        ({"name": "x" * 3000}, "too long"),
        (tool("good"), "twice"),
        (tool("big", description="x" * 5_000_000), "too large"),
    ],
)
def test_what_cannot_be_kept_is_left_out_and_said(cast: Cast, make_server: MakeServer, bad: object, said: str) -> None:
    server = make_server("GitHub")
    record_discovery(server=server, found=discovered("good", bad, "other"))  # type: ignore[arg-type]
    server.refresh_from_db()
    assert list(server.features.values_list("name", flat=True).order_by("position")) == ["good", "other"]
    assert (server.state, server.problem_kind) == ("running", "partial")
    assert said in server.problem


def test_a_definition_nested_without_end_is_left_out(cast: Cast, make_server: MakeServer) -> None:
    deep: dict[str, object] = {}
    for _ in range(3000):
        deep = {"a": deep}
    server = make_server("GitHub", "good", tool("deep", inputSchema=deep))
    assert list(server.features.values_list("name", flat=True)) == ["good"]
    assert "nested" in server.problem


def test_a_schema_of_a_megabyte_and_one_that_refers_to_itself_are_kept(cast: Cast, make_server: MakeServer) -> None:
    big = {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "x" * 90} for n in range(9000)}}
    loop = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    server = make_server("GitHub", tool("big", inputSchema=big), tool("loop", inputSchema=loop))
    assert tool_of(server, "big").definition.size > 1_000_000
    assert tool_of(server, "loop").definition.body["inputSchema"] == loop


def test_characters_that_postgres_cannot_hold_are_left_out(cast: Cast, make_server: MakeServer) -> None:
    odd = tool("a", description="nul \0 half \ud800 end", title="T\0", literal="\\u0000")
    server = make_server("GitHub", odd)
    record_discovery(
        server=server, found=discovered(odd, instructions="x\0y", server_name="\ud800", capabilities={"x": "\0"})
    )
    feature = tool_of(server, "a")
    assert feature.title == "T"
    assert feature.definition.body["description"] == "nul  half ? end"
    assert feature.definition.body["literal"] == "\\u0000"


def test_more_than_can_be_kept_is_cut_off(cast: Cast, make_server: MakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.services.definitions.MAX_FEATURES", 2)
    server = make_server("GitHub", "a", "b", "c")
    assert server.features.count() == 2
    assert "more than 2" in server.problem


def test_a_server_that_stops_answering_is_told_of_once(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a", headers={"Authorization": "Bearer topsecret"})
    version = cast.reload().version
    problem = UpstreamProblem("exited", "It ended with 1.", detail="stderr: topsecret was wrong")
    for _ in range(3):
        record_problem(server=server, problem=problem)
    server.refresh_from_db()
    assert (server.state, server.problem_kind, server.problem) == ("broken", "exited", "It ended with 1.")
    assert "topsecret" not in server.problem_detail
    assert Event.objects.filter(type="server.broken").count() == 1
    assert server.features.filter(gone_at=None).count() == 1
    assert cast.reload().version == version
    since = server.state_since
    record_discovery(server=server, found=discovered("a"))
    server.refresh_from_db()
    assert (server.state, server.problem_kind, server.problem_detail) == ("running", "", "")
    assert server.state_since != since
    assert Event.objects.filter(type="server.running").count() == 1


def test_a_broken_server_is_asked_again_soon_then_less_often(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a")
    problem = UpstreamProblem("refused", "Nobody there.")
    record_problem(server=server, problem=problem)
    server.refresh_from_db()
    assert server.next_discovery_at is not None
    assert server.next_discovery_at - now() < timedelta(minutes=2)
    Server.objects.update(state_since=now() - timedelta(days=2))
    record_problem(server=server, problem=problem)
    server.refresh_from_db()
    assert server.next_discovery_at is not None
    assert timedelta(minutes=13) < server.next_discovery_at - now() < timedelta(minutes=17)


def test_a_finding_about_a_server_that_changed_meanwhile_is_dropped(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a")
    asked = fingerprint_of(server)
    update_server(actor=cast.admin, server=server, draft=replace(draft_of(server), url="https://new.example.com/"))
    assert not record_discovery(server=server, found=discovered("old"), fingerprint=asked)
    record_problem(server=server, problem=UpstreamProblem("refused", "old"), fingerprint=asked)
    server.refresh_from_db()
    assert (server.state, list(server.features.values_list("name", flat=True))) == ("running", ["a"])


def test_a_finding_about_a_paused_server_is_dropped(cast: Cast, make_server: MakeServer) -> None:
    server = make_server("GitHub", "a")
    pause_server(actor=cast.admin, server=server)
    assert not record_discovery(server=server, found=discovered("b"))
    record_problem(server=server, problem=UpstreamProblem("refused", "x"))
    server.refresh_from_db()
    assert (server.state, server.features.count()) == ("paused", 1)


def test_a_clash_that_a_server_makes_is_flagged_and_not_offered(cast: Cast, make_server: MakeServer) -> None:
    second, first = make_server("Second", "mine"), make_server("First", "search")
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Bare", naming="bare", servers=[second, first])
    # `second` stands first on the hub, but the name was there before.
    assert record_discovery(server=second, found=discovered("mine", "search"))
    rows = {(row.server.title, row.name): row for row in offered(hub)}
    assert rows["First", "search"].state == "offered"
    assert rows["Second", "search"].state == "clash"
    assert rows["Second", "search"].clash_with == tool_of(first, "search")
    event = Event.objects.get(type="hub.clash_found")
    assert event.data["holder"] == "First: search"
    assert event.data["other"] == "Second: search"


def test_a_tool_whose_parameters_cannot_travel_as_headers_is_offered_by_no_hub(
    cast: Cast, make_server: MakeServer
) -> None:
    server = make_server("GitHub", "search")
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="All", servers=[server])
    sides = {"side": {"type": "number", "x-mcp-header": "Side"}}
    bad = tool("measure", inputSchema={"type": "object", "properties": sides})

    def states() -> dict[str, str]:
        return {offer.name: offer.state for offer in offered(hub)}

    found = discovered("search", bad, eras=("stateless", "handshake"))
    assert record_discovery(server=server, found=found)
    assert states() == {"github__search": "offered", "github__measure": "invalid"}
    assert "x-mcp-header of side is only for text" in tool_of(server, "measure").fault
    server.refresh_from_db()
    assert (server.state, server.problem_kind) == ("running", "partial")
    assert server.problem.startswith("measure is offered by no hub: ")
    assert not record_discovery(server=server, found=found), "the same again changes nothing"
    # A server that is spoken to with a handshake gets no such headers, and a mended schema is as good as any.
    for mended in (discovered("search", bad), discovered("search", tool("measure"), eras=("stateless",))):
        assert record_discovery(server=server, found=found) or states()["github__measure"] == "invalid"
        assert record_discovery(server=server, found=mended)
        assert states() == {"github__search": "offered", "github__measure": "offered"}
    old = make_server("Old")
    Server.objects.filter(pk=old.pk).update(transport="sse")
    record_discovery(server=Server.objects.get(pk=old.pk), found=found)
    assert tool_of(old, "measure").fault == ""


def test_the_flag_goes_when_the_other_goes(cast: Cast, make_server: MakeServer) -> None:
    first, second = make_server("First", "search"), make_server("Second", "mine")
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Bare", naming="bare", servers=[first, second])
    record_discovery(server=second, found=discovered("search"))
    assert HubFeature.objects.get().clash_with == tool_of(first, "search").pk
    record_discovery(server=first, found=discovered("other"))
    assert HubFeature.objects.get().clash_with == ""
    assert {row.name for row in offered(hub) if row.offered} == {"search", "other"}
    # When the first one comes back, it is the newcomer.
    record_discovery(server=first, found=discovered("search"))
    rows = {row.server.title: row.state for row in offered(hub) if row.name == "search"}
    assert rows == {"First": "clash", "Second": "offered"}


def test_renaming_mends_a_clash_and_prefixes_do_too(cast: Cast, make_server: MakeServer) -> None:
    first, second = make_server("First", "search"), make_server("Second", "mine")
    hub = create_hub(actor=cast.admin, workspace=cast.workspace, title="Bare", naming="bare", servers=[first, second])
    record_discovery(server=second, found=discovered("search"))
    set_feature(actor=cast.admin, feature=tool_of(second, "search"), alias="search_too")
    assert [row.state for row in offered(hub)] == ["offered", "offered", "gone"]
    record_discovery(server=second, found=discovered("search", "more"))
    set_feature(actor=cast.admin, feature=tool_of(second, "search"), enabled=False)
    set_feature(actor=cast.admin, feature=tool_of(second, "search"), alias="")
    hub = update_hub(actor=cast.admin, hub=hub, naming="prefixed")
    set_feature(actor=cast.admin, feature=tool_of(second, "search"), enabled=True)
    assert {row.name for row in offered(hub) if row.offered} == {"first__search", "second__search", "second__more"}


def test_servers_whose_time_has_come_are_asked(cast: Cast, make_server: MakeServer) -> None:
    due, later, paused = make_server("Due"), make_server("Later"), make_server("Paused")
    pause_server(actor=cast.admin, server=paused)
    Job.objects.all().delete()
    Server.objects.filter(pk__in=[due.pk, paused.pk]).update(next_discovery_at=now() - timedelta(seconds=1))
    assert enqueue_due() == 1
    assert [job.subject for job in Job.objects.all()] == [due.pk]
    assert enqueue_due() == 0
    assert later.pk != due.pk


def test_a_suspended_workspace_is_not_asked(cast: Cast, make_server: MakeServer) -> None:
    make_server("Due")
    Server.objects.update(next_discovery_at=now() - timedelta(seconds=1))
    cast.workspace.suspended_at = now()
    cast.workspace.save()
    assert enqueue_due() == 0


def test_definitions_go_once_no_kept_call_can_have_used_them(
    cast: Cast, make_server: MakeServer, settings: Settings
) -> None:
    server = make_server("GitHub", "search")
    first = tool_of(server, "search").definition_id
    record_discovery(server=server, found=discovered(tool("search", title="Changed")))
    second = tool_of(server, "search").definition_id
    prune()
    assert Definition.objects.filter(pk=first).exclude(unused_since=None).exists()
    assert Definition.objects.get(pk=second).unused_since is None
    age(first, days=settings.ENV.call_retention_days - 1)
    assert prune_definitions() == (0, 0), "calls of that time are kept"
    age(first, days=settings.ENV.call_retention_days + 1)
    assert prune_definitions() == (0, 1)
    assert prune_definitions() == (0, 0)
    assert set(Definition.objects.values_list("pk", flat=True)) == {second}
    tool_of(server, "search").definition.refresh_from_db()


def test_a_definition_that_comes_back_is_not_pruned(cast: Cast, make_server: MakeServer, settings: Settings) -> None:
    server = make_server("GitHub", "search")
    first = tool_of(server, "search").definition_id
    record_discovery(server=server, found=discovered("other"))
    record_discovery(server=server, found=discovered(tool("search", title="Changed")))
    prune_definitions()
    age(first, days=settings.ENV.call_retention_days + 1)
    record_discovery(server=server, found=discovered("search"))
    assert Definition.objects.get(pk=first).unused_since is None
    prune_definitions()
    assert tool_of(server, "search").definition_id == first
    assert Definition.objects.filter(pk=first).exists()


def test_what_only_another_workspace_uses_stays(cast: Cast, make_server: MakeServer, settings: Settings) -> None:
    here, there = make_server("Here", "search"), make_server("There", "search")
    shared = tool_of(here, "search").definition_id
    assert tool_of(there, "search").definition_id == shared
    delete_server(actor=cast.admin, server=here)
    prune_definitions()
    age(shared, days=settings.ENV.call_retention_days + 1)
    prune_definitions()
    assert Definition.objects.filter(pk=shared).exists()


def age(definition: str, *, days: int) -> None:
    Definition.objects.filter(pk=definition).update(unused_since=now() - timedelta(days=days))
