"""Assistants: made, edited, renamed, paused, removed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from accounts.services import bump_workspace
from assistants.configuration import Configuration, configuration_json
from assistants.enums import MAX_ASSISTANTS
from assistants.errors import StaleDraft
from assistants.models import Assistant
from assistants.services.checks import checked_configuration
from assistants.services.setup import state_of
from assistants.signals import assistant_deleted
from core.clock import now
from core.decision import Principal
from core.errors import Text
from core.events import changed, record_event
from proxy.errors import DraftProblem, LimitProblem
from proxy.services.drafts import free_letters, free_slug

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_SLUG = 40
RESERVED = frozenset({"new"})
"""Addresses below the list that are no assistants."""


def create_assistant(
    *,
    actor: Principal,
    workspace: Workspace,
    name: str,
    summary: str = "",
    letters: str = "",
    slug: str = "",
    configuration: Configuration | Mapping[str, Any] | None = None,
    install: str = "",
    imported: Mapping[str, Any] | None = None,
) -> Assistant:
    """An assistant that nobody reaches yet: its draft is kept as version 1 and deployed by other services.

    Raises DraftProblem or LimitProblem. An empty slug is made from the name. `imported`: see the model.
    """
    require(actor, "assistant.manage", in_workspace(workspace, "assistant"))
    checked = checked_configuration(workspace.id, configuration if configuration is not None else Configuration())
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        others = list(Assistant.objects.filter(workspace=workspace).values_list("slug", "letters"))
        if len(others) >= MAX_ASSISTANTS:
            raise LimitProblem(_("A workspace has at most %d assistants.") % MAX_ASSISTANTS)
        slugs = {found for found, _letters in others} | RESERVED
        name, summary, given = named(name, summary, letters)
        assistant = Assistant(
            workspace=workspace,
            slug=_checked_slug(slug, slugs) if slug else free_slug(_plain(name), slugs),
            name=name,
            summary=summary,
            letters=given or free_letters(name, {found for _slug, found in others}),
            draft=configuration_json(checked),
            draft_by=actor.user_id,
            draft_at=now(),
            install=install,
            imported=dict(imported or {}),
            created_by=actor.user_id,
        )
        assistant.save(force_insert=True)
        record(
            "assistant.created",
            actor,
            assistant,
            data={"slug": assistant.slug, **({"install": install} if install else {})},
        )
    return assistant


def save_draft(
    *, actor: Principal, assistant: Assistant, configuration: Configuration | Mapping[str, Any], revision: int | None
) -> Assistant:
    """Replace the draft. `revision` is the one that the caller began with; None replaces whatever is there.

    Raises DraftProblem, or StaleDraft with what somebody else saved meanwhile. The same draft again changes nothing.
    """
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    value = configuration_json(checked_configuration(assistant.workspace_id, configuration))
    with transaction.atomic():
        assistant = locked(assistant)
        if value == assistant.draft:
            return assistant
        if revision is not None and revision != assistant.draft_revision:
            raise StaleDraft(
                revision=assistant.draft_revision, configuration=assistant.draft, saved_by=assistant.draft_by
            )
        before = assistant.draft
        assistant.draft = value
        assistant.draft_revision += 1
        assistant.draft_by, assistant.draft_at = actor.user_id, now()
        assistant.save(update_fields=["draft", "draft_revision", "draft_by", "draft_at", "updated_at"])
        fields = sorted(name for name in {*before, *value} if before.get(name) != value.get(name))
        record("assistant.draft_saved", actor, assistant, data={"fields": fields, "revision": assistant.draft_revision})
    return assistant


def rename_assistant(
    *,
    actor: Principal,
    assistant: Assistant,
    name: str | None = None,
    summary: str | None = None,
    letters: str | None = None,
) -> Assistant:
    """Change what people read of it; None leaves as it is. Its slug, and so its addresses, stay."""
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    with transaction.atomic():
        assistant = locked(assistant)
        before = _readable(assistant)
        assistant.name, assistant.summary, given = named(
            assistant.name if name is None else name,
            assistant.summary if summary is None else summary,
            assistant.letters if letters is None else letters,
        )
        assistant.letters = given or free_letters(assistant.name, set())
        changes = changed(before, _readable(assistant))
        if changes:
            assistant.save(update_fields=["name", "summary", "letters", "updated_at"])
            record("assistant.renamed", actor, assistant, changes=changes)
            bump_workspace(workspace_id=assistant.workspace_id)
    return assistant


def set_offers(
    *,
    actor: Principal,
    assistant: Assistant,
    offer_tool: bool | None = None,
    offer_agent_card: bool | None = None,
) -> Assistant:
    """Where it may be found beside its chat page: as a tool on the hubs, by its A2A card. None leaves as it is."""
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    with transaction.atomic():
        assistant = locked(assistant)
        before = {"offer_tool": assistant.offer_tool, "offer_agent_card": assistant.offer_agent_card}
        assistant.offer_tool = assistant.offer_tool if offer_tool is None else offer_tool
        assistant.offer_agent_card = assistant.offer_agent_card if offer_agent_card is None else offer_agent_card
        after = {"offer_tool": assistant.offer_tool, "offer_agent_card": assistant.offer_agent_card}
        if changes := changed(before, after):
            assistant.save(update_fields=["offer_tool", "offer_agent_card", "updated_at"])
            record("assistant.offers_changed", actor, assistant, changes=changes)
            bump_workspace(workspace_id=assistant.workspace_id)
    return assistant


def pause_assistant(*, actor: Principal, assistant: Assistant) -> Assistant:
    """Answer nobody, until it is resumed. Again, it changes nothing."""
    return _set_paused(actor, assistant, paused=True)


def resume_assistant(*, actor: Principal, assistant: Assistant) -> Assistant:
    return _set_paused(actor, assistant, paused=False)


def delete_assistant(*, actor: Principal, assistant: Assistant) -> None:
    """Remove it with its versions, values, conversations and runs. Recorded calls of its tools stay."""
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    with transaction.atomic():
        assistant = locked(assistant)
        record("assistant.deleted", actor, assistant, data={"slug": assistant.slug, "install": assistant.install})
        assistant_deleted.send(
            sender=Assistant,
            assistant_id=assistant.id,
            workspace_id=assistant.workspace_id,
            install=assistant.install,
        )
        workspace_id = assistant.workspace_id
        assistant.delete()
        bump_workspace(workspace_id=workspace_id)


def locked(assistant: Assistant) -> Assistant:
    """The row as it is now, locked until the transaction ends."""
    rows = Assistant.objects.select_for_update(of=("self",), no_key=True).select_related("workspace", "deployed")
    return rows.get(pk=assistant.pk)


def named(name: str, summary: str, letters: str) -> tuple[str, str, str]:
    """Name, summary and letters as they can be kept. Raises DraftProblem."""
    errors: dict[str, list[Text]] = {}
    name, summary, letters = " ".join(name.split()), " ".join(summary.split()), letters.strip().upper()
    if not name or len(name) > 80 or "\0" in name:
        errors["name"] = [_("Give the assistant a name of at most 80 characters.")]
    if len(summary) > 300 or "\0" in summary:
        errors["summary"] = [_("Say it in at most 300 characters.")]
    if letters and not (len(letters) <= 2 and letters.isalnum()):
        errors["letters"] = [_("Use one or two letters or digits.")]
    if errors:
        raise DraftProblem(errors)
    return name, summary, letters


def record(
    type: str,
    actor: Principal,
    assistant: Assistant,
    *,
    changes: dict[str, list[Any]] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """The one event of a change."""
    record_event(
        type=type,
        actor=actor,
        workspace_id=assistant.workspace_id,
        target_kind="assistant",
        target=assistant.id,
        changes=changes,
        data={"name": assistant.name} | (data or {}),
    )


def _set_paused(actor: Principal, assistant: Assistant, *, paused: bool) -> Assistant:
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    with transaction.atomic():
        assistant = locked(assistant)
        if assistant.deployed_id is None:
            raise DraftProblem({"version": [_("It is not deployed yet, so there is nothing to pause.")]})
        if (assistant.state == Assistant.State.PAUSED) != paused:
            assistant.state = Assistant.State.PAUSED if paused else state_of(assistant)
            assistant.save(update_fields=["state", "updated_at"])
            record("assistant.paused" if paused else "assistant.resumed", actor, assistant)
            bump_workspace(workspace_id=assistant.workspace_id)
    return assistant


def _readable(assistant: Assistant) -> dict[str, Any]:
    return {"name": assistant.name, "summary": assistant.summary, "letters": assistant.letters}


def _plain(name: str) -> str:
    """A name that has Latin letters or digits, since slugs are made of them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain if re.search(r"[A-Za-z0-9]", plain) else "assistant"


def _checked_slug(slug: str, taken: set[str]) -> str:
    slug = slug.strip()
    if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG:
        raise DraftProblem({"slug": [_("Use at most 40 small letters and digits, with single hyphens between them.")]})
    if slug in taken:
        raise DraftProblem(
            {"slug": [_("Another assistant of this workspace has this short name, or nobody can have it.")]}
        )
    return slug
