"""From the address to the workspace: outsiders, former slugs, suspended workspaces, time zones."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import SlugAlias, Workspace
from accounts.services import rename_workspace
from core.clock import now
from tests.cast import Cast


@pytest.mark.parametrize("who", ["outsider", "operator"])
def test_who_is_no_member_is_told_nothing(cast: Cast, who: str) -> None:
    missing = cast.browser(who).get("/w/nowhere/keys/")
    there = cast.browser(who).get("/w/acme/keys/")
    assert missing.status_code == there.status_code == 404


def test_anonymous_people_are_asked_to_sign_in_wherever_they_point(cast: Cast) -> None:
    for path in ("/w/acme/keys/", "/w/nowhere/keys/"):
        answer = cast.browser("anonymous").get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(cast: Cast) -> None:
    part = {"HX-Request": "true"}
    page = part | {"HX-Current-URL": "http://testserver/w/acme/keys/"}
    answer = cast.browser("anonymous").get("/w/acme/calls/live/", headers=page)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/w/acme/keys/"
    answer = cast.browser("anonymous").get("/w/acme/calls/live/", headers=part)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/w/acme/"


def test_a_former_slug_leads_members_on(cast: Cast) -> None:
    rename_workspace(actor=cast.principal("owner"), workspace=cast.workspace, name="Acme", slug="apex")
    answer = cast.browser("viewer").get("/w/acme/keys/?q=1")
    assert (answer.status_code, answer["Location"]) == (308, "/w/apex/keys/?q=1")
    assert cast.browser("outsider").get("/w/acme/keys/").status_code == 404


def test_a_suspended_workspace_is_closed(cast: Cast) -> None:
    Workspace.objects.filter(pk=cast.workspace.pk).update(suspended_at=now())
    answer = cast.browser("owner").get("/w/acme/keys/")
    assert answer.status_code == 403
    assert b"suspended" in answer.content


@pytest.mark.parametrize("path", ["/w/ACME/keys/", "/w/ac_me/keys/", "/w//keys/"])
def test_what_is_no_slug_is_not_found(cast: Cast, path: str) -> None:
    assert cast.browser("owner").get(path).status_code == 404


def test_times_stand_in_the_persons_zone_and_do_not_leak(cast: Cast) -> None:
    user = cast.users["member"]
    user.timezone = "Asia/Tokyo"
    user.save()
    cast.key("member", "mcp")
    key = user.keys.get()
    local = key.created_at.astimezone(timezone.zoneinfo.ZoneInfo("Asia/Tokyo"))  # type: ignore[attr-defined]
    page = cast.browser("member").get(f"/w/acme/keys/{key.id}/").content.decode()
    assert f"{local:%H:%M}" in page
    cast.browser("anonymous").get("/healthz")
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_zone_that_is_no_more_is_utc(cast: Cast) -> None:
    cast.users["member"].timezone = "Atlantis/Poseidonis"
    cast.users["member"].save()
    assert cast.browser("member").get("/me/").status_code == 200


def test_aliases_are_of_one_workspace(cast: Cast) -> None:
    SlugAlias.objects.create(slug="old", workspace=cast.workspace)
    assert cast.browser("member").get("/w/old/keys/")["Location"] == "/w/acme/keys/"
