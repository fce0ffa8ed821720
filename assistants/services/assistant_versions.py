"""Versions: kept, deployed. A version never changes."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.permissions import in_workspace, require
from accounts.services import bump_workspace
from assistants.configuration import content_hash
from assistants.errors import NothingNew, StaleDraft
from assistants.models import Assistant, AssistantVersion
from assistants.services.assistants import locked, record
from assistants.services.checks import checked_configuration
from assistants.services.setup import renew_steps
from core.decision import Principal
from core.errors import InvalidProblem
from proxy.errors import DraftProblem

MAX_NOTE = 500


def keep_version(
    *, actor: Principal, assistant: Assistant, note: str = "", revision: int | None = None
) -> AssistantVersion:
    """Keep the draft as the next version. Raises NothingNew when it equals the last one kept.

    `revision`: the draft that the caller saw. Raises StaleDraft when it is another by now, DraftProblem for a note or
    a draft that cannot be used.
    """
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    note = note.strip()
    if len(note) > MAX_NOTE or "\0" in note:
        raise DraftProblem({"note": [_("Say it in at most 500 characters.")]})
    with transaction.atomic():
        assistant = locked(assistant)
        if revision is not None and revision != assistant.draft_revision:
            raise StaleDraft(
                revision=assistant.draft_revision, configuration=assistant.draft, saved_by=assistant.draft_by
            )
        checked_configuration(assistant.workspace_id, assistant.draft)
        hashed = content_hash(assistant.draft)
        last = assistant.versions.order_by("-number").first()
        if last is not None and last.content_hash == hashed:
            raise NothingNew(_("The draft is the same as version %d.") % last.number)
        version = AssistantVersion.objects.create(
            assistant=assistant,
            number=last.number + 1 if last else 1,
            configuration=assistant.draft,
            content_hash=hashed,
            note=note,
            created_by=actor.user_id,
        )
        record("assistant.version_kept", actor, assistant, data={"version": version.number, "note": note})
    return version


def deploy_version(*, actor: Principal, assistant: Assistant, version: AssistantVersion) -> Assistant:
    """Let a version answer from now on; an older one may come back so. A paused assistant stays paused.

    Conversations that are under way go on with the new version. Again, it changes nothing.
    """
    require(actor, "assistant.manage", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    if version.assistant_id != assistant.id:
        raise InvalidProblem(_("This is a version of another assistant."), field="version")
    with transaction.atomic():
        assistant = locked(assistant)
        if assistant.deployed_id == version.id:
            return assistant
        before = assistant.deployed.number if assistant.deployed else None
        assistant.deployed = version
        renew_steps(assistant)
        assistant.save(update_fields=["deployed", "steps", "state", "updated_at"])
        record("assistant.deployed", actor, assistant, data={"version": version.number, "before": before})
        bump_workspace(workspace_id=assistant.workspace_id)
    return assistant


def keep_and_deploy(
    *, actor: Principal, assistant: Assistant, note: str = "", revision: int | None = None
) -> Assistant:
    """Both in one, as people mostly want it. A draft that was kept already is deployed as it is."""
    with transaction.atomic():
        try:
            version = keep_version(actor=actor, assistant=assistant, note=note, revision=revision)
        except NothingNew:
            version = assistant.versions.order_by("-number")[0]
        return deploy_version(actor=actor, assistant=assistant, version=version)
