"""How a conversation begins: greeting and starters with what was filled in, and never with a secret."""

from __future__ import annotations

from typing import Any

import pytest

from assistants.configuration import Configuration, read_configuration
from assistants.models import Assistant
from assistants.selectors.agent_cards import agent_card
from assistants.selectors.opening import Opening, opening, opening_of
from assistants.services.assistant_versions import keep_and_deploy
from assistants.services.checks import checked_configuration, unknown_placeholders
from assistants.services.values import fill_values
from proxy.errors import DraftProblem
from tests.assistants.studio import make
from tests.cast import Cast, cast

__all__ = ["cast"]
pytestmark = pytest.mark.django_db
SHOP: dict[str, Any] = {
    "greeting": "Welcome to **{{shop}}**. Ask me in {{ language }}.",
    "starters": ["What does {{shop}} sell?", "Answer in {{language}}", "Hello"],
    "variables": [
        {"name": "shop", "label": "Your shop"},
        {"name": "language", "label": "Language", "default": "Dutch"},
    ],
}


def configuration(**more: Any) -> Configuration:
    return read_configuration(SHOP | more)


def test_defaults_stand_in_and_labels_where_there_is_none() -> None:
    begins = opening(configuration())
    assert begins == Opening("Welcome to **Your shop**. Ask me in Dutch.", ("Answer in Dutch", "Hello"))


def test_what_is_no_variable_stays_as_it_was_written() -> None:
    assert opening(configuration(greeting="{{Shop}} {{other}}", starters=["{{other}}"])) == Opening(
        "{{Shop}} {{other}}", ("{{other}}",)
    )
    assert unknown_placeholders(configuration(starters=["{{other}}"])) == ["other"]


def test_the_pages_and_the_card_show_what_was_filled_in(cast: Cast) -> None:
    assistant = make(cast, **SHOP)
    keep_and_deploy(actor=cast.principal("admin"), assistant=assistant)
    page = f"/w/{cast.workspace.slug}/assistants/{assistant.slug}/"
    fill_values(actor=cast.principal("admin"), assistant=assistant, values={"shop": "Acme & Sons"})
    assistant = Assistant.objects.select_related("workspace", "deployed").get(pk=assistant.pk)
    for address in (page, f"{page}chat/"):
        html = cast.browser("admin").get(address).content.decode()
        assert "Acme &amp; Sons" in html and "{{" not in html, address
        assert "What does Acme &amp; Sons sell?" in html
    assert agent_card(assistant)["skills"][0]["examples"][0] == "What does Acme & Sons sell?"


def test_the_editor_shows_the_opening_as_it_will_be(cast: Cast) -> None:
    assistant = make(cast)
    fields = {
        "greeting": "Hello from {{shop}}", "starters": "About {{shop}}\nAbout {{city}}", "instructions": "Be brief.",
        "variables-0-name": "shop", "variables-0-label": "Shop", "variables-0-default": "Acme",
    }  # fmt: skip
    url = f"/w/{cast.workspace.slug}/assistants/{assistant.slug}/edit/preview/"
    html = cast.browser("admin").post(url, fields).content.decode()
    assert "Hello from Acme" in html and "About Acme" in html
    assert "No variable has this name" in html


def test_a_secret_is_never_shown(cast: Cast) -> None:
    with pytest.raises(DraftProblem):
        checked_configuration(
            cast.workspace.id,
            {"starters": ["Use {{token}}"], "variables": [{"name": "token", "label": "Token", "kind": "secret"}]},
        )
    assistant = make(cast, **SHOP)
    fill_values(actor=cast.principal("admin"), assistant=assistant, values={"shop": "hunter2"})
    Assistant.objects.update(secret_values=["shop"])
    assistant = Assistant.objects.get(pk=assistant.pk)
    assert "hunter2" not in str(opening_of(assistant, configuration()))
