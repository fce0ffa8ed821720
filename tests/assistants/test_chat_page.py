"""The chat page: a message, its answer, the list, the files; for a person with and without a script."""

from __future__ import annotations

import pytest

from assistants.models import Run
from tests.assistants.running import Answering, MakeAssistant
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
CHAT = "/w/acme/assistants/helper/chat/"
JSON = {"HTTP_ACCEPT": "application/json"}


def test_a_message_without_a_script_is_answered_on_the_page(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    make_assistant(greeting="I can **add**.", starters=["add the numbers 19 and 23"])
    browser = cast.browser("member")
    first = browser.get(CHAT).content.decode()
    assert "<strong>add</strong>" in first
    assert 'value="add the numbers 19 and 23"' in first
    answer = browser.post(CHAT, {"text": "add the numbers 19 and 23"})
    assert answer.status_code == 302
    answering.events(Run.objects.get())
    page = browser.get(answer["Location"]).content.decode()
    assert "add the numbers 19 and 23" in page
    assert ">42<" in page
    assert "built-in offline model" in page
