"""Runs answered by the built-in model, from saying to the stored answer, by a real worker."""

from __future__ import annotations

import pytest

from assistants.models import Message, Run
from tests.assistants.running import Answering, MakeAssistant
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_becomes_a_call_and_its_result(
    cast: Cast,
    answering: Answering,
    make_assistant: MakeAssistant,
) -> None:
    run = answering.say(cast.principal("member"), make_assistant(), "add the numbers 19 and 23")
    assert (run.state, run.error) == ("done", "")
    events = answering.events(run)
    assert [event.kind for event in events] == ["start", "notice", "tool_call", "tool_result", "usage", "done"]
    call, result = events[2].data, events[3].data
    assert call["arguments"] == {"a": 19, "b": 23}
    assert (result["outcome"], result["content"]) == ("answered", [{"type": "text", "text": "42"}])
    stored = Message.objects.get(run=run.id, role="assistant")
    assert [part["kind"] for part in stored.parts] == ["notice", "tool_call", "tool_result"]
    assert (run.model, run.tool_calls) == ("offline", 1)
    assert Run.objects.count() == 1
