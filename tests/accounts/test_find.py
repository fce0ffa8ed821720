"""Ctrl-K: what somebody finds is what they may open."""

from __future__ import annotations

import re

import pytest

from tests.cast import EVERYBODY, Cast


def hits(cast: Cast, who: str, q: str, *, part: bool = True) -> dict[str, str]:
    headers = {"HX-Request": "true"} if part else {}
    answer = cast.browser(who).get("/find/", {"q": q}, headers=headers)
    assert answer.status_code == 200
    found = re.findall(r'<a[^>]*href="([^"]+)" role="option"[^>]*>.*?<span>([^<]+)</span>', answer.content.decode())
    return {label: url for url, label in found}


def visit(cast: Cast, *names: str) -> None:
    for name in names:
        cast.browser(name).get("/w/acme/keys/")


def test_pages_of_the_workspace_where_one_was_last(cast: Cast) -> None:
    visit(cast, "owner", "viewer")
    assert hits(cast, "owner", "webhooks")["Webhooks"] == "/w/acme/webhooks/"
    assert "Webhooks" not in hits(cast, "viewer", "webhooks")


def test_operator_pages_are_the_operators(cast: Cast) -> None:
    assert hits(cast, "operator", "outbox")["Outbox"] == "/operator/outbox/"
    for who in ("owner", "outsider", "anonymous"):
        assert "Outbox" not in hits(cast, who, "outbox")


def test_ones_workspaces(cast: Cast) -> None:
    assert hits(cast, "member", "acm")["Acme"] == "/w/acme/"
    assert "Acme" not in hits(cast, "outsider", "acm")
    assert "Acme" not in hits(cast, "operator", "acm")


def test_members_for_those_who_manage_them(cast: Cast) -> None:
    visit(cast, "admin", "member")
    assert hits(cast, "admin", "viewer@example")["Viewer"] == "/w/acme/settings/#members"
    assert "Viewer" not in hits(cast, "member", "viewer@example")


def test_keys_that_one_may_see(cast: Cast) -> None:
    visit(cast, "admin", "member", "owner")
    cast.key("admin", "mcp")
    url = f"/w/acme/keys/{cast.users['admin'].keys.get().id}/"
    assert url in hits(cast, "owner", "admin's").values()
    assert url not in hits(cast, "member", "admin's").values()


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("q", ["", "zzz-nothing", "<script>", "\x00", "%", "a" * 5000])
def test_whatever_is_typed_is_answered(cast: Cast, who: str, q: str) -> None:
    for part in (True, False):
        headers = {"HX-Request": "true"} if part else {}
        answer = cast.browser(who).get("/find/", {"q": q}, headers=headers)
        assert answer.status_code == 200
        assert b"<script>" not in answer.content.split(b"</head>")[-1].replace(b"<script src", b"")


def test_a_search_is_a_handful_of_queries(cast: Cast, django_assert_max_num_queries: object) -> None:
    visit(cast, "owner")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        hits(cast, "owner", "a")
