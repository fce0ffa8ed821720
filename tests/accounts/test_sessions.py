"""Where a person is signed in: shown to them, and ended by them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from accounts.models import BrowserSession, Membership, User
from accounts.presence import AGAIN_S, MARK, device
from accounts.services import end_other_sessions, end_session
from accounts.tasks import forget_sessions
from core.clock import now
from core.errors import PermissionProblem
from core.models import Event
from tests.cast import PASSWORD, Cast

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1"


def signed_in(agent: str, address: str = "127.0.0.1", who: str = "member", password: str = PASSWORD) -> Client:
    cache.clear()
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    answer = client.post("/accounts/login/", {"login": f"{who}@example.com", "password": password})
    assert answer.status_code == 302
    return client


def page(client: Client) -> str:
    return client.get("/me/").content.decode()


def test_every_browser_is_listed_with_its_device_and_address(cast: Cast) -> None:
    laptop = signed_in(FIREFOX, "192.0.2.7")
    signed_in(PHONE, "2001:db8::7")
    signed_in(FIREFOX, "198.51.100.1", who="viewer")
    shown = laptop.get("/me/").context["sessions"]
    assert [(name, row.address, this) for row, name, this in shown] == [
        ("Firefox on Linux", "192.0.2.7", True),
        ("Safari on iOS", "2001:db8::7", False),
    ]
    text = page(laptop)
    assert "this one" in text
    assert "198.51.100.1" not in text
    assert not any(row.session_key in text for row in BrowserSession.objects.all())


def test_one_browser_is_signed_out_from_another(cast: Cast) -> None:
    laptop, phone = signed_in(FIREFOX), signed_in(PHONE)
    other = next(row for row, _name, this in laptop.get("/me/").context["sessions"] if not this)
    assert laptop.post(f"/me/sessions/{other.id}/end/")["Location"] == "/me/"
    assert phone.get("/me/").status_code == 302
    assert laptop.get("/me/").status_code == 200
    assert BrowserSession.objects.count() == 1
    event = Event.objects.get(type="person.sessions_ended")
    assert (event.target, event.data["count"]) == (cast.users["member"].id, 1)


def test_all_others_are_signed_out_at_once(cast: Cast) -> None:
    laptop, phone, tablet = signed_in(FIREFOX), signed_in(PHONE), signed_in(PHONE)
    stranger = signed_in(PHONE, who="viewer")
    laptop.post("/me/sessions/others/end/")
    assert [client.get("/me/").status_code for client in (laptop, phone, tablet, stranger)] == [200, 302, 302, 200]
    laptop.post("/me/sessions/others/end/")
    assert Event.objects.filter(type="person.sessions_ended").count() == 1


def test_ones_own_button_signs_out_here(cast: Cast) -> None:
    laptop = signed_in(FIREFOX)
    mine = BrowserSession.objects.get()
    assert laptop.post(f"/me/sessions/{mine.id}/end/")["Location"] == "/"
    assert laptop.get("/me/").status_code == 302


def test_nobody_ends_somebody_elses(cast: Cast) -> None:
    signed_in(FIREFOX)
    session = BrowserSession.objects.get()
    assert signed_in(PHONE, who="viewer").post(f"/me/sessions/{session.id}/end/").status_code == 404
    with pytest.raises(PermissionProblem):
        end_session(actor=cast.principal("operator"), session=session)
    with pytest.raises(PermissionProblem):
        end_other_sessions(actor=cast.principal("owner"), user=cast.users["member"], keep="")
    assert BrowserSession.objects.filter(pk=session.pk).exists()


def test_when_it_was_last_seen_is_noted_now_and_then(cast: Cast, django_assert_num_queries: Any) -> None:
    laptop = signed_in(FIREFOX, "192.0.2.7")
    page(laptop)
    before = BrowserSession.objects.get()
    page(laptop)
    assert BrowserSession.objects.get().seen_at == before.seen_at
    session = laptop.session
    session[MARK] = {**session[MARK], "seen": session[MARK]["seen"] - AGAIN_S}
    session.save()
    laptop.defaults["REMOTE_ADDR"] = "192.0.2.8"
    page(laptop)
    after = BrowserSession.objects.get()
    assert (after.id, after.address) == (before.id, "192.0.2.8")
    assert after.seen_at > before.seen_at


def test_a_new_password_signs_out_the_others_and_keeps_this_one(cast: Cast) -> None:
    laptop, phone = signed_in(FIREFOX), signed_in(PHONE)
    new = "another battery staple"
    laptop.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert [client.get("/me/").status_code for client in (laptop, phone)] == [200, 302]
    row, name, this = laptop.get("/me/").context["sessions"][0]
    assert (name, this, BrowserSession.objects.count()) == ("Firefox on Linux", True, 1)
    assert row.session_key == laptop.session.session_key, "its key is a new one"


def test_a_browser_that_was_signed_in_before_is_noted_when_it_comes(cast: Cast) -> None:
    laptop = signed_in(FIREFOX)
    BrowserSession.objects.all().delete()
    session = laptop.session
    del session[MARK]
    session.save()
    assert "this one" in page(laptop)


def test_what_ended_by_itself_is_not_shown_and_goes(cast: Cast) -> None:
    laptop = signed_in(FIREFOX)
    signed_in(PHONE)
    gone = BrowserSession.objects.exclude(session_key=laptop.session.session_key).get()
    Session.objects.filter(pk=gone.session_key).update(expire_date=now() - timedelta(seconds=1))
    assert len(laptop.get("/me/").context["sessions"]) == 1
    BrowserSession.objects.filter(pk=gone.pk).update(seen_at=now() - timedelta(days=15))
    forget_sessions()
    assert list(BrowserSession.objects.values_list("session_key", flat=True)) == [laptop.session.session_key]
    assert not Session.objects.filter(pk=gone.session_key).exists()
    assert laptop.get("/me/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iOS"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 Version/19 Safari/605", "Safari on macOS"),
        ("curl/8.10", "curl"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_device_in_words(agent: str, said: str) -> None:
    assert device(agent) == said


# -- the frame of one's own pages


@pytest.mark.parametrize("path", ["/me/", "/workspaces/new/", "/accounts/email/", "/accounts/password/change/"])
def test_ones_own_pages_lead_back_to_the_workspace(cast: Cast, path: str) -> None:
    browser = cast.browser("viewer")
    browser.get("/w/acme/")
    text = browser.get(path).content.decode()
    assert 'href="/w/acme/hubs/"' in text
    assert 'href="/operator/"' not in text


def test_who_was_nowhere_yet_sees_their_first_workspace_and_who_has_none_no_places(cast: Cast) -> None:
    outsider = cast.users["outsider"]
    assert not User.objects.get(pk=outsider.pk).last_workspace
    slug = Membership.objects.get(user=outsider).workspace.slug
    assert f'href="/w/{slug}/hubs/"' in page(cast.browser("outsider"))
    Membership.objects.filter(user=outsider).delete()
    assert "/hubs/" not in page(cast.browser("outsider"))


# -- fixation


def test_a_session_that_was_planted_is_not_signed_in(cast: Cast) -> None:
    victim, attacker = Client(), Client()
    planted = attacker.session
    planted["planted"] = 1
    planted.save()
    victim.cookies["session"] = attacker.cookies["session"] = planted.session_key
    cache.clear()
    victim.post("/accounts/login/", {"login": "member@example.com", "password": PASSWORD})
    assert victim.cookies["session"].value != planted.session_key
    assert victim.get("/me/").status_code == 200
    attacker.cookies["session"] = planted.session_key
    assert attacker.get("/me/").status_code == 302
    assert not Session.objects.filter(pk=planted.session_key).exists()


def test_a_session_key_that_nobody_gave_out_is_not_taken_over(cast: Cast) -> None:
    victim, chosen = Client(), "a" * 32
    victim.cookies["session"] = chosen
    cache.clear()
    victim.post("/accounts/login/", {"login": "member@example.com", "password": PASSWORD})
    assert victim.cookies["session"].value not in ("", chosen)
    assert not Session.objects.filter(pk=chosen).exists()


def test_another_persons_session_leaves_nothing_behind_in_the_next(cast: Cast) -> None:
    browser = signed_in(FIREFOX)
    session = browser.session
    session["kept"] = "of the member"
    session.save()
    before = session.session_key
    browser.force_login(cast.users["viewer"])
    assert browser.session.session_key != before
    assert "kept" not in browser.session
    assert not Session.objects.filter(pk=before).exists()


def test_signing_out_ends_the_session_for_whoever_has_its_key(cast: Cast) -> None:
    browser = signed_in(FIREFOX)
    thief = Client()
    thief.cookies["session"] = browser.session.session_key
    assert thief.get("/me/").status_code == 200
    browser.post("/accounts/logout/")
    assert thief.get("/me/").status_code == 302
