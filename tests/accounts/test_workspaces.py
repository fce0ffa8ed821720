"""Workspaces and their slugs; the version that the gateway listens to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from accounts.models import Membership, SlugAlias, User, Workspace
from accounts.permissions import person
from accounts.services import bump_workspace, create_workspace, free_slug, rename_workspace
from accounts.services.versions import CHANNEL
from core.errors import InvalidProblem, PermissionProblem
from core.models import Event
from core.permissions import NOBODY
from tests.cast import Cast


def test_whoever_makes_a_workspace_owns_it(cast: Cast) -> None:
    made = create_workspace(actor=person(cast.users["outsider"]), name="  North   Sea ")
    assert (made.name, made.slug, made.kind) == ("North Sea", "north-sea", "team")
    assert Membership.objects.get(workspace=made).user == cast.users["outsider"]
    event = Event.objects.get(type="workspace.created", workspace=made.id)
    assert event.actor == cast.users["outsider"].id
    assert event.data["slug"] == "north-sea"


def test_nobody_and_keys_make_no_workspace(cast: Cast) -> None:
    with pytest.raises(PermissionProblem):
        create_workspace(actor=NOBODY, name="North")


@pytest.mark.parametrize("slug", ["a", "-a", "a-", "A", "a_b", "a b", "x" * 51, "new", "acme", "é"])
def test_a_slug_that_cannot_be_used_is_refused(cast: Cast, slug: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        create_workspace(actor=person(cast.users["outsider"]), name="North", slug=slug)
    assert refused.value.field == "slug"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_that_cannot_be_used_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        create_workspace(actor=person(cast.users["outsider"]), name=name)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("wish", "slug"),
    [
        ("Acme", "acme-2"),
        ("Ünïcode & Co.", "unicode-co"),
        ("日本", "workspace"),
        ("New", "new-workspace"),
        ("x", "x-workspace"),
    ],
)
def test_a_free_slug_is_made_of_what_is_wished(cast: Cast, wish: str, slug: str) -> None:
    assert free_slug(wish=wish) == slug


def test_an_old_slug_is_never_given_to_somebody_else(cast: Cast) -> None:
    rename_workspace(actor=cast.principal("admin"), workspace=cast.workspace, name="Acme", slug="apex")
    assert SlugAlias.objects.get().slug == "acme"
    with pytest.raises(InvalidProblem):
        create_workspace(actor=person(cast.users["outsider"]), name="Acme", slug="acme")
    assert free_slug(wish="acme") == "acme-2"


def test_a_workspace_may_take_its_old_slug_back(cast: Cast) -> None:
    for slug in ("apex", "acme", "apex"):
        rename_workspace(actor=cast.principal("owner"), workspace=cast.reload(), name="Acme", slug=slug)
    assert cast.reload().slug == "apex"
    assert set(SlugAlias.objects.values_list("slug", flat=True)) == {"acme"}


def test_renaming_says_what_changed_and_raises_the_version(cast: Cast) -> None:
    version = cast.workspace.version
    rename_workspace(actor=cast.principal("owner"), workspace=cast.workspace, name="Apex", slug="apex")
    assert cast.reload().version == version + 1
    event = Event.objects.get(type="workspace.renamed")
    assert event.changes == {"name": ["Acme", "Apex"], "slug": ["acme", "apex"]}


def test_renaming_to_the_same_changes_nothing(cast: Cast) -> None:
    rename_workspace(actor=cast.principal("owner"), workspace=cast.workspace, name="Acme", slug="acme")
    assert not Event.objects.filter(type="workspace.renamed").exists()


@pytest.mark.parametrize("who", ["member", "viewer", "outsider", "operator"])
def test_only_managers_rename(cast: Cast, who: str) -> None:
    with pytest.raises(PermissionProblem):
        rename_workspace(actor=cast.principal(who), workspace=cast.workspace, name="Mine", slug="mine")
    assert cast.reload().slug == "acme"


def test_a_version_that_rises_is_told_to_listeners(transactional_db: None) -> None:
    workspace = Workspace.objects.create(slug="acme", name="Acme")
    values = connection.settings_dict
    with psycopg.connect(
        host=values["HOST"],
        port=values["PORT"],
        user=values["USER"],
        password=values["PASSWORD"],
        dbname=connection.get_connection_params()["dbname"],
        autocommit=True,
    ) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        version = bump_workspace(workspace_id=workspace.id)
        notice = next(listener.notifies(timeout=10))
    assert version == 2
    assert notice.payload == f"{workspace.id}:2"


def test_a_version_of_no_workspace_is_none(cast: Cast) -> None:
    assert bump_workspace(workspace_id="wsp_gone") == 0


def test_two_at_once_never_get_the_same_slug(transactional_db: None) -> None:
    users = [User.objects.create_user(f"{name}@example.com") for name in ("a1", "b2")]

    def make(user: User) -> str:
        try:
            return create_workspace(actor=person(user), name="Same").slug
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(make, users)) == {"same", "same-2"}
