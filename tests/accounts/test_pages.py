"""Every page of accounts and of the operator, for everybody, against one table of expected answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import ApiKey, Membership, Workspace
from core.models import Job, Message, WebhookDelivery, WebhookEndpoint
from core.permissions import SYSTEM
from core.webhooks import create_endpoint, send_test
from tests.cast import EVERYBODY, Cast

OK, GONE, NO, LOGIN, MOVED = 200, 404, 403, "login", 302
Answers = dict[str, int | str]
MANAGERS: Answers = {
    "owner": OK,
    "admin": OK,
    "member": NO,
    "viewer": NO,
    "outsider": GONE,
    "operator": GONE,
    "anonymous": LOGIN,
}
USERS: Answers = MANAGERS | {"member": OK}
MEMBERS: Answers = USERS | {"viewer": OK}
ALL: Answers = {who: OK for who in EVERYBODY}  # noqa: C420
PEOPLE: Answers = {**ALL, "anonymous": LOGIN}
OPERATOR: Answers = {**{who: GONE for who in EVERYBODY}, "operator": OK, "anonymous": LOGIN}  # noqa: C420


def moved(answers: Answers) -> Answers:
    """The same, where a good answer leads on to another page."""
    return {who: MOVED if answer == OK else answer for who, answer in answers.items()}


GETS: dict[str, Answers] = {
    "/healthz": ALL,
    "/find/": ALL,
    "/api/docs/": ALL,
    "/api/schema/": ALL,
    "/me/": PEOPLE,
    "/enter/": moved(PEOPLE),
    "/workspaces/new/": PEOPLE,
    "/accounts/email/": PEOPLE,
    "/accounts/password/change/": PEOPLE,
    "/w/acme/keys/": USERS,
    "/w/acme/keys/new/": USERS,
    "/w/acme/keys/{key}/": USERS,
    "/w/acme/keys/{key}/revoke/": USERS,
    "/w/acme/settings/": MANAGERS,
    "/w/acme/settings/members/{member}/remove/": MANAGERS,
    "/w/acme/leave/": MEMBERS,
    "/w/acme/webhooks/": MANAGERS,
    "/w/acme/webhooks/new/": MANAGERS,
    "/w/acme/webhooks/single/": MANAGERS,
    "/w/acme/webhooks/{endpoint}/": MANAGERS,
    "/w/acme/webhooks/{endpoint}/delete/": MANAGERS,
    "/operator/": OPERATOR,
    "/operator/jobs/": OPERATOR,
    "/operator/outbox/": OPERATOR,
    "/operator/outbox/{message}/": OPERATOR,
    "/operator/workspaces/": OPERATOR,
}
POSTS: dict[str, tuple[dict[str, str], Answers]] = {
    "/me/sessions/others/end/": ({}, moved(PEOPLE)),
    "/w/acme/keys/{key}/revoke/": ({}, moved(USERS)),
    "/w/acme/settings/": ({"name": "Acme", "slug": "acme"}, moved(MANAGERS)),
    "/w/acme/settings/members/": ({"email": "outsider@example.com", "role": "viewer"}, moved(MANAGERS)),
    "/w/acme/settings/members/{member}/role/": ({"role": "viewer"}, moved(MANAGERS)),
    "/w/acme/settings/members/{member}/remove/": ({}, moved(MANAGERS)),
    "/w/acme/leave/": ({}, moved(MEMBERS)),
    "/w/acme/webhooks/single/secret/": ({}, MANAGERS),
    "/w/acme/webhooks/deliveries/{delivery}/replay/": ({}, moved(MANAGERS)),
    "/w/acme/webhooks/{endpoint}/": ({"url": "http://127.0.0.1:9/", "enabled": "on"}, moved(MANAGERS)),
    "/w/acme/webhooks/{endpoint}/rotate/": ({}, MANAGERS),
    "/w/acme/webhooks/{endpoint}/test/": ({}, moved(MANAGERS)),
    "/w/acme/webhooks/{endpoint}/delete/": ({}, moved(MANAGERS)),
    "/operator/jobs/{job}/retry/": ({}, moved(OPERATOR)),
    "/workspaces/new/": ({"name": "New one"}, moved(PEOPLE)),
    "/me/": ({"name": "N", "timezone": "UTC"}, moved(PEOPLE)),
}
ELSEWHERE = {
    "accounts:setup",
    "accounts:demo",
    "accounts:member_add",
    "accounts:member_role",
    "accounts:session_end",
}
"""Tested in files of their own, or by POSTS alone."""


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    """One of each thing that a page may be about."""
    cast.key("member", "mcp")
    endpoint, _secret = create_endpoint(actor=SYSTEM, workspace_id=cast.workspace.id, url="http://127.0.0.1:9/hook")
    delivery = send_test(actor=SYSTEM, endpoint=endpoint)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(state="failed", attempts=1, status=500, answer="no")
    message = Message.objects.create(
        to="a@example.com", subject="Hello", text="See http://localhost:8000/x/", links=["http://localhost:8000/x/"]
    )
    job = Job.objects.create(
        task="core.deliver_message", subject="msg_x", state="failed", due_at=endpoint.created_at, error="Boom"
    )
    return {
        "key": ApiKey.objects.get().id,
        "endpoint": endpoint.id,
        "delivery": delivery.id,
        "message": message.id,
        "job": job.id,
        "member": cast.member("viewer").id,
    }


def check(answer: object, expected: int | str) -> None:
    if expected == LOGIN:
        assert answer.status_code == 302, answer.status_code  # type: ignore[attr-defined]
        assert answer["Location"].startswith("/accounts/login/")  # type: ignore[index]
    else:
        assert answer.status_code == expected, answer.status_code  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", GETS)
def test_reading(cast: Cast, things: dict[str, str], only_core_checks: None, path: str) -> None:
    for who in EVERYBODY:
        answer = cast.browser(who).get(path.format(**things))
        check(answer, GETS[path][who])
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            text = answer.content.decode()
            assert "<h1>" in text
            assert 'style="' not in text
            assert " on" + "click=" not in text
            assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("who", EVERYBODY)
def test_writing(cast: Cast, things: dict[str, str], path: str, who: str) -> None:
    data, expected = POSTS[path]
    if path == "/w/acme/leave/" and who == "owner":
        return  # the last owner is told to stay, in a toast; see below
    check(cast.browser(who).post(path.format(**things), data), expected[who])


@pytest.mark.parametrize("path", POSTS)
def test_writing_needs_the_token(cast: Cast, things: dict[str, str], path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.users["owner"])
    answer = client.post(path.format(**things), POSTS[path][0])
    assert answer.status_code == 403
    assert b"send it once more" in answer.content


def _names(patterns: list[URLPattern | URLResolver], space: str) -> set[str]:
    found = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inside = pattern.namespace or space
            found |= _names(pattern.url_patterns, inside)
        elif space in ("accounts", "core"):
            found.add(f"{space}:{pattern.name}")
    return found


def test_the_table_names_every_page(cast: Cast, things: dict[str, str]) -> None:
    resolver = get_resolver()
    tested = {resolver.resolve(path.format(**things)).view_name for path in (*GETS, *POSTS)}
    assert _names(resolver.url_patterns, "") - tested - ELSEWHERE == set()


def test_a_key_is_made_and_shown_once(cast: Cast) -> None:
    client = cast.browser("member")
    made = client.post("/w/acme/keys/new/", {"name": "Laptop", "scopes": ["mcp"], "hub": "", "expiry": "30"})
    key = ApiKey.objects.get()
    assert made["Location"] == f"/w/acme/keys/{key.id}/"
    first, second = client.get(made["Location"]).content.decode(), client.get(made["Location"]).content.decode()
    secret = first.partition("cr_")[2][:48]
    from accounts.selectors import key_of_token

    assert key_of_token(f"cr_{secret}").id == key.id
    assert secret not in second
    assert key.expires_at is not None


def test_another_key_does_not_show_the_secret(cast: Cast) -> None:
    cast.key("member", "mcp")
    old = ApiKey.objects.get()
    client = cast.browser("member")
    client.post("/w/acme/keys/new/", {"name": "New", "scopes": ["mcp"]})
    assert b"Copy the key now" not in client.get(f"/w/acme/keys/{old.id}/").content


def test_a_key_form_keeps_what_was_typed(cast: Cast) -> None:
    answer = cast.browser("member").post("/w/acme/keys/new/", {"name": "Laptop", "scopes": []})
    assert answer.status_code == 200
    assert b'value="Laptop"' in answer.content
    assert not ApiKey.objects.exists()


def test_keys_of_others_are_not_found(cast: Cast) -> None:
    cast.key("admin", "mcp")
    key = ApiKey.objects.get()
    for path in (f"/w/acme/keys/{key.id}/", f"/w/acme/keys/{key.id}/revoke/", "/w/acme/keys/key_none/"):
        assert cast.browser("member").get(path).status_code == 404


def test_the_list_of_keys_filters_and_searches(cast: Cast) -> None:
    for _count in range(3):
        cast.key("owner", "mcp")
    first = ApiKey.objects.order_by("id").first()
    assert first is not None
    ApiKey.objects.filter(pk=first.pk).update(name="Old laptop", revoked_at=first.created_at)
    ended = cast.browser("owner").get("/w/acme/keys/?state=ended").content.decode()
    assert "Old laptop" in ended
    assert ended.count("owner&#x27;s</a>") == 0
    assert "Old laptop" not in cast.browser("owner").get("/w/acme/keys/?state=usable").content.decode()
    assert "Old laptop" in cast.browser("owner").get("/w/acme/keys/?q=laptop").content.decode()


def test_the_last_owner_cannot_leave(cast: Cast) -> None:
    answer = cast.browser("owner").post("/w/acme/leave/", follow=True)
    assert b"last owner" in answer.content
    assert Membership.objects.filter(workspace=cast.workspace, user=cast.users["owner"]).exists()


def test_nobody_leaves_their_personal_workspace(cast: Cast) -> None:
    assert cast.browser("member").get("/w/member/leave/").status_code == 404
    assert b"yours alone" in cast.browser("member").get("/w/member/settings/").content


def test_a_member_of_elsewhere_cannot_be_removed_here(cast: Cast) -> None:
    stranger = Membership.objects.get(user=cast.users["outsider"])
    for path in ("role", "remove"):
        answer = cast.browser("owner").post(f"/w/acme/settings/members/{stranger.id}/{path}/", {"role": "viewer"})
        assert answer.status_code == 404


def test_an_admin_is_not_offered_what_only_owners_may(cast: Cast) -> None:
    page = cast.browser("admin").get("/w/acme/settings/").content.decode()
    assert f"/settings/members/{cast.member('owner').id}/" not in page
    assert '<option value="owner"' not in page.split('id="members"')[1].split("</table>")[0]


def test_what_a_service_refuses_stands_in_the_form(cast: Cast) -> None:
    taken = cast.browser("owner").post("/w/acme/settings/", {"name": "Acme", "slug": "member"})
    assert (taken.status_code, b"This address is taken" in taken.content) == (200, True)
    nobody = cast.browser("owner").post("/w/acme/settings/members/", {"email": "x@example.com", "role": "viewer"})
    assert (nobody.status_code, b"Ask them to sign up first" in nobody.content) == (200, True)
    new = cast.browser("outsider").post("/workspaces/new/", {"name": "Acme", "slug": "acme"})
    assert (new.status_code, b"This address is taken" in new.content) == (200, True)


def test_a_webhook_secret_is_shown_once(cast: Cast) -> None:
    answer = cast.browser("admin").post("/w/acme/webhooks/new/", {"url": "http://127.0.0.1:9/hook"})
    assert b"whsec_" in answer.content
    assert "no-cache" in answer["Cache-Control"]
    endpoint = WebhookEndpoint.objects.get()
    assert b"whsec_" not in cast.browser("admin").get(f"/w/acme/webhooks/{endpoint.id}/").content
    wrong = cast.browser("admin").post("/w/acme/webhooks/new/", {"url": "http://169.254.169.254/"})
    assert (wrong.status_code, b'aria-invalid="true"' in wrong.content) == (200, True)


def test_things_of_another_workspace_are_not_found(cast: Cast) -> None:
    other = Workspace.objects.get(memberships__user=cast.users["outsider"])
    endpoint, _secret = create_endpoint(actor=SYSTEM, workspace_id=other.id, url="http://127.0.0.1:9/hook")
    delivery = send_test(actor=SYSTEM, endpoint=endpoint)
    browser = cast.browser("owner")
    assert browser.get(f"/w/acme/webhooks/{endpoint.id}/").status_code == 404
    assert browser.post(f"/w/acme/webhooks/deliveries/{delivery.id}/replay/").status_code == 404
    assert browser.post(f"/w/acme/webhooks/{endpoint.id}/rotate/").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/w/acme/keys/", "/w/acme/settings/", "/w/acme/webhooks/", "/me/", "/operator/workspaces/", "/operator/jobs/"],
)
def test_pages_ask_as_much_for_many_rows_as_for_few(
    cast: Cast, things: dict[str, str], path: str, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    who = "operator" if path.startswith("/operator") else "owner"
    browser = cast.browser(who)
    browser.get("/w/acme/keys/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        browser.get(path)
    for number in range(5):
        cast.key("owner", "mcp")
        create_endpoint(actor=SYSTEM, workspace_id=cast.workspace.id, url=f"http://127.0.0.1:9/{number}")
        user = type(cast.users["owner"]).objects.create_user(f"p{number}@example.com")
        Membership.objects.create(workspace=cast.workspace, user=user, role="viewer")
        own = Workspace.objects.create(slug=f"w{number}", name=f"W {number}")
        Membership.objects.create(workspace=own, user=cast.users["owner"], role="owner")
        Job.objects.create(task="core.deliver_message", subject=f"m{number}", due_at=own.created_at)
    with CaptureQueriesContext(connection) as many:
        browser.get(path)
    assert len(many) <= len(few)
    assert len(few) <= 14


def test_somebody_who_leaves_is_told_and_gone(cast: Cast) -> None:
    answer = cast.browser("viewer").post("/w/acme/leave/", follow=True)
    assert answer.redirect_chain[-1][0] == "/me/"
    assert b"You left the workspace" in answer.content
    assert cast.browser("viewer").get("/w/acme/keys/").status_code == 404


def test_ones_own_settings_are_saved_and_checked(cast: Cast) -> None:
    browser = cast.browser("member")
    wrong = browser.post("/me/", {"name": "N", "timezone": "Mars/Olympus"})
    assert (wrong.status_code, b'aria-invalid="true"' in wrong.content) == (200, True)
    browser.post("/me/", {"name": "New name", "timezone": "Asia/Tokyo", "theme": "dark"})
    page = browser.get("/me/").content.decode()
    assert "New name" in page
    assert 'data-theme="dark"' in page


def test_a_role_that_is_none_is_told(cast: Cast) -> None:
    path = f"/w/acme/settings/members/{cast.member('viewer').id}/role/"
    assert b"There is no such role" in cast.browser("owner").post(path, {"role": "king"}, follow=True).content
    last = f"/w/acme/settings/members/{cast.member('owner').id}/role/"
    assert b"last owner" in cast.browser("owner").post(last, {"role": "admin"}, follow=True).content
    assert cast.browser("admin").post(last, {"role": "viewer"}).status_code == 403


def test_single_deliveries_have_a_log_and_are_replayed(cast: Cast) -> None:
    from core.webhooks import send_webhook

    delivery = send_webhook(workspace_id=cast.workspace.id, url="http://127.0.0.1:9/x", type="call.done", data={})
    page = cast.browser("admin").get("/w/acme/webhooks/single/").content.decode()
    assert "http://127.0.0.1:9/x" in page
    path = f"/w/acme/webhooks/deliveries/{delivery.id}/replay/"
    assert b"on its way already" in cast.browser("admin").post(path, follow=True).content
    WebhookDelivery.objects.update(state="failed", attempts=3)
    answer = cast.browser("admin").post(path)
    assert answer["Location"] == "/w/acme/webhooks/single/"
