"""The chat page: a message, its answer, the list, the files; for a person with and without a script."""

from __future__ import annotations

import pytest
from django.core import signing
from django.test import Client

from assistants.models import Conversation, Run
from assistants.services.trials import NETWORK_TRIES, TRIES, new_visitor, one_try, tries_left
from assistants.views.trial import SALT
from core.errors import ServiceProblem
from tests.assistants.running import Answering, MakeAssistant
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
CHAT = "/w/acme/assistants/helper/chat/"
JSON = {"Accept": "application/json"}


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


def test_a_refused_message_comes_back_as_it_was_typed(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    assistant = make_assistant()
    assistant.state = "paused"
    assistant.save()
    browser = cast.browser("member")
    page = browser.post(CHAT, {"text": "what I <typed>"})
    assert page.status_code == 409
    assert "what I &lt;typed&gt;</textarea>" in page.content.decode()
    told = browser.post(CHAT, {"text": "again"}, headers=JSON)
    assert (told.status_code, told.json()["code"]) == (409, "paused")
    assert not Conversation.objects.exists()


def test_a_conversation_is_renamed_found_saved_and_deleted(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    make_assistant()
    browser = cast.browser("member")
    url = browser.post(CHAT, {"text": "add the numbers 19 and 23"}, headers=JSON).json()["url"]
    answering.events(Run.objects.get())
    assert browser.post(f"{url}rename/", {"title": "Sums of ours"}).status_code == 302
    assert "Sums of ours" in browser.get(f"{CHAT}?q=sums").content.decode()
    assert "No title fits" in browser.get(f"{CHAT}?q=zzz").content.decode()
    saved = browser.get(f"{url}export/?format=json")
    assert saved.json()["title"] == "Sums of ours"
    assert 'filename="helper-sums-of-ours.json"' in saved["Content-Disposition"]
    assert browser.get(f"{url}export/")["Content-Type"].startswith("text/markdown")
    assert cast.browser("admin").get(url).status_code == 404
    assert browser.post(f"{url}delete/").status_code == 302
    assert browser.get(url).status_code == 404


def test_what_is_missing_is_filled_in_on_the_page(
    cast: Cast, answering: Answering, make_assistant: MakeAssistant
) -> None:
    make_assistant(tools=("add_numbers",))
    browser = cast.browser("member")
    url = browser.post(CHAT, {"text": "add numbers"}, headers=JSON).json()["url"]
    run = Run.objects.get()
    answering.events(run)
    ask = Run.objects.get().conversation.messages.get(role="assistant").parts[-1]
    assert ask["kind"] == "ask"
    sent = {"run": run.id, "ask": ask["id"], "decision": "fill", "args.__mode": "form", "args.a": "x", "args.b": "2"}
    wrong = browser.post(f"{url}answer/", sent, headers=JSON)
    assert wrong.status_code == 400
    assert 'aria-invalid="true"' in wrong.json()["block"]
    assert browser.post(f"{url}answer/", sent).content.decode().count('value="x"') == 1
    assert browser.post(f"{url}answer/", sent | {"args.a": "40"}).status_code == 302
    answering.events(run)
    assert ">42<" in browser.get(url).content.decode()


def test_a_visitor_tries_it_without_an_account(cast: Cast, answering: Answering, make_assistant: MakeAssistant) -> None:
    assistant = make_assistant()
    token = signing.dumps({"a": assistant.id, "s": False, "b": ""}, salt=SALT, compress=True)
    url, visitor = f"/try/{token}/", Client(REMOTE_ADDR="198.51.100.7")
    assert f"{TRIES}</span> of {TRIES} tries" in visitor.get(url).content.decode()
    told = visitor.post(url, {"text": "add the numbers 19 and 23"}, headers=JSON)
    assert (told.status_code, told.json()["left"]) == (200, TRIES - 1)
    run = Run.objects.get()
    answering.events(run)
    assert ">42<" in visitor.get(url).content.decode()
    assert run.conversation.expires_at is not None
    other = Client(REMOTE_ADDR="198.51.100.7").get(url).content.decode()
    assert ">42<" not in other
    assert visitor.post(f"{url}again/").status_code == 302
    assert not Conversation.objects.exists()
    assert visitor.get("/try/forged/").status_code == 404


def test_tries_are_counted_and_given_back() -> None:
    visitor, address = new_visitor(), "203.0.113.9"
    for _ in range(TRIES):
        with one_try(visitor=visitor, address=address):
            pass
    assert tries_left(visitor=visitor, address=address) == 0
    with pytest.raises(ServiceProblem, match="all tries for today"), one_try(visitor=visitor, address=address):
        raise AssertionError
    other = new_visitor()
    with pytest.raises(ZeroDivisionError), one_try(visitor=other, address=address):
        raise ZeroDivisionError
    assert tries_left(visitor=other, address=address) == TRIES
    for _ in range(NETWORK_TRIES - TRIES):
        with one_try(visitor=new_visitor(), address="203.0.113.77"):
            pass
    assert tries_left(visitor=other, address=address) == 0
