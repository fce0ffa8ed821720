"""The styleguide is served, shows every component, and reads its two forms back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from core.templatetags import ui

pytestmark = pytest.mark.django_db
NOT_SHOWN = {"crumbs", "nothing", "query", "table_empty"}
"""What has no looks of its own."""
ROOT = Path(__file__).resolve().parents[2]


def test_every_tag_is_told_in_the_readme_and_shown_in_the_styleguide() -> None:
    shown = "".join(path.read_text() for path in (ROOT / "templates" / "styleguide").glob("*.html"))
    told = (ROOT / "templates" / "components" / "README.md").read_text()
    for tag in ui.register.tags:
        assert f"`{tag}`" in told or f"{{% {tag} " in told, tag
        assert f"{{% {tag} " in shown or tag in NOT_SHOWN, tag


@pytest.mark.parametrize("address", ["", "pictures/", "workspace/", "auth/", "mail/"])
def test_the_pages_answer(client: Client, address: str) -> None:
    response = client.get(f"/styleguide/{address}")
    assert response.status_code == 200
    assert "{%" not in response.content.decode() and "{{" not in response.content.decode()


@pytest.mark.parametrize("address", ["", "pictures/"])
def test_ids_are_unique_and_fragments_lead_somewhere(client: Client, address: str) -> None:
    html = client.get(f"/styleguide/{address}").content.decode()
    ids = re.findall(r'\sid="([^"]+)"', re.sub(r"<template.*?</template>", "", html, flags=re.S))
    assert len(ids) == len(set(ids)), {one for one in ids if ids.count(one) > 1}
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_what_is_sent_is_read_or_refused_with_what_was_typed(client: Client) -> None:
    fine = client.post("/styleguide/", {"args.city": "Bern", "args.days": "3", "args.__mode": "form"}).content.decode()
    assert "&quot;Bern&quot;" in fine
    wrong = client.post(
        "/styleguide/", {"args.city": "Bern", "args.days": "40", "args.__mode": "form"}
    ).content.decode()
    assert "At most 14." in wrong and 'name="args.days" value="40"' in wrong


def test_the_theme_is_drawn_by_the_server(client: Client) -> None:
    assert "data-theme" not in client.get("/styleguide/").content.decode().partition("<head>")[0]
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get("/styleguide/").content.decode()
