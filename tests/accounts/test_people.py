"""People: the set-up link, the commands, one's own settings."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import SetupLink, User, Workspace
from accounts.selectors import entrance, key_of_token
from accounts.services import (
    create_person,
    create_personal_workspace,
    make_setup_link,
    read_setup_link,
    update_person,
    use_setup_link,
)
from core.clock import now
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem, ServiceProblem
from core.models import DataKey, Event
from core.permissions import SYSTEM
from core.secrets import open_for, seal_for
from tests.cast import PASSWORD, Cast


def token() -> str:
    return make_setup_link().rstrip("/").rpartition("/")[2]


def test_a_person_gets_a_verified_address_and_a_workspace(db: None) -> None:
    user = create_person(actor=SYSTEM, email=" Mara@Example.com ", password=PASSWORD, name="Mara Reyes")
    assert user.email == "mara@example.com"
    assert EmailAddress.objects.get(user=user).verified
    assert Workspace.objects.get(memberships__user=user).slug == "mara-reyes"
    assert create_personal_workspace(user=user).slug == "mara-reyes"
    event = Event.objects.get(type="person.created")
    assert "mara" not in str(event.data)
    assert event.personal.values["email"] == "mara@example.com"


def test_an_address_is_taken_whatever_its_case(db: None) -> None:
    create_person(actor=SYSTEM, email="mara@example.com")
    with pytest.raises(InvalidProblem) as refused:
        create_person(actor=SYSTEM, email="MARA@example.com")
    assert refused.value.code == "taken"


def test_only_the_operator_makes_people(cast: Cast) -> None:
    with pytest.raises(PermissionProblem):
        create_person(actor=cast.principal("owner"), email="new@example.com")
    create_person(actor=cast.principal("operator"), email="new@example.com")


def test_a_setup_link_works_once(db: None) -> None:
    value = token()
    user = use_setup_link(token=value, email="op@example.com", password=PASSWORD, name="Op")
    assert user.is_operator
    assert user.check_password(PASSWORD)
    with pytest.raises(NotFoundProblem):
        use_setup_link(token=value, email="second@example.com", password=PASSWORD)
    with pytest.raises(ServiceProblem):
        make_setup_link()


def test_only_the_newest_setup_link_works(db: None) -> None:
    first, second = token(), token()
    with pytest.raises(NotFoundProblem):
        read_setup_link(token=first)
    assert read_setup_link(token=second)


def test_a_setup_link_grows_too_old(db: None) -> None:
    value = token()
    SetupLink.objects.update(expires_at=now())
    with pytest.raises(NotFoundProblem):
        read_setup_link(token=value)


def test_a_weak_password_leaves_the_link_usable(db: None) -> None:
    value = token()
    with pytest.raises(InvalidProblem) as refused:
        use_setup_link(token=value, email="op@example.com", password="password")
    assert refused.value.field == "password"
    assert not User.objects.exists()
    assert read_setup_link(token=value)


def test_the_demo_person_is_no_reason_against_an_operator(db: None) -> None:
    create_person(actor=SYSTEM, email="demo@example.com", is_operator=True, is_demo=True)
    assert token()


def test_the_setup_page_signs_the_operator_in(db: None) -> None:
    client = Client()
    path = f"/setup/{token()}/"
    assert client.get(path).status_code == 200
    weak = client.post(path, {"email": "op@example.com", "name": "Op", "password": "short"})
    assert weak.status_code == 200
    assert b"too short" in weak.content
    done = client.post(path, {"email": "op@example.com", "name": "Op", "password": PASSWORD})
    assert (done.status_code, done["Location"]) == (302, "/enter/")
    assert client.get("/operator/jobs/").status_code == 200
    assert client.get(path).status_code == 404


def test_a_wrong_setup_link_is_not_found(db: None) -> None:
    assert Client().get("/setup/nonsense/").status_code == 404


def test_a_person_changes_their_own_settings(cast: Cast) -> None:
    user = cast.users["member"]
    update_person(actor=cast.principal("member"), user=user, name=" New  Name ", timezone="Europe/Zurich", theme="dark")
    user.refresh_from_db()
    assert (user.name, user.timezone, user.theme) == ("New Name", "Europe/Zurich", "dark")
    event = Event.objects.get(type="person.updated")
    assert event.changes["timezone"] == ["UTC", "Europe/Zurich"]
    assert "New" not in str(event.changes)


def test_saving_the_same_settings_is_no_event(cast: Cast) -> None:
    user = cast.users["member"]
    update_person(actor=cast.principal("member"), user=user, name=user.name, timezone="UTC", theme="")
    assert not Event.objects.filter(type="person.updated").exists()


@pytest.mark.parametrize("values", [{"timezone": "Mars/Olympus"}, {"theme": "pink"}])
def test_settings_that_cannot_be_used_are_refused(cast: Cast, values: dict[str, str]) -> None:
    given = {"name": "", "timezone": "UTC", "theme": "", **values}
    with pytest.raises(InvalidProblem):
        update_person(actor=cast.principal("member"), user=cast.users["member"], **given)


def test_nobody_changes_somebody_elses_settings(cast: Cast) -> None:
    with pytest.raises(PermissionProblem):
        update_person(actor=cast.principal("owner"), user=cast.users["member"], name="", timezone="UTC", theme="")


def test_one_enters_where_one_was_last(cast: Cast) -> None:
    user = cast.users["member"]
    first = entrance(user)
    assert first is not None
    assert first.kind == "personal"
    cast.browser("member").get("/w/acme/keys/")
    user.refresh_from_db()
    assert entrance(user) == cast.workspace
    assert cast.browser("member").get("/enter/")["Location"] == "/w/acme/"


def test_somebody_without_a_workspace_makes_one(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("new@example.com"))
    assert client.get("/enter/")["Location"] == "/workspaces/new/"


def out(*arguments: str) -> str:
    said = StringIO()
    call_command(*arguments, stdout=said, stderr=StringIO())
    return said.getvalue()


def test_the_commands_make_an_operator_and_a_link(db: None) -> None:
    assert re.fullmatch(r"http://localhost:8000/setup/[\w-]{43}/\n", out("setup_link"))
    email, password = out("create_operator", "--email", "op@example.com").split()
    user = User.objects.get(email=email)
    assert user.is_operator
    assert user.check_password(password)
    assert out("setup_link") == ""
    with pytest.raises(CommandError):
        out("create_operator", "--email", "op@example.com")


def test_the_command_prints_a_key_alone(cast: Cast) -> None:
    from proxy.models import Hub

    hub = Hub.objects.create(workspace=cast.workspace, slug="main", title="Main")
    said = out("create_key", "--workspace", "acme", "--hub", "main", "--scopes", "mcp,read", "--days", "7")
    key = key_of_token(said.strip())
    assert said.count("\n") == 1
    assert (key.user, key.hub, key.scopes) == (cast.users["owner"], hub.id, ["mcp", "read"])
    assert key.expires_at is not None
    assert key_of_token(out("create_key", "--workspace", "acme", "--email", "viewer@example.com").strip()).hub == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--workspace", "nowhere"),
        ("--workspace", "acme", "--hub", "none"),
        ("--workspace", "acme", "--scopes", "root"),
        ("--workspace", "acme", "--email", "outsider@example.com"),
    ],
)
def test_the_command_says_why_it_makes_no_key(cast: Cast, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        out("create_key", *arguments)


def test_the_commands_rotate_keys(cast: Cast) -> None:
    sealed = seal_for(cast.workspace.id, {"token": "t"})
    version = cast.reload().version
    assert out("rotate_data_keys", "--workspace", "acme") == "acme 0\n"
    assert DataKey.objects.filter(workspace=cast.workspace.id).count() == 2
    assert cast.reload().version == version + 1
    assert open_for(cast.workspace.id, sealed) == {"token": "t"}
    assert out("rotate_master_key") == "0\n"
    assert len(out("rotate_master_key", "--new").strip()) == 43
    with pytest.raises(CommandError):
        out("rotate_data_keys", "--workspace", "nowhere")
