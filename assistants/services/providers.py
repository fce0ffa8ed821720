"""Model providers of a workspace: connected, changed, tested, removed. A key is sealed and never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from assistants.enums import MAX_PROVIDERS, MODEL_CLASSES
from assistants.gateways.models.check import Checked, check_provider
from assistants.gateways.models.places import base_of
from assistants.models import ModelProvider
from assistants.presets import propose_classes
from core.clock import now
from core.decision import Principal
from core.errors import Text
from core.events import changed, record_event
from core.secrets import open_for, seal_for
from proxy.errors import DraftProblem, LimitProblem
from proxy.services.drafts import url_problem

MAX_KEY, MAX_MODEL = 4_000, 120


def connect_provider(
    *,
    actor: Principal,
    workspace: Workspace,
    kind: str,
    name: str,
    base_url: str = "",
    key: str = "",
    classes: Mapping[str, str] | None = None,
    is_default: bool | None = None,
) -> ModelProvider:
    """Keep where models are reached. Not asked yet: `test_provider` does that. Raises DraftProblem or LimitProblem.

    The first provider of a workspace is its default, unless `is_default` says otherwise.
    """
    require(actor, "model.manage", in_workspace(workspace, "provider"))
    row = ModelProvider(workspace=workspace, created_by=actor.user_id)
    _write(row, kind=kind, name=name, base_url=base_url, key=key, classes=classes or {})
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        others = ModelProvider.objects.filter(workspace=workspace)
        count = others.count()
        if count >= MAX_PROVIDERS:
            raise LimitProblem(_("A workspace has at most %d model providers.") % MAX_PROVIDERS)
        _refuse_taken(row)
        row.is_default = count == 0 if is_default is None else is_default
        if row.is_default:
            others.filter(is_default=True).update(is_default=False)
        row.save(force_insert=True)
        _record("provider.connected", actor, row, data={"kind": row.kind, "address": row.base_url})
    return row


def update_provider(
    *,
    actor: Principal,
    provider: ModelProvider,
    name: str | None = None,
    base_url: str | None = None,
    key: str | None = None,
    classes: Mapping[str, str] | None = None,
    is_default: bool | None = None,
) -> ModelProvider:
    """Change a provider; None leaves as it is, `key=""` takes the key away. Its kind stays. Raises DraftProblem.

    A stored key goes where it was meant for alone: with another address it must be given again.
    """
    require(actor, "model.manage", in_workspace(provider.workspace_id, "provider", provider.id))
    with transaction.atomic():
        row = _locked(provider)
        before = _shown(row)
        moved = base_url is not None and _origin(row.kind, base_url) != _origin(row.kind, row.base_url)
        if moved and row.secret and key is None:
            raise DraftProblem({"key": [_("The address is another now, so give the key again.")]})
        _write(
            row,
            kind=row.kind,
            name=row.name if name is None else name,
            base_url=row.base_url if base_url is None else base_url,
            key=key,
            classes=row.classes if classes is None else classes,
        )
        _refuse_taken(row)
        row.is_default = row.is_default if is_default is None else is_default
        changes = changed(before, _shown(row))
        if key is not None:
            changes["key"] = ["", ""]
        if not changes:
            return row
        if row.is_default and not before["is_default"]:
            ModelProvider.objects.filter(workspace=row.workspace_id, is_default=True).update(is_default=False)
        if moved or key is not None:
            row.state, row.problem, row.checked_at = ModelProvider.State.NEW, "", None
        row.save()
        _record("provider.changed", actor, row, changes=changes)
    return row


def try_provider(
    *, actor: Principal, workspace: Workspace, kind: str, base_url: str = "", key: str = "", model: str = ""
) -> Checked:
    """Ask a provider what it offers before it is saved. Raises DraftProblem."""
    require(actor, "model.manage", in_workspace(workspace, "provider"))
    errors = _problems(kind, base_url.strip(), key.strip())
    if errors:
        raise DraftProblem(errors)
    return check_provider(kind=kind, base_url=base_url.strip(), key=key.strip(), model=model)


def test_provider(*, actor: Principal, provider: ModelProvider) -> ModelProvider:
    """Ask it now, and keep how it is and what it offers. Classes that nobody chose are proposed from that."""
    require(actor, "model.manage", in_workspace(provider.workspace_id, "provider", provider.id))
    seen = ModelProvider.objects.get(pk=provider.pk)
    key = open_for(seen.workspace_id, seen.secret).get("key", "")
    model = next((seen.classes[name] for name in MODEL_CLASSES if seen.classes.get(name)), "")
    # Asked outside of the transaction: it may take many seconds.
    found = check_provider(kind=seen.kind, base_url=seen.base_url, key=key, model=model)
    with transaction.atomic():
        row = _locked(seen)
        if (row.base_url, bytes(row.secret or b"")) != (seen.base_url, bytes(seen.secret or b"")):
            return row  # it was changed meanwhile, so the answer is about something else
        row.state = ModelProvider.State.WORKING if found.ok else ModelProvider.State.BROKEN
        row.problem, row.checked_at = found.problem, now()
        if found.ok and found.models:
            row.offered = list(found.models)
            if not any(row.classes.values()):
                row.classes = propose_classes(row.offered)
        row.save()
        _record("provider.tested", actor, row, data={"ok": found.ok, "problem": found.problem})
    return row


def remove_provider(*, actor: Principal, provider: ModelProvider) -> None:
    """Remove it with its key. Assistants that named it use the default; no other one becomes the default by itself."""
    require(actor, "model.manage", in_workspace(provider.workspace_id, "provider", provider.id))
    with transaction.atomic():
        row = _locked(provider)
        _record("provider.removed", actor, row, data={"was_default": row.is_default})
        row.delete()


def _locked(provider: ModelProvider) -> ModelProvider:
    rows = ModelProvider.objects.select_for_update(of=("self",), no_key=True).select_related("workspace")
    return rows.get(pk=provider.pk)


def _write(
    row: ModelProvider, *, kind: str, name: str, base_url: str, key: str | None, classes: Mapping[str, str]
) -> None:
    """The values into the row, not saved. `key`: None leaves it."""
    name, base_url = " ".join(name.split()), base_url.strip()
    key = None if key is None else key.strip()
    known = key if key is not None else ("kept" if row.secret else "")
    errors = _problems(kind, base_url, known)
    if not name or len(name) > 80 or "\0" in name:
        errors["name"] = [_("Give the provider a name of at most 80 characters.")]
    cleaned = {klass: str(model).strip() for klass, model in classes.items() if str(model).strip()}
    if set(cleaned) - set(MODEL_CLASSES) or any(len(m) > MAX_MODEL or "\0" in m for m in cleaned.values()):
        errors["classes"] = [_("Name a model of at most 120 characters for fast, balanced and best.")]
    if errors:
        raise DraftProblem(errors)
    row.kind, row.name, row.base_url, row.classes = kind, name, base_url, cleaned
    if key is not None:
        row.secret = seal_for(row.workspace_id, {"key": key}) if key else None
        row.key_hint = _hint(key)


def _problems(kind: str, base_url: str, key: str) -> dict[str, list[Text]]:
    errors: dict[str, list[Text]] = {}
    if kind not in ModelProvider.Kind.values:
        return {"kind": [_("Choose OpenAI-compatible, Anthropic or Google.")]}
    problem = url_problem(base_url) if base_url else ""
    if problem or len(base_url) > 500 or "\0" in base_url:
        errors["base_url"] = [problem or _("The address is too long.")]
    elif urlsplit(base_url).query or urlsplit(base_url).fragment:
        errors["base_url"] = [_("Write the address without ? and #; keys belong into their own field.")]
    if len(key) > MAX_KEY or not key.isprintable() or " " in key or not key.isascii():
        errors["key"] = [_("This is no key: it holds spaces, line breaks or letters that keys never have.")]
    elif not key and not base_url:
        errors["key"] = [_("This provider needs a key.")]
    return errors


def _refuse_taken(row: ModelProvider) -> None:
    if ModelProvider.objects.filter(workspace=row.workspace_id, name=row.name).exclude(pk=row.pk).exists():
        raise DraftProblem({"name": [_("Another model provider of this workspace has this name.")]})


def _origin(kind: str, base_url: str) -> tuple[str, str]:
    parts = urlsplit(base_of(kind, base_url))
    return parts.scheme, parts.netloc.lower()


def _hint(key: str) -> str:
    """Enough to tell keys apart: the beginning and the last four."""
    return f"{key[:3]}…{key[-4:]}" if len(key) >= 16 else "…" if key else ""


def _shown(row: ModelProvider) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "base_url", "classes", "is_default")}


def _record(
    type: str,
    actor: Principal,
    row: ModelProvider,
    *,
    changes: dict[str, list[Any]] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    record_event(
        type=type,
        actor=actor,
        workspace_id=row.workspace_id,
        target_kind="provider",
        target=row.id,
        changes=changes,
        data={"name": row.name} | (data or {}),
    )
