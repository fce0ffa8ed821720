"""People: made by sign-up, by the set-up link or by a command, each with a personal workspace."""

from __future__ import annotations

import secrets
import zoneinfo

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User, Workspace
from accounts.services.workspaces import make_workspace
from core.decision import Principal
from core.errors import InvalidProblem, PermissionProblem
from core.events import changed, record_event
from core.permissions import INSTALLATION, SYSTEM, require

THEMES = ("", "light", "dark")


def create_person(
    *,
    actor: Principal,
    email: str,
    password: str | None = None,
    name: str = "",
    is_operator: bool = False,
    is_demo: bool = False,
) -> User:
    """A person whose address counts as verified, with their personal workspace. Raises InvalidProblem."""
    if actor is not SYSTEM:
        require(actor, "operator.manage", INSTALLATION)
    email = email.strip().lower()
    with transaction.atomic():
        if User.objects.filter(email__iexact=email).exists():
            raise InvalidProblem(_("There is already a person with this address."), field="email", code="taken")
        user = User.objects.create_user(email, password, name=name, is_operator=is_operator, is_demo=is_demo)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        record_event(
            type="person.created",
            actor=actor,
            target_kind="person",
            target=user.id,
            data={"operator": is_operator},
            personal={"email": email},
        )
        create_personal_workspace(user=user)
    return user


def feign_sign_up(*, password: str) -> None:
    """All the work of a sign-up, and nothing left of it: so the time it takes tells nobody whose address is known."""
    with transaction.atomic():
        email = f"{secrets.token_hex(12)}@example.invalid"
        user = User.objects.create_user(email, password)
        EmailAddress.objects.create(user=user, email=email, primary=True)
        sign_up_done(user=user)
        transaction.set_rollback(True)


def sign_up_done(*, user: User) -> None:
    """Somebody signed up: what follows from it in our own tables."""
    record_event(
        type="person.signed_up", actor=user, target_kind="person", target=user.id, personal={"email": user.email}
    )
    create_personal_workspace(user=user)


def create_personal_workspace(*, user: User) -> Workspace:
    """The workspace that everyone has. Called once for a person; again, it answers with the one that is there."""
    found = Workspace.objects.filter(kind=Workspace.Kind.PERSONAL, memberships__user=user).first()
    if found is not None:
        return found
    wish = user.name or user.email.partition("@")[0]
    with transaction.atomic():
        workspace = make_workspace(kind=Workspace.Kind.PERSONAL, name=wish[:80], slug="", owner=user)
        record_event(
            type="workspace.created",
            actor=user,
            workspace_id=workspace.id,
            target_kind="workspace",
            target=workspace.id,
            data={"name": workspace.name, "slug": workspace.slug, "kind": workspace.kind},
        )
    return workspace


def update_person(*, actor: Principal, user: User, name: str, timezone: str, theme: str) -> User:
    """A person's own settings. Raises InvalidProblem."""
    if actor.kind != "person" or actor.user_id != user.id:
        raise PermissionProblem(_("Only you can change your own settings."), code="not_self")
    if timezone not in zoneinfo.available_timezones():
        raise InvalidProblem(_("Choose a time zone of the list."), field="timezone")
    if theme not in THEMES:
        raise InvalidProblem(_("Choose light, dark or what the system says."), field="theme")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        after = {"name": " ".join(name.split())[:120], "timezone": timezone, "theme": theme}
        changes = changed({field: getattr(user, field) for field in after}, after)
        if changes:
            User.objects.filter(pk=user.pk).update(**after)
            user.refresh_from_db()
            # The name is personal: the event says only that it changed.
            if "name" in changes:
                changes["name"] = ["…", "…"]
            record_event(type="person.updated", actor=actor, target_kind="person", target=user.id, changes=changes)
    return user
