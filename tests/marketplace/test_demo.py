"""What a new installation begins with: picks, collections, probes, and a demo whose assistants were really used."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import User, Workspace
from accounts.permissions import SYSTEM, principal_for
from accounts.services import create_workspace
from assistants.models import Assistant, Conversation, Message, Run
from core.clock import held_at, now
from core.models import Job
from marketplace.models import Collection, Install, Listing, ListingUse, ProbePlan, Publisher, Review
from marketplace.selectors.front import front
from marketplace.services.demo import TALK, TALKS, furnish_demo, talk_in_demo
from marketplace.services.installing import uninstall
from marketplace.services.moderation import set_picks
from marketplace.services.opening import COLLECTIONS, PICKS, open_marketplace
from marketplace.services.probe_plans import PROBE
from marketplace.services.stock import sync_catalogue
from tests.assistants.running import Answering, answering
from tests.launch.waiting import wait_until

__all__ = ["answering"]


@pytest.fixture
def stocked(db: None) -> None:
    sync_catalogue(actor=SYSTEM)


@pytest.fixture
def demo(stocked: None, engine: None, settings: Settings, tmp_path: Path) -> Workspace:
    settings.ENV = replace(settings.ENV, data_dir=tmp_path / "var")
    call_command("seed_demo", stdout=StringIO())
    return Workspace.objects.get(slug="demo")


def visitor_runs() -> list[Run]:
    return list(Run.objects.filter(channel=Conversation.Channel.CHAT).order_by("id"))


def test_the_marketplace_opens_with_picks_collections_and_probes(stocked: None) -> None:
    assert open_marketplace(actor=SYSTEM)
    picked = Listing.objects.exclude(featured=None).order_by("featured").values_list("slug", flat=True)
    assert tuple(picked) == PICKS
    for chosen in COLLECTIONS:
        collection = Collection.objects.get(slug=chosen.slug)
        slugs = collection.items.order_by("position").values_list("listing__slug", flat=True)
        assert tuple(slugs) == chosen.listings
        assert collection.user is None
    assert [one.slug for one in front().collections] == [chosen.slug for chosen in COLLECTIONS]
    assert Publisher.objects.get(name="Crossroads").proof == Publisher.Proof.BUILT_IN
    asked = set(Job.objects.filter(task=PROBE).values_list("subject", flat=True))
    here = Listing.objects.filter(offline=True, kind="assistant") | Listing.objects.filter(slug="toolbox")
    assert asked == set(here.values_list("id", flat=True))
    assert asked < set(ProbePlan.objects.values_list("listing_id", flat=True))


def test_what_the_operator_changed_stays(stocked: None) -> None:
    open_marketplace(actor=SYSTEM)
    set_picks(actor=SYSTEM, listing_ids=[])
    Collection.objects.get(slug="developers").delete()
    assert not open_marketplace(actor=SYSTEM)
    assert not Listing.objects.exclude(featured=None).exists()
    assert Collection.objects.count() == len(COLLECTIONS) - 1


def test_picks_that_were_chosen_before_stay(stocked: None) -> None:
    chosen = Listing.objects.get(slug="encoder")
    set_picks(actor=SYSTEM, listing_ids=[chosen.id])
    assert open_marketplace(actor=SYSTEM)
    assert list(Listing.objects.exclude(featured=None)) == [chosen]


def test_without_a_demo_nothing_is_installed(stocked: None) -> None:
    assert furnish_demo() == []
    owner = User.objects.create_user(email="ada@example.com", password="a long password")
    create_workspace(actor=SYSTEM, name="Demo", slug="demo", owner=owner)
    assert furnish_demo() == []
    assert talk_in_demo()
    assert not Install.objects.exists()
    assert not Job.objects.filter(task=TALK).exists()


def test_the_demo_installs_its_assistants_once(demo: Workspace) -> None:
    made = furnish_demo()
    assert [install.listing.slug for install in made] == [talk.listing for talk in TALKS]
    for install in Install.objects.filter(workspace=demo).select_related("assistant", "listing"):
        assert (install.state, install.steps) == (Install.State.READY, [])
        assert install.assistant is not None
        assert install.assistant.state == Assistant.State.RUNNING
        assert all(name.startswith("toolbox/") for name in install.mapping["tools"])
    visitor = principal_for(User.objects.get(is_demo=True), demo)
    uninstall(actor=visitor, install=made[0])
    assert furnish_demo() == []
    assert Install.objects.filter(workspace=demo, removed_at=None).count() == len(TALKS) - 1
    assert Job.objects.filter(task=TALK).count() == 1


def test_the_demo_talks_through_real_runs_and_adds_to_it_on_another_day(answering: Answering, demo: Workspace) -> None:
    furnish_demo()
    wait_until(talk_in_demo, "everything is said and answered", 60)
    runs = visitor_runs()
    assert len(runs) == sum(len(talk.said) for talk in TALKS)
    for run in runs:
        answer = Message.objects.get(run=run.id, role=Message.Role.ASSISTANT)
        outcomes = [part["outcome"] for part in answer.parts if part["kind"] == "tool_result"]
        assert (run.state, run.model, outcomes) == (Run.State.DONE, "offline", ["answered"]), answer.parts
    uses = dict(ListingUse.objects.filter(workspace=demo.id).values_list("listing__slug", "runs_ok"))
    assert uses == {talk.listing: len(talk.said) for talk in TALKS}
    assert talk_in_demo()
    assert len(visitor_runs()) == len(runs)
    with held_at(now() + timedelta(days=1)):
        assert not talk_in_demo()
    wait_until(lambda: not Run.objects.filter(state__in=Run.LIVE).exists(), "the next day's answers")
    assert len(visitor_runs()) == len(runs) + len(TALKS)
    assert not Review.objects.exists()


def test_the_demo_leaves_alone_what_the_visitor_deleted_or_paused(answering: Answering, demo: Workspace) -> None:
    furnish_demo()
    Assistant.objects.filter(workspace=demo).exclude(slug="world-clock").update(state=Assistant.State.PAUSED)
    wait_until(talk_in_demo, "everything is said and answered", 60)
    assert {run.assistant.slug for run in visitor_runs()} == {"world-clock"}
    assert Conversation.objects.filter(workspace=demo).count() == 1
    Conversation.objects.all().delete()
    assert talk_in_demo()
    assert not Conversation.objects.exists()
