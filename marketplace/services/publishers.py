"""Publishers: made, described, suspended. A workspace makes one, and may claim others that an import made."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import INSTALLATION, in_workspace, require
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, ServiceProblem
from core.events import changed, record_event
from marketplace.importers.texts import letters_of, slug_of, web_address
from marketplace.models import Publisher
from marketplace.signals import listings_changed

MAX_NAME, MAX_SLUG, MAX_ABOUT = 80, 60, 4000
_FIELDS = ("name", "letters", "about", "website")


def create_publisher(
    *, actor: Principal, workspace: Workspace, name: str, about: str = "", website: str = "", slug: str = ""
) -> Publisher:
    """The publisher of a workspace. Raises InvalidProblem, or ServiceProblem when it has one."""
    require(actor, "listing.manage", in_workspace(workspace, "publisher"))
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if Publisher.objects.filter(workspace=workspace, source="").exists():
            raise ServiceProblem(_("This workspace is a publisher already."), code="publisher_exists")
        publisher = Publisher(workspace=workspace)
        _write(publisher, name, about, website)
        publisher.slug = free_publisher_slug(slug or publisher.name)
        publisher.save(force_insert=True)
        record_publisher("publisher.created", actor, publisher)
    return publisher


def update_publisher(
    *,
    actor: Principal,
    publisher: Publisher,
    name: str | None = None,
    about: str | None = None,
    website: str | None = None,
) -> Publisher:
    """None leaves as it is. Raises InvalidProblem."""
    require(actor, "listing.manage", in_workspace(publisher.workspace_id or "", "publisher", publisher.id))
    with transaction.atomic():
        publisher = locked_publisher(publisher)
        before = {field: getattr(publisher, field) for field in _FIELDS}
        _write(
            publisher,
            publisher.name if name is None else name,
            publisher.about if about is None else about,
            publisher.website if website is None else website,
        )
        changes = changed(before, {field: getattr(publisher, field) for field in _FIELDS})
        if changes:
            publisher.save()
            record_publisher("publisher.changed", actor, publisher, changes=changes)
            _tell(publisher)
    return publisher


def suspend_publisher(*, actor: Principal, publisher: Publisher, reason: str) -> Publisher:
    """Nothing of a suspended publisher goes live any more; what is live stays until it is quarantined."""
    return _set_suspended(actor, publisher, "publisher.suspended", reason=_reason(reason))


def restore_publisher(*, actor: Principal, publisher: Publisher) -> Publisher:
    return _set_suspended(actor, publisher, "publisher.restored", reason="")


def locked_publisher(publisher: Publisher) -> Publisher:
    rows = Publisher.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace").get(pk=publisher.pk)


def free_publisher_slug(wish: str) -> str:
    base = slug_of(wish, MAX_SLUG - 6) or "publisher"
    taken = set(Publisher.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def record_publisher(type: str, actor: Principal, publisher: Publisher, **more: Any) -> None:
    data = {"name": publisher.name, "slug": publisher.slug} | more.pop("data", {})
    record_event(
        type=type,
        actor=actor,
        workspace_id=publisher.workspace_id or "",
        target_kind="publisher",
        target=publisher.id,
        data=data,
        **more,
    )


def _write(publisher: Publisher, name: str, about: str, website: str) -> None:
    name, about, website = " ".join(name.split()), about.strip(), website.strip()
    if not name or len(name) > MAX_NAME or "\0" in name:
        raise InvalidProblem(_("Give the publisher a name of at most 80 characters."), field="name")
    if len(about) > MAX_ABOUT or "\0" in about:
        raise InvalidProblem(_("Use at most 4,000 characters."), field="about")
    if website and not web_address(website, 300):
        raise InvalidProblem(_("Write the whole address, beginning with https://"), field="website")
    publisher.name, publisher.about, publisher.website = name, about, website
    publisher.letters = letters_of(name)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidProblem(_("Say why."), field="reason")
    return reason.strip()[:4000]


def _set_suspended(actor: Principal, publisher: Publisher, type: str, *, reason: str) -> Publisher:
    require(actor, "operator.manage", INSTALLATION)
    with transaction.atomic():
        publisher = locked_publisher(publisher)
        if (publisher.suspended_at is not None) != bool(reason):
            publisher.suspended_at = now() if reason else None
            publisher.save(update_fields=["suspended_at", "updated_at"])
            record_publisher(type, actor, publisher, data={"reason": reason} if reason else {})
            _tell(publisher)
    return publisher


def _tell(publisher: Publisher) -> None:
    """Its name and standing are part of what is found."""
    ids = list(publisher.listings.values_list("id", flat=True))
    if ids:
        listings_changed.send(Publisher, listing_ids=ids)
