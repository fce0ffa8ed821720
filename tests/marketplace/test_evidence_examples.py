"""Assistants' own examples, run for real: by the offline model in the showroom, and in the publisher's install."""

from __future__ import annotations

from typing import Any

import pytest

from assistants.configuration import Example
from assistants.models import Conversation, Run
from core.jobs import JobLater
from marketplace.models import Listing, Probe
from marketplace.packages import AssistantPackage, ToolNeed
from marketplace.services.probing import probe_listing
from marketplace.services.showroom import showroom
from proxy.models import Server
from proxy.services.runs import run_discovery
from tests.assistants.running import Answering, answering
from tests.launch.waiting import wait_until
from tests.marketplace.publishing import INSTRUCTIONS, add_live_listing

__all__ = ["answering"]
GOOD = Example(input="What time is it in Asia/Tokyo?", expect=("Asia/Tokyo",), tools=("current_time",))
WRONG = Example(input="What time is it in Asia/Tokyo?", expect=("Atlantis",))


def listed(*examples: Example, **values: Any) -> Listing:
    tools = (ToolNeed(listing="toolbox", tool="current_time"),)
    made: dict[str, Any] = {"instructions": INSTRUCTIONS, "works_offline": True, "tools": tools, "examples": examples}
    package = AssistantPackage(**(made | values))
    return add_live_listing("clock", "Clock", package)


def probed(listing: Listing) -> Probe:
    """As the worker's job does it: again and again until the examples have ended."""
    found: list[Probe] = []

    def look() -> bool:
        try:
            probe = probe_listing(listing_id=listing.id)
        except JobLater:
            return False
        assert probe is not None
        found.append(probe)
        return True

    wait_until(look, "the examples to end", 60)
    return found[0]


@pytest.fixture
def toolbox(answering: Answering) -> None:
    showroom()
    run_discovery(server_id=Server.objects.get(slug="toolbox").id)


@pytest.mark.parametrize(
    ("examples", "outcome", "said"),
    [
        ((GOOD,), "good", "1 of 1 own test passes."),
        ((GOOD, WRONG), "poor", "lacks “Atlantis”"),
        ((WRONG,), "bad", "0 of 1 own test passes."),
    ],
)
def test_examples_run_with_the_offline_model(
    toolbox: None, examples: tuple[Example, ...], outcome: str, said: str
) -> None:
    listing = listed(*examples)
    probe = probed(listing)
    assert probe.outcome == outcome, probe.checks
    assert said in probe.checks[0]["sentence"]
    runs = Run.objects.filter(channel=Conversation.Channel.CHECK)
    assert [run.model for run in runs] == ["offline"] * len(examples)
    assert all(run.conversation.expires_at for run in runs)
    # The next probe asks anew.
    probed(listing)
    assert runs.all().count() == 2 * len(examples)


def test_what_needs_a_model_is_not_probed_without_one(db: None) -> None:
    probe = probed(listed(GOOD, works_offline=False))
    assert (probe.outcome, probe.checks[0]["sentence"]) == ("unprobed", "Not probed: it needs a model.")
    assert not Run.objects.exists()


def test_what_needs_servers_of_others_is_not_probed(db: None) -> None:
    tools = (ToolNeed(listing="github", tool="search"),)
    probe = probed(listed(GOOD, tools=tools))
    assert probe.outcome == "unprobed"
    assert "servers that do not come with Crossroads" in probe.checks[0]["sentence"]


def test_without_examples_there_is_nothing_to_probe(db: None) -> None:
    probe = probed(listed())
    assert probe.outcome == "unprobed"
    assert "no examples" in probe.checks[0]["sentence"]
