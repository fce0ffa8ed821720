"""The pages on which assistants are made and managed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assistants.models import Assistant
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.assistants import save_draft
from assistants.services.values import fill_values, opened_values
from proxy.models import Hub
from tests.assistants.studio import PAGES, hub, make, sent, text
from tests.cast import Cast

__all__ = ["hub"]


def test_from_nothing_to_a_deployed_assistant(cast: Cast, hub: Hub) -> None:
    browser = cast.browser("admin")
    assert "No assistant yet" in text(browser.get(PAGES))
    answer = browser.post("/w/acme/assistants/new/", {"name": "Travel guide", "instructions": "Be brief."})
    assert answer["Location"] == f"{PAGES}travel-guide/edit/"
    form = sent(
        instructions="Guide through {{city}}.",
        greeting="Hello",
        starters="Where to?\nWhen?",
        tools=[f"{hub.id}/up__echo", f"{hub.id}/up__write"],
        ask=[f"{hub.id}/up__write"],
        revision=1,
        note="The first",
        do="deploy",
    )
    form |= {"variables-0-label": "Home town", "variables-0-kind": "text", "variables-0-default": "Bern"}
    form |= {"variables-4-name": "city", "variables-4-label": "City", "variables-4-kind": "text"}
    assert browser.post(f"{PAGES}travel-guide/edit/", form)["Location"] == f"{PAGES}travel-guide/"
    assistant = Assistant.objects.get()
    assert assistant.draft == {
        "instructions": "Guide through {{city}}.",
        "greeting": "Hello",
        "starters": ["Where to?", "When?"],
        "tools": [
            {"hub": hub.id, "name": "up__echo"},
            {"hub": hub.id, "name": "up__write", "ask_first": True},
        ],
        "variables": [
            {"name": "home_town", "label": "Home town", "default": "Bern"},
            {"name": "city", "label": "City"},
        ],
    }
    assert assistant.state == "running"
    page = text(browser.get(f"{PAGES}travel-guide/"))
    assert "up__write" in page
    assert "ask_travel_guide" in page
    assert "running" in text(browser.get(PAGES))


def test_what_was_typed_stays_when_it_cannot_be_saved(cast: Cast) -> None:
    make(cast)
    form = sent(instructions="Long work of mine.", input_schema="{nonsense", temperature="9", revision=1)
    form |= {"variables-0-label": "City", "variables-0-name": "No Good", "variables-0-kind": "text"}
    answer = cast.browser("admin").post(f"{PAGES}travel-guide/edit/", form)
    assert answer.status_code == 400
    page = text(answer)
    assert "Long work of mine." in page
    assert "{nonsense" in page
    assert 'value="No Good"' in page
    assert "This is not JSON" in page


def test_two_editors_see_both_drafts_and_lose_nothing(cast: Cast) -> None:
    assistant = make(cast, instructions="One.")
    save_draft(
        actor=cast.principal("owner"), assistant=assistant, configuration={"instructions": "Theirs."}, revision=1
    )
    browser = cast.browser("admin")
    answer = browser.post(f"{PAGES}travel-guide/edit/", sent(instructions="Mine.", revision=1))
    page = text(answer)
    assert answer.status_code == 409
    assert "Theirs." in page
    assert "Mine." in page
    assert "Owner saved it" in page
    revision = re.search(r'name="their_revision" value="(\d+)"', page)
    assert revision
    again = sent(instructions="Mine.", revision=1, their_revision=revision[1], do="over")
    assert browser.post(f"{PAGES}travel-guide/edit/", again).status_code == 302
    assert Assistant.objects.get().draft == {"instructions": "Mine."}


def test_rows_are_added_and_dropped_without_a_script(cast: Cast) -> None:
    make(cast)
    browser = cast.browser("admin")
    page = text(browser.post(f"{PAGES}travel-guide/edit/", sent(instructions="Kept.", do="add:variables")))
    assert 'name="variables-0-label"' in page
    assert "Kept." in page
    two = sent(do="drop:variables:0") | {"variables-0-label": "Away", "variables-3-label": "Stays"}
    page = text(browser.post(f"{PAGES}travel-guide/edit/", two))
    assert "Away" not in page
    assert 'value="Stays"' in page
    assert Assistant.objects.get().draft == {}, "only saving saves"


def test_tools_are_searched_and_what_is_ticked_stays(cast: Cast, hub: Hub) -> None:
    make(cast)
    browser = cast.browser("admin")
    ticked = {"tools": [f"{hub.id}/up__echo"], "q": "writ"}
    page = text(browser.post(f"{PAGES}travel-guide/edit/tools/", ticked))
    assert page.count("up__echo") == 4  # the values of its two boxes, its name, and whose "ask first" it is
    assert re.search(r'value="[^"]+up__echo" checked', page)
    assert "up__write" in page
    page = text(browser.post(f"{PAGES}travel-guide/edit/", sent(do="search", q="zzzz", tools=ticked["tools"])))
    assert "up__write" not in page
    assert re.search(r'value="[^"]+up__echo" checked', page)


def test_the_preview_follows_what_is_typed(cast: Cast) -> None:
    make(cast)
    typed = {"greeting": "**Hi** <script>", "starters": "One\nTwo", "instructions": "{{city}} {{town}}"}
    typed |= {"variables-0-name": "city", "variables-0-label": "City"}
    page = text(cast.browser("admin").post(f"{PAGES}travel-guide/edit/preview/", typed))
    assert "<strong>Hi</strong>" in page
    assert "<script>" not in page
    assert "<li>Two</li>" in page
    assert "No variable has this name" in page
    assert "<code>town</code>" in page


def test_versions_are_kept_compared_and_deployed(cast: Cast) -> None:
    assistant = make(cast, instructions="Old words.")
    browser = cast.browser("admin")
    browser.post(f"{PAGES}travel-guide/versions/", {"note": "The first", "revision": "1"})
    save_draft(
        actor=cast.principal("admin"),
        assistant=assistant,
        configuration={"instructions": "New words.", "greeting": "Hi"},
        revision=1,
    )
    page = text(browser.get(f"{PAGES}travel-guide/versions/1/?with=draft"))
    assert "Old words." in page
    assert "New words." in page
    browser.post(f"{PAGES}travel-guide/versions/", {"note": "The second"})
    page = text(browser.get(f"{PAGES}travel-guide/versions/2/"))
    assert "Old words." in page
    browser.post(f"{PAGES}travel-guide/versions/2/deploy/")
    browser.post(f"{PAGES}travel-guide/versions/1/deploy/")
    assistant.refresh_from_db()
    assert assistant.deployed and assistant.deployed.number == 1
    assert "The second" in text(browser.get(f"{PAGES}travel-guide/versions/"))
    assert browser.get(f"{PAGES}travel-guide/versions/99/").status_code == 404


def test_a_draft_is_not_compared_for_those_who_may_only_look(cast: Cast) -> None:
    assistant = make(cast, instructions="Deployed words.")
    keep_and_deploy(actor=cast.principal("admin"), assistant=assistant)
    save_draft(
        actor=cast.principal("admin"), assistant=assistant, configuration={"instructions": "Unsaid."}, revision=1
    )
    viewer = cast.browser("viewer")
    for path in ("", "versions/", "versions/1/", "versions/1/?with=draft"):
        answer = viewer.get(f"{PAGES}travel-guide/{path}")
        assert answer.status_code == 200
        assert "Unsaid." not in text(answer)
    assert viewer.get(f"{PAGES}travel-guide/edit/").status_code == 403


def test_values_are_filled_and_a_secret_is_not_shown(cast: Cast) -> None:
    variables = [{"name": "city", "label": "City"}, {"name": "token", "label": "Token", "kind": "secret"}]
    assistant = make(cast, variables=variables)
    browser, page = cast.browser("admin"), f"{PAGES}travel-guide/settings/"
    browser.post(page, {"do": "values", "value-city": "Bern", "value-token": "s3cret"})
    shown = text(browser.get(page))
    assert 'value="Bern"' in shown
    assert "s3cret" not in shown
    browser.post(page, {"do": "values", "value-city": "Basel", "value-token": ""})
    assistant.refresh_from_db()
    assert opened_values(assistant) == {"city": "Basel", "token": "s3cret"}
    browser.post(page, {"do": "values", "value-city": "Basel", "value-forget__token": "on"})
    assistant.refresh_from_db()
    assert opened_values(assistant) == {"city": "Basel"}


def test_it_is_renamed_offered_and_removed_from_its_settings(cast: Cast) -> None:
    assistant = make(cast)
    browser, page = cast.browser("admin"), f"{PAGES}travel-guide/settings/"
    browser.post(page, {"do": "name", "name": "City guide", "summary": "Knows towns", "letters": ""})
    browser.post(page, {"do": "offers", "offer_agent_card": "on"})
    assistant.refresh_from_db()
    assert (assistant.name, assistant.offer_tool, assistant.offer_agent_card) == ("City guide", False, True)
    browser.post(f"{PAGES}travel-guide/delete/", {"confirm": "no"})
    assert Assistant.objects.exists()
    browser.post(f"{PAGES}travel-guide/delete/", {"confirm": "travel-guide"})
    assert not Assistant.objects.exists()


def test_ctrl_k_finds_assistants_of_own_workspaces_alone(cast: Cast) -> None:
    make(cast, "Travel guide")
    assert "Travel guide" in text(cast.browser("viewer").get("/find/?q=trav"))
    assert "Travel guide" not in text(cast.browser("outsider").get("/find/?q=trav"))


def test_a_copy_takes_the_draft_but_no_values(cast: Cast) -> None:
    assistant = make(cast, variables=[{"name": "city", "label": "City"}])
    fill_values(actor=cast.principal("admin"), assistant=assistant, values={"city": "Bern"})
    browser = cast.browser("admin")
    assert "selected" in text(browser.get("/w/acme/assistants/new/?way=copy&of=travel-guide"))
    browser.post("/w/acme/assistants/new/?way=copy", {"source": assistant.id, "name": ""})
    copied = Assistant.objects.get(slug="travel-guide-copy")
    assert copied.draft == assistant.draft
    assert copied.values is None


@pytest.mark.parametrize("way", ["blank", "file", "copy", "nonsense"])
def test_every_way_to_begin_has_a_page(cast: Cast, way: str) -> None:
    assert cast.browser("admin").get(f"/w/acme/assistants/new/?way={way}").status_code == 200


def test_ten_megabytes_of_instructions_are_refused_with_a_sentence(cast: Cast) -> None:
    make(cast, instructions="Kept.")
    browser = cast.browser("admin")
    long = browser.post(f"{PAGES}travel-guide/edit/", sent(instructions="x" * 1_000_000, revision=1))
    assert long.status_code == 400
    assert "at most 100,000 characters fit" in text(long)
    huge = browser.post(f"{PAGES}travel-guide/edit/", sent(instructions="x" * 10_000_000, revision=1))
    assert huge.status_code in (400, 413)
    assert Assistant.objects.get().draft == {"instructions": "Kept."}


def test_an_unknown_name_in_braces_becomes_a_variable_with_one_button(cast: Cast) -> None:
    make(cast, instructions="Go to {{town}}.")
    browser = cast.browser("admin")
    page = text(browser.get(f"{PAGES}travel-guide/edit/"))
    assert 'value="add:variables:town"' in page
    page = text(browser.post(f"{PAGES}travel-guide/edit/", sent(instructions="{{town}}", do="add:variables:town")))
    assert 'name="variables-0-name" value="town"' in page


def test_pages_ask_the_database_a_bounded_number_of_times(
    cast: Cast, hub: Hub, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        keep_and_deploy(
            actor=cast.principal("admin"), assistant=make(cast, f"Guide {number}", instructions=str(number))
        )
    browser = cast.browser("admin")
    for path, most in ((PAGES, 25), (f"{PAGES}guide-1/", 35), (f"{PAGES}guide-1/edit/", 35), ("/w/acme/models/", 20)):
        browser.get(path)
        with django_assert_max_num_queries(most):
            browser.get(path)
