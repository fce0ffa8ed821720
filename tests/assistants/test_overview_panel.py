"""The panel of assistants on the overview of a workspace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from assistants.models import Assistant, Conversation, Run
from assistants.selectors.assistants import lately_used
from assistants.services.assistant_versions import keep_and_deploy
from core.clock import now
from tests.assistants.studio import hub, make
from tests.cast import Cast

__all__ = ["hub"]
HOME = "/w/acme/"


def deployed(cast: Cast, name: str) -> Assistant:
    return keep_and_deploy(actor=cast.principal("admin"), assistant=make(cast, name, instructions=name))


def ran(assistant: Assistant, days_ago: int, channel: str = "chat") -> None:
    conversation = Conversation.objects.create(
        workspace=assistant.workspace, assistant=assistant, channel=channel, principal="usr_1"
    )
    run = Run.objects.create(
        workspace=assistant.workspace, conversation=conversation, assistant=assistant, channel=channel,
        principal={}, state="done",
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(created_at=now() - timedelta(days=days_ago))


def test_those_used_last_come_first_and_trials_are_no_use(cast: Cast) -> None:
    rarely, never, often = (deployed(cast, name) for name in ("Rarely", "Never", "Often"))
    ran(rarely, 9)
    ran(often, 1)
    ran(never, 0, "trial")
    assert [one.name for one in lately_used(cast.workspace, 6)] == ["Often", "Rarely", "Never"]
    assert [one.name for one in lately_used(cast.workspace, 2)] == ["Often", "Rarely"]
    assert getattr(lately_used(cast.workspace, 6)[2], "last_run_at") is None  # noqa: B009  # an annotation


def test_the_overview_leads_to_the_chats_of_those_that_answer(cast: Cast) -> None:
    answering, _draft = deployed(cast, "Travel guide"), make(cast, "Only a draft")
    page = cast.browser("member").get(HOME).text
    assert "/w/acme/assistants/travel-guide/chat/" in page
    assert "/w/acme/assistants/only-a-draft/" in page
    assert "/w/acme/assistants/only-a-draft/chat/" not in page
    assert "See all assistants" in page
    Assistant.objects.filter(pk=answering.pk).update(state="paused")
    assert "/w/acme/assistants/travel-guide/chat/" not in cast.browser("member").get(HOME).text


def test_the_panel_asks_as_much_for_six_as_for_one(cast: Cast, django_assert_num_queries: Any) -> None:
    for number in range(8):
        ran(deployed(cast, f"Guide {number}"), number)
        if number in (0, 7):
            with django_assert_num_queries(1):
                assert len(lately_used(cast.workspace, 6)) == min(6, number + 1)
    browser = cast.browser("member")
    browser.get(HOME)
    assert browser.get(HOME).text.count("/chat/") == 6
