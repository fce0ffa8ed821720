"""Many servers at once, from a client's configuration: each succeeds or fails by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from core.decision import Principal
from core.errors import ServiceProblem, Text
from proxy.importers.client_config import Reading
from proxy.importers.drafts import ServerDraft, fill_draft
from proxy.models import Hub, Server
from proxy.services.choices import add_server
from proxy.services.drafts import checked_draft
from proxy.services.servers import connect_server


@dataclass(frozen=True)
class ImportItem:
    """A server to connect, by its name in the file."""

    key: str
    draft: ServerDraft


@dataclass(frozen=True)
class ImportResult:
    """What became of it: a server, or why there is none."""

    key: str
    server: Server | None = None
    problem: Text = ""
    errors: Mapping[str, Sequence[Text]] = field(default_factory=dict)


def import_servers(
    *, actor: Principal, workspace: Workspace, items: Iterable[ImportItem], hub: Hub | None = None
) -> list[ImportResult]:
    """Connect every item, and put it on `hub` where one is given. One that fails stops none of the others."""
    require(actor, "server.manage", in_workspace(workspace, "server"))
    if hub is not None:
        require(actor, "hub.manage", in_workspace(workspace, "hub", hub.id, hub_id=hub.id))
    return [_import(actor, workspace, item, hub) for item in items]


def items_of(
    reading: Reading, *, keys: Iterable[str] | None = None, values: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[list[ImportItem], list[ImportResult]]:
    """What to import of a reading: all that is switched on, or `keys`; with `values` {key: {variable: text}}.

    The second list says why the others cannot be.
    """
    wanted = None if keys is None else set(keys)
    items, failed = [], []
    for entry in reading.entries:
        if (entry.disabled and wanted is None) or (wanted is not None and entry.key not in wanted):
            continue
        if entry.draft is None:
            failed.append(ImportResult(entry.key, problem=" ".join(str(problem) for problem in entry.problems)))
        else:
            items.append(ImportItem(entry.key, fill_draft(entry.draft, (values or {}).get(entry.key, {}))))
    missing = (wanted or set()) - {entry.key for entry in reading.entries}
    failed += [ImportResult(key, problem=_("There is no server of this name in the text.")) for key in sorted(missing)]
    return items, failed


def _import(actor: Principal, workspace: Workspace, item: ImportItem, hub: Hub | None) -> ImportResult:
    try:
        with transaction.atomic():
            _refuse_twin(workspace, item.draft)
            server = connect_server(actor=actor, workspace=workspace, draft=item.draft)
            if hub is not None:
                add_server(actor=actor, hub=hub, server=server)
    except ServiceProblem as problem:
        return ImportResult(item.key, problem=problem.sentence, errors=problem.errors)
    return ImportResult(item.key, server)


def _refuse_twin(workspace: Workspace, draft: ServerDraft) -> None:
    """The same file imported twice makes no second set of servers."""
    draft = checked_draft(draft)
    same = Server.objects.filter(
        workspace=workspace, transport=draft.transport, command=draft.command, args=list(draft.args), url=draft.url
    ).first()
    if same is not None:
        raise ServiceProblem(_("This is connected already, as “%s”.") % same.title, code="twin")
