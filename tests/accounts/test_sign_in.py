"""Signing up, in and out; the mails stand in the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from core.models import Event, Message
from tests.cast import PASSWORD, Cast


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def link_in(message: Message) -> str:
    assert message.links, message.text
    return str(urlsplit(message.links[0]).path)


def sign_up(client: Client, email: str = "mara@example.com") -> Message:
    answer = client.post("/accounts/signup/", {"email": email, "password1": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
    return Message.objects.latest("id")


def test_signing_up_ends_in_ones_own_workspace(db: None) -> None:
    client = Client()
    message = sign_up(client)
    assert (message.to, message.state, message.kind) == (
        "mara@example.com",
        "held",
        "account.email_confirmation_signup",
    )
    assert message.links[0].startswith("http://localhost:8000/accounts/confirm-email/")
    assert "<a href=" in message.html
    assert b"ask its operator" in client.get("/accounts/confirm-email/").content
    assert client.get("/me/").status_code == 302
    path = link_in(message)
    assert b"mara@example.com" in client.get(path).content
    done = client.post(path)
    assert (done.status_code, done["Location"]) == (302, "/enter/")
    workspace = Workspace.objects.get(memberships__user__email="mara@example.com")
    assert (workspace.kind, workspace.slug) == ("personal", "mara")
    assert client.get("/enter/")["Location"] == "/w/mara/"
    types = list(Event.objects.order_by("id").values_list("type", flat=True))
    assert types == ["person.signed_up", "workspace.created", "person.email_verified", "person.signed_in"]


def test_a_confirmed_link_in_another_browser_asks_to_sign_in(db: None) -> None:
    path = link_in(sign_up(Client()))
    assert Client().post(path)["Location"].startswith("/accounts/login/")


def test_signing_up_twice_tells_only_the_owner_of_the_address(cast: Cast) -> None:
    message = sign_up(Client(), "member@example.com")
    assert message.kind == "account.account_already_exists"
    assert User.objects.filter(email="member@example.com").count() == 1


@dataclass
class Work:
    """What a request cost, by counting: hashes of passwords, and queries."""

    hashes: int
    queries: int


def cost_of(monkeypatch: pytest.MonkeyPatch, path: str, values: dict[str, str]) -> Work:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(salt)
        return encode(self, password, salt)

    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as queries:
        patch.setattr(MD5PasswordHasher, "encode", counting)
        answer = Client().post(path, values)
    assert answer.status_code < 400
    return Work(len(hashed), len(queries))


def test_signing_up_costs_the_same_whether_the_address_is_known_or_not(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, users, events = "/accounts/signup/", User.objects.count(), Event.objects.count()
    known = cost_of(monkeypatch, path, {"email": "member@example.com", "password1": PASSWORD})
    assert (User.objects.count(), Event.objects.count(), EmailAddress.objects.count()) == (users, events, users)
    assert Workspace.objects.filter(kind="personal").count() == users
    fresh = cost_of(monkeypatch, path, {"email": "mara@example.com", "password1": PASSWORD})
    assert known.hashes == fresh.hashes >= 1
    assert abs(known.queries - fresh.queries) <= fresh.queries * 0.2, (known, fresh)


def test_signing_in_costs_the_same_whether_the_address_is_known_or_not(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"password": "not the right one"}
    known = cost_of(monkeypatch, "/accounts/login/", {"login": "member@example.com", **wrong})
    unknown = cost_of(monkeypatch, "/accounts/login/", {"login": "nobody@example.com", **wrong})
    assert known.hashes == unknown.hashes >= 1


def test_sign_up_may_be_closed(db: None, settings: LazySettings) -> None:
    settings.OPEN_SIGNUP = False
    assert b"Sign-up is closed" in Client().get("/accounts/signup/").content
    assert b"Make an account" not in Client().get("/accounts/login/").content
    Client().post("/accounts/signup/", {"email": "mara@example.com", "password1": PASSWORD})
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["short", "password12", "1234567890"])
def test_a_weak_password_is_refused_with_its_reason(db: None, password: str) -> None:
    answer = Client().post("/accounts/signup/", {"email": "mara@example.com", "password1": password})
    assert answer.status_code == 200
    assert b'aria-invalid="true"' in answer.content
    assert b"mara@example.com" in answer.content


def test_signing_in_and_out(cast: Cast) -> None:
    client = Client()
    page = client.get("/accounts/login/?next=/w/acme/keys/")
    assert b'name="next" value="/w/acme/keys/"' in page.content
    answer = client.post("/accounts/login/", {"login": "Member@example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/enter/")
    event = Event.objects.get(type="person.signed_in")
    assert event.personal.values["address"] == "127.0.0.1"
    assert client.get("/accounts/logout/").status_code == 200
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert client.get("/me/").status_code == 302


def test_a_wrong_password_says_no_more_than_that(cast: Cast) -> None:
    texts = []
    for login in ("member@example.com", "nobody@example.com"):
        answer = Client().post("/accounts/login/", {"login": login, "password": "wrong password"})
        assert answer.status_code == 200
        assert login.encode() in answer.content
        texts.append(answer.content.replace(login.encode(), b"").count(b"password is not right"))
    assert texts[0] == texts[1] >= 1


def test_too_many_wrong_passwords_are_slowed_down(cast: Cast) -> None:
    client = Client()
    for _attempt in range(12):
        answer = client.post("/accounts/login/", {"login": "member@example.com", "password": "wrong password"})
    right = client.post("/accounts/login/", {"login": "member@example.com", "password": PASSWORD})
    assert b"Too many failed" in answer.content
    assert right.status_code != 302


def test_a_forgotten_password_is_replaced_by_mail(cast: Cast) -> None:
    client = Client()
    assert client.post("/accounts/password/reset/", {"email": "member@example.com"}).status_code == 302
    assert b"on its way" in client.get("/accounts/password/reset/done/").content
    message = Message.objects.latest("id")
    assert message.kind == "account.password_reset_key"
    form = client.get(link_in(message), follow=True)
    assert form.status_code == 200
    where = form.redirect_chain[-1][0]
    new = "another battery staple"
    done = client.post(where, {"password1": new, "password2": new}, follow=True)
    assert b"Your password is changed" in done.content
    assert User.objects.get(email="member@example.com").check_password(new)
    assert Event.objects.filter(type="person.password_changed").count() == 1
    again = client.get(link_in(message), follow=True)
    assert b"too old, or was used already" in again.content


def test_nobody_learns_from_a_reset_who_has_an_account(cast: Cast) -> None:
    client = Client()
    answer = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert answer.status_code == 302
    assert Message.objects.latest("id").kind == "account.unknown_account"


def test_a_password_is_changed_from_ones_settings(cast: Cast) -> None:
    client = cast.browser("member")
    assert client.get("/accounts/password/change/").status_code == 200
    new = "another battery staple"
    answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert client.get("/me/").status_code == 200


def test_a_second_address_is_added_and_made_the_main_one(cast: Cast) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "member@example.com", "password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "1", "email": "second@example.com"})
    message = Message.objects.latest("id")
    assert (message.kind, message.to) == ("account.email_confirmation", "second@example.com")
    client.post(link_in(message))
    page = client.get("/accounts/email/")
    assert page.content.count(b'type="radio"') == 2
    client.post("/accounts/email/", {"action_primary": "1", "email": "second@example.com"})
    assert User.objects.filter(email="second@example.com").exists()


def test_a_wrong_confirmation_link_says_what_to_do(db: None) -> None:
    answer = Client().get("/accounts/confirm-email/nonsense/")
    assert b"too old, or was used already" in answer.content


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/inactive/"]
)
def test_the_pages_before_signing_in_need_no_query(db: None, path: str, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        assert Client().get(path).status_code == 200


def test_somebody_who_is_switched_off_stays_outside(cast: Cast) -> None:
    User.objects.filter(email="member@example.com").update(is_active=False)
    answer = Client().post("/accounts/login/", {"login": "member@example.com", "password": PASSWORD}, follow=True)
    assert b"switched off" in answer.content
