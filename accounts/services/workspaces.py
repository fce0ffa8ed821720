"""Workspaces: made, renamed, and the slugs by which people know them."""

from __future__ import annotations

import re
import unicodedata

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, SlugAlias, User, Workspace
from accounts.permissions import in_workspace, require
from accounts.services.versions import bump_workspace
from core.decision import Principal
from core.errors import InvalidProblem, PermissionProblem
from core.events import changed, record_event
from core.permissions import SYSTEM

SLUG = re.compile(r"\A[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])\Z")
RESERVED = frozenset({"new", "me", "api", "admin", "operator", "settings", "static", "crossroads", "mcp", "accounts"})


def create_workspace(*, actor: Principal, name: str, slug: str = "", owner: User | None = None) -> Workspace:
    """A team workspace; whoever makes it owns it. `owner` is for the installation itself. Raises InvalidProblem."""
    if owner is None or actor is not SYSTEM:
        if actor.kind != "person" or not actor.user_id:
            raise PermissionProblem(_("Only a signed-in person can make a workspace."), code="not_person")
        owner = User.objects.get(pk=actor.user_id)
    with transaction.atomic():
        workspace = make_workspace(kind=Workspace.Kind.TEAM, name=name, slug=slug, owner=owner)
        record_event(
            type="workspace.created",
            actor=actor,
            workspace_id=workspace.id,
            target_kind="workspace",
            target=workspace.id,
            data={"name": workspace.name, "slug": workspace.slug, "kind": workspace.kind},
        )
    return workspace


def rename_workspace(*, actor: Principal, workspace: Workspace, name: str, slug: str) -> Workspace:
    """Change name or slug. The old slug keeps leading here. Raises InvalidProblem."""
    require(actor, "workspace.manage", in_workspace(workspace))
    with transaction.atomic():
        _lock_slugs()
        workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
        before = {"name": workspace.name, "slug": workspace.slug}
        workspace.name = _checked_name(name)
        if slug != workspace.slug:
            _check_slug(slug, workspace)
            SlugAlias.objects.filter(slug=slug, workspace=workspace).delete()
            SlugAlias.objects.create(slug=workspace.slug, workspace=workspace)
            workspace.slug = slug
        changes = changed(before, {"name": workspace.name, "slug": workspace.slug})
        if changes:
            workspace.save(update_fields=["name", "slug", "updated_at"])
            bump_workspace(workspace_id=workspace.id)
            record_event(
                type="workspace.renamed",
                actor=actor,
                workspace_id=workspace.id,
                target_kind="workspace",
                target=workspace.id,
                changes=changes,
                data={"name": workspace.name},
            )
    return workspace


def make_workspace(*, kind: str, name: str, slug: str, owner: User) -> Workspace:
    """The rows of a workspace and its owner; events are the caller's. An empty slug is made from the name."""
    name = _checked_name(name)
    with transaction.atomic():
        _lock_slugs()
        if slug:
            _check_slug(slug, None)
        workspace = Workspace.objects.create(kind=kind, name=name, slug=slug or free_slug(wish=name))
        Membership.objects.create(workspace=workspace, user=owner, role=Membership.Role.OWNER)
    return workspace


def free_slug(*, wish: str) -> str:
    """A slug near `wish` that nobody has or had."""
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    if len(base) < 2 or base in RESERVED:
        base = f"{base}-workspace".strip("-")
    taken = set(Workspace.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken |= set(SlugAlias.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _lock_slugs() -> None:
    """Slugs and aliases are unique together, over two tables: one writer at a time (key: 'slug' in ASCII)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x736C7567])


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidProblem(_("Give the workspace a name."), field="name")
    if len(name) > 80:
        raise InvalidProblem(_("Use at most 80 characters."), field="name")
    return name


def _check_slug(slug: str, workspace: Workspace | None) -> None:
    if not SLUG.match(slug):
        raise InvalidProblem(
            _("Use 2 to 50 small letters, digits and hyphens; begin and end with a letter or digit."), field="slug"
        )
    others = Workspace.objects.filter(slug=slug)
    aliases = SlugAlias.objects.filter(slug=slug)
    if workspace is not None:
        others, aliases = others.exclude(pk=workspace.pk), aliases.exclude(workspace=workspace)
    if slug in RESERVED or others.exists() or aliases.exists():
        raise InvalidProblem(_("This address is taken."), field="slug", code="taken")
