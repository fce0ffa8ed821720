"""Trials that a publisher pays for: what visitors get, what it costs, and everything that must not happen."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.permissions import SYSTEM
from assistants.models import Assistant, Conversation, Message, ModelProvider, Run, Sponsorship
from assistants.services.budgets import give_back, take
from assistants.services.sponsors import Sponsor
from billing.models import UsageEvent
from core.errors import InvalidProblem, PermissionProblem
from core.models import Event
from core.redis import connection as redis_connection
from core.redis import key
from core.secrets import seal_for
from marketplace.models import Listing, Publisher
from marketplace.packages import AssistantPackage, ServerPackage, ToolDefinition, ToolNeed
from marketplace.services.lifecycle import locked_listing, move_listing
from marketplace.services.publishers import restore_publisher, suspend_publisher
from marketplace.services.showroom import SLUG
from marketplace.services.sponsoring import Terms, end_trials, sponsor_trials
from marketplace.states import L
from proxy.engine.ports import HubServer, HubSnapshot, ToolRoute
from proxy.models import Hub, Server
from proxy.services.hubs import update_hub
from tests.assistants.running import Answering, MakeHub, answering, engine, make_hub, owner_folder, peers
from tests.cast import Cast, cast
from tests.marketplace import installs, publishing
from tests.peers.fixtures import Peer, Peers

__all__ = ["answering", "cast", "engine", "make_hub", "owner_folder", "peers"]
pytestmark = pytest.mark.django_db(transaction=True)
KEY = "sk-the-publishers-own"
TERMS = Terms(day_tokens=30_000, all_tokens=60_000, answer_tokens=8_000, visitor_answers=3)


@dataclass
class Stand:
    """A listed assistant of the cast's workspace, whose publisher pays with a model of a peer."""

    cast: Cast
    listing: Listing
    provider: ModelProvider

    def pay(self, **terms: Any) -> Sponsorship:
        wanted = replace(TERMS, **({"provider": self.provider.id} | terms))
        return sponsor_trials(actor=self.cast.principal("admin"), listing=self.listing, terms=wanted)

    def budget(self) -> Sponsorship:
        return Sponsorship.objects.get(subject=self.listing.id)


@dataclass
class Visitor:
    """Somebody without an account, in a browser of their own."""

    answering: Answering
    slug: str
    client: Client

    def say(self, text: str, *, through: str = "") -> Run:
        """The run that answers, once it ended. `through`: an address that the page gave earlier."""
        known = set(Run.objects.values_list("pk", flat=True))
        answer = self.client.post(through or f"/marketplace/{self.slug}/try/", {"text": text})
        assert answer.status_code == 302, answer.content.decode()[:400]
        run = Run.objects.exclude(pk__in=known).get()
        self.answering.events(run)
        return Run.objects.get(pk=run.pk)

    def page(self) -> str:
        return self.client.get(f"/marketplace/{self.slug}/").content.decode()


@pytest.fixture(autouse=True)
def nobody_tried_yet() -> None:
    """All visitors of all tests come from one address, which may try only so much a day."""
    for name in redis_connection().scan_iter(key("trial:*")):
        redis_connection().delete(name)


@pytest.fixture
def peer(peers: Peers) -> Peer:
    return peers.start("model_openai", "--need-key", KEY)


@pytest.fixture
def stand(cast: Cast, peer: Peer) -> Stand:
    publisher = publishing.new_publisher(cast.workspace)
    package = AssistantPackage(instructions="Be brief.", tools=(ToolNeed(listing="handy", tool="add_numbers"),))
    listing = publishing.add_live_listing("brief", "Brief", package, publisher=publisher)
    provider = ModelProvider.objects.create(
        workspace=cast.workspace, kind="openai", name="Ours", base_url=peer.url, classes={"fast": "echo"},
        secret=seal_for(cast.workspace.id, {"key": KEY}),
    )  # fmt: skip
    return Stand(cast, listing, provider)


@pytest.fixture
def visitor(answering: Answering) -> Visitor:
    return Visitor(answering, "brief", Client())


def parts(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Message.objects.get(run=run.id, role="assistant").parts
    return found


def said(run: Run) -> str:
    return "".join(part.get("text", "") + part.get("sentence", "") for part in parts(run))


def test_the_publishers_model_answers_and_the_page_says_who_pays(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    assert "Acme Tools pays for the model that answers" in visitor.page()
    assert "3 of 3 answers left" in visitor.page()
    run = visitor.say("one two")
    assert (run.state, run.error, run.model) == ("done", "", "echo")
    assert said(run) == "You said: one two"
    text = visitor.page()
    assert "2 of 3 answers left" in text
    assert KEY not in text
    assert stand.provider.id not in text
    assert stand.provider.base_url not in text


def test_what_it_costs_is_counted_to_the_publisher_alone(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    run = visitor.say("one two")
    spent = run.tokens_in + run.tokens_out
    assert spent == 14
    row = stand.budget()
    assert (row.day_used, row.all_used) == (spent, spent)
    events = {event.meter: event for event in UsageEvent.objects.filter(id__startswith=run.id)}
    assert (events["model_tokens"].workspace, events["model_tokens"].quantity) == (stand.cast.workspace.id, spent)
    assert events["model_tokens"].subject == stand.listing.id


def test_what_a_visitor_writes_is_in_no_conversation_of_the_publisher(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    run = visitor.say("my secret plan")
    assert not Conversation.objects.filter(workspace=stand.cast.workspace).exists()
    assert run.conversation.workspace.slug == SLUG
    secret = stand.cast.key("owner", "read", "assistants")
    url = f"/api/v1/workspaces/acme/assistants/{run.assistant_id}"
    assert Client().get(url, headers={"Authorization": f"Bearer {secret}"}).status_code == 404
    for event in Event.objects.filter(workspace=stand.cast.workspace.id):
        assert "secret plan" not in str(event.data)


def test_without_a_payer_the_offline_model_answers(stand: Stand, visitor: Visitor) -> None:
    assert visitor.say("one two").model == "offline"
    assert "pays" not in visitor.page()


def test_a_visitor_gets_so_many_answers_and_is_told(stand: Stand, visitor: Visitor, answering: Answering) -> None:
    stand.pay(visitor_answers=1)
    assert visitor.say("one").model == "echo"
    run = visitor.say("two")
    assert run.model == "offline"
    assert "You had all the answers that Acme Tools pays for today." in said(run)
    assert "You had all the answers that Acme Tools" in visitor.page()
    assert Visitor(answering, "brief", Client()).say("three").model == "echo"


def test_many_visitors_of_one_network_share_what_six_get(stand: Stand, answering: Answering) -> None:
    stand.pay(visitor_answers=1)
    models = [Visitor(answering, "brief", Client()).say("hello").model for _ in range(8)]
    assert models == ["echo"] * 6 + ["offline"] * 2


def test_a_spent_budget_is_said_plainly(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    Sponsorship.objects.update(day="2020-01-01", day_used=29_999)
    assert visitor.say("one").model == "echo"  # that was another day
    Sponsorship.objects.update(day_used=29_500)
    run = visitor.say("two")
    assert (run.state, run.model) == ("done", "offline")
    assert "What Acme Tools pays for trials is used up for now." in said(run)
    Sponsorship.objects.update(day_used=29_500)
    assert "What Acme Tools pays for today is used up" in visitor.page()
    Sponsorship.objects.update(day_used=0, all_used=59_900)
    assert "What Acme Tools paid for trials is used up" in visitor.page()


def test_answers_at_once_never_pass_the_budget_together(stand: Stand) -> None:
    row = stand.pay(day_tokens=10_000)
    got: list[bool] = []
    gate = threading.Barrier(12)

    def work() -> None:
        try:
            gate.wait(20)
            got.append(take(row.id, 3_000) is not None)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(got) == [False] * 9 + [True] * 3
    assert stand.budget().day_used == 9_000


def test_what_was_held_back_and_not_used_is_there_again(stand: Stand) -> None:
    row = stand.pay(day_tokens=10_000)
    hold = take(row.id, 9_000)
    assert hold is not None
    assert take(row.id, 2_000) is None
    give_back(hold, used=100)
    assert stand.budget().all_used == 100
    assert take(row.id, 9_900) is not None


def test_a_message_larger_than_an_answer_may_be_is_not_paid(stand: Stand, visitor: Visitor) -> None:
    stand.pay(answer_tokens=4_100)
    run = visitor.say("many words " * 300)
    assert run.model == "offline"
    assert "longer than what Acme Tools pays for" in said(run)
    assert stand.budget().all_used == 0


@pytest.mark.parametrize("fault", ["status-401", "status-500", "status-429", "status-400"])
def test_a_provider_that_is_down_costs_nothing_and_tells_visitors_nothing(
    stand: Stand, visitor: Visitor, fault: str
) -> None:
    ModelProvider.objects.update(classes={"fast": fault})
    stand.pay()
    run = visitor.say("hello")
    assert (run.state, run.model, run.provider) == ("done", "offline", "")
    assert "The model that Acme Tools pays for does not answer at the moment." in said(run)
    assert "Refused with" not in str(parts(run))
    assert stand.budget().all_used == 0
    assert stand.budget().problem.startswith("model_")


def test_an_answer_that_breaks_off_is_counted_whole(stand: Stand, visitor: Visitor) -> None:
    ModelProvider.objects.update(classes={"fast": "cut"})
    stand.pay()
    run = visitor.say("hello")
    assert (run.state, run.error_kind) == ("failed", "model_cut")
    assert run.error == "The model that Acme Tools pays for stopped in the middle. What came is kept."
    assert stand.budget().all_used > 2_000


def test_nothing_is_paid_once_it_ends_even_by_a_page_that_is_still_open(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    visitor.say("one")
    address = opened(visitor)
    end_trials(actor=stand.cast.principal("admin"), listing=stand.listing)
    assert visitor.say("two", through=address).model == "offline"
    types = Event.objects.filter(target=stand.listing.id).values_list("type", flat=True)
    assert set(types) >= {"listing.trials_paid", "listing.trials_unpaid"}


def test_a_suspended_publisher_pays_nothing(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    visitor.say("one")
    address = opened(visitor)
    publisher = Publisher.objects.get()
    operator = stand.cast.principal("operator")
    suspend_publisher(actor=operator, publisher=publisher, reason="Spam.")
    assert visitor.say("two", through=address).model == "offline"
    assert "pays" not in visitor.page()
    restore_publisher(actor=operator, publisher=publisher)
    assert visitor.say("three").model == "echo"


def test_a_suspended_workspace_pays_nothing(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    address_before = visitor.say("one")
    assert address_before.model == "echo"
    stand.cast.workspace.suspended_at = stand.cast.workspace.created_at
    stand.cast.workspace.save()
    assert visitor.say("two").model == "offline"


@pytest.mark.parametrize("state", [L.QUARANTINE, L.REMOVED])
def test_a_trial_ends_with_its_listing(stand: Stand, visitor: Visitor, state: L) -> None:
    stand.pay()
    visitor.say("one")
    address = opened(visitor)
    move(stand.listing, state)
    assert visitor.client.post(address, {"text": "two"}).status_code == 404
    assert visitor.client.post("/marketplace/brief/try/", {"text": "two"}).status_code == 404
    assert not stand.budget().allowed


def test_a_provider_that_is_disconnected_stops_it_rather_than_another_paying(stand: Stand, visitor: Visitor) -> None:
    stand.pay()
    ModelProvider.objects.create(
        workspace=stand.cast.workspace, kind="openai", name="Dear", base_url=stand.provider.base_url,
        classes={"fast": "echo"}, secret=seal_for(stand.cast.workspace.id, {"key": KEY}), is_default=True,
    )  # fmt: skip
    stand.provider.delete()
    assert visitor.say("one").model == "offline"


# -- the demo hub


def lend(stand: Stand, make_hub: MakeHub, *arguments: str) -> Hub:
    hub = make_hub("handy", *arguments)
    hub.read_only = True
    hub.save()
    return hub


def test_a_demo_hub_lends_the_tools_that_read_and_are_named(stand: Stand, visitor: Visitor, make_hub: MakeHub) -> None:
    hub = lend(stand, make_hub)
    ModelProvider.objects.update(classes={"fast": "tools"})
    assert "Without add_numbers here" in visitor.page()
    stand.pay(hub=hub.id)
    text = visitor.page()
    assert "Without add_numbers" not in text
    assert "The tools are a demo of Acme Tools" in text
    run = visitor.say('call add_numbers {"a": 2, "b": 3}')
    assert (run.state, run.error) == ("done", "")
    assert "The tool said: 5" in said(run)
    run = visitor.say('call weather {"city": "Oslo", "day": "2026-03-04"}')  # on the hub, not in the listing
    assert "There is no tool weather" in str(parts(run))


def test_a_demo_hub_without_a_model_is_used_by_the_offline_model(
    stand: Stand, visitor: Visitor, make_hub: MakeHub
) -> None:
    stand.pay(provider="", hub=lend(stand, make_hub).id)
    run = visitor.say("add 2 and 3")
    assert run.model == "offline"
    assert any(part.get("name", "").endswith("add_numbers") for part in parts(run)), parts(run)


def test_a_demo_hub_that_lets_write_by_now_lends_nothing(stand: Stand, visitor: Visitor, make_hub: MakeHub) -> None:
    hub = lend(stand, make_hub)
    ModelProvider.objects.update(classes={"fast": "tools"})
    stand.pay(hub=hub.id)
    update_hub(actor=stand.cast.principal("admin"), hub=hub, read_only=False)
    run = visitor.say('call add_numbers {"a": 2, "b": 3}')
    assert not any(part["kind"] == "tool_result" and part["outcome"] == "answered" for part in parts(run))
    assert "Without add_numbers here" in visitor_page_of_new(visitor)
    page = stand.cast.browser("admin").get("/w/acme/publish/brief/trials/").content.decode()
    assert "The demo hub lets write by now" in page


def test_a_tool_that_writes_is_never_lent(stand: Stand, visitor: Visitor, make_hub: MakeHub) -> None:
    hub = lend(stand, make_hub)
    ModelProvider.objects.update(classes={"fast": "tools"})
    package = AssistantPackage(instructions="Be brief.", tools=(ToolNeed(listing="handy", tool="write_note"),))
    installs.add_version(stand.listing, package)
    stand.listing.refresh_from_db()
    stand.pay(hub=hub.id)
    run = visitor.say('call write_note {"title": "a", "text": "b"}')
    assert not any(part["kind"] == "tool_result" and part["outcome"] == "answered" for part in parts(run))


def test_a_server_of_the_publisher_is_tried_on_its_demo_hub(
    stand: Stand, answering: Answering, make_hub: MakeHub
) -> None:
    hub = lend(stand, make_hub)
    package = ServerPackage(
        transports=(installs.KEYED,),
        tools=(ToolDefinition(name="add_numbers", read_only=True), ToolDefinition(name="write_note")),
    )
    listing = publishing.add_live_listing("handy-one", "Handy", package, publisher=Publisher.objects.get())
    Listing.objects.filter(pk=listing.pk).update(server=Server.objects.get().id)
    listing.refresh_from_db()
    actor = stand.cast.principal("admin")
    with pytest.raises(InvalidProblem):
        sponsor_trials(actor=actor, listing=listing, terms=replace(TERMS, provider=stand.provider.id))
    visitor = Visitor(answering, "handy-one", Client())
    assert "Try it here" not in visitor.page()
    sponsor_trials(actor=actor, listing=listing, terms=replace(TERMS, hub=hub.id))
    assert "Try it here" in visitor.page()
    run = visitor.say("add 2 and 3")
    assert any(part.get("name", "").endswith("add_numbers") for part in parts(run)), parts(run)


ROUTE = ToolRoute(kind="tool", name="s__find", real="find", server_id="srv_1", definition=b"{}", read_only=True)
SERVER = HubServer(server_id="srv_1", slug="s", title="S", transport="http", eras=())
HUB = HubSnapshot(
    hub_id="hub_1", workspace_id="ws_1", workspace_slug="w", slug="h", title="H", version=1, read_only=True,
    servers={"srv_1": SERVER}, tools={"s__find": ROUTE},
)  # fmt: skip
SPONSOR = Sponsor("spn_1", workspace_id="ws_1", hub="hub_1", tools=frozenset({"find"}))


def with_server(**values: Any) -> HubSnapshot:
    return msgspec.structs.replace(HUB, servers={"srv_1": msgspec.structs.replace(SERVER, **values)})


@pytest.mark.parametrize(("sponsor", "hub", "route"), [
    (SPONSOR, msgspec.structs.replace(HUB, read_only=False), ROUTE),
    (SPONSOR, msgspec.structs.replace(HUB, workspace_id="ws_2"), ROUTE),
    (SPONSOR, msgspec.structs.replace(HUB, hub_id="hub_2"), ROUTE),
    (SPONSOR, with_server(transport="internal"), ROUTE),
    (SPONSOR, HUB, msgspec.structs.replace(ROUTE, read_only=False)),
    (SPONSOR, HUB, msgspec.structs.replace(ROUTE, real="other")),
    (replace(SPONSOR, server="srv_2"), HUB, ROUTE),
])  # fmt: skip
def test_what_a_demo_hub_never_lends(sponsor: Sponsor, hub: HubSnapshot, route: ToolRoute) -> None:
    assert SPONSOR.offers(HUB, ROUTE)
    assert not sponsor.offers(hub, route)


# -- who may switch it on, and with what


def test_only_what_belongs_to_the_workspace_can_pay(stand: Stand, cast: Cast) -> None:
    other = ModelProvider.objects.create(
        workspace=cast.users["outsider"].memberships.get().workspace, kind="openai", name="Theirs",
        classes={"fast": "echo"},
    )  # fmt: skip
    hub = Hub.objects.create(workspace=other.workspace, slug="h", title="H", read_only=True)
    for terms in ({"provider": other.id}, {"hub": hub.id}, {"provider": "", "hub": ""}, {"day_tokens": 1},
                  {"answer_tokens": 2_000}, {"visitor_answers": 0}):  # fmt: skip
        with pytest.raises(InvalidProblem):
            stand.pay(**terms)
    writes = Hub.objects.create(workspace=cast.workspace, slug="w", title="W")
    with pytest.raises(InvalidProblem, match="read-only"):
        stand.pay(hub=writes.id)
    for name in ("member", "viewer", "outsider", "anonymous"):
        with pytest.raises(PermissionProblem):
            sponsor_trials(actor=cast.principal(name), listing=stand.listing, terms=TERMS)
    assert not Sponsorship.objects.exists()


def test_the_page_switches_it_on_changes_it_and_ends_it(stand: Stand, cast: Cast) -> None:
    browser, url = cast.browser("admin"), "/w/acme/publish/brief/trials/"
    form = {"provider": stand.provider.id, "klass": "fast", "hub": "", "day_tokens": "30000", "all_tokens": "60000",
            "answer_tokens": "8000", "visitor_answers": "3"}  # fmt: skip
    text = browser.get(url).content.decode()
    assert "Pay for trials" in text
    assert KEY not in text
    assert browser.post(url, form | {"answer_tokens": "2000"}).status_code == 400
    assert browser.post(url, form).status_code == 302
    assert stand.budget().active
    assert browser.post(url, form | {"visitor_answers": "4"}).status_code == 302
    text = browser.get(url).content.decode()
    assert "Tokens today" in text
    assert browser.post(url, {"do": "end"}).status_code == 302
    assert not stand.budget().active
    types = list(Event.objects.filter(target=stand.listing.id).order_by("id").values_list("type", flat=True))
    assert types == ["listing.trials_paid", "listing.trials_changed", "listing.trials_unpaid"]


def test_the_api_does_the_same(stand: Stand, cast: Cast) -> None:
    url = f"/api/v1/workspaces/acme/listings/{stand.listing.id}/trials"
    headers = {"Authorization": f"Bearer {cast.key('admin', 'write')}"}
    client = Client()
    assert client.get(url, headers=headers).status_code == 404
    answer = client.put(
        url, {"provider": stand.provider.id, "answer_tokens": 8_000}, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["active"] is True
    assert KEY not in answer.content.decode()
    answer = client.put(url, {"visitor_answers": 7}, content_type="application/json", headers=headers)
    assert (answer.json()["visitor_answers"], answer.json()["answer_tokens"]) == (7, 8_000)
    assert client.put(url, {"hub": "hub_x"}, content_type="application/json", headers=headers).status_code == 400
    assert client.delete(url, headers=headers).status_code == 204
    assert client.get(url, headers=headers).json()["active"] is False


def opened(visitor: Visitor) -> str:
    """The address to which an open page sends."""
    return visitor.page().partition('data-say="')[2].partition('"')[0]


def visitor_page_of_new(visitor: Visitor) -> str:
    """As somebody sees it before anybody tried it: tools that are away are named there."""
    Assistant.objects.filter(workspace__slug=SLUG).delete()
    return Client().get(f"/marketplace/{visitor.slug}/").content.decode()


def move(listing: Listing, state: L) -> None:
    with transaction.atomic():
        move_listing(actor=SYSTEM, listing=locked_listing(listing), to=state, reason="Because.")
