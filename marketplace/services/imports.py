"""Imports that somebody started: each leaves a row with its report."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem
from core.jobs import enqueue_job
from core.permissions import INSTALLATION, SYSTEM, require
from marketplace.gateways.registries import RegistryProblem, fetch_page, read_page, registry_base
from marketplace.importers.drafts import ListingDraft
from marketplace.importers.files import FORMATS, find_format, read_lines, read_rows, source_of
from marketplace.importers.reports import Report, Row, report_json
from marketplace.importers.texts import slug_of
from marketplace.models import ImportRun
from marketplace.selectors.registry import own_namespace
from marketplace.services.importing import upsert_listings

State = ImportRun.State
IMPORT = "marketplace.import"
MOST_PAGES = 20_000
MOST_UPLOAD = 64 * 1024 * 1024
OVERLAP = timedelta(minutes=5)
"""How far an import reaches back behind the last one's start, for clocks that differ."""


class Imported(NamedTuple):
    run: ImportRun
    report: Report


def import_file(*, actor: Principal, path: Path, format: str = "auto") -> Imported:
    """Import a catalogue file from disk. Raises OSError, InvalidProblem, PermissionProblem."""
    require(actor, "operator.manage", INSTALLATION)
    with path.open("rb") as lines:
        source = source_of(lines, format)
        lines.seek(0)
        run = ImportRun.objects.create(origin=path.name[:500], source=source, started_by=_by(actor))
        return _read_file(actor, run, lines, format)


def import_registry(*, actor: Principal, address: str, whole: bool = False) -> Imported:
    """Import from a registry: what changed since the last import, or all of it. One that was cut short is gone on with.

    Each page is a transaction; an entry that cannot be used is refused alone. Raises InvalidProblem for an address that
    is none, RegistryProblem when the registry fails half-way (the next import goes on there), PermissionProblem.
    """
    require(actor, "operator.manage", INSTALLATION)
    return _read_registry(actor, _registry_run(actor, registry_base(address), whole=whole))


def import_registry_file(*, actor: Principal, path: Path) -> Imported:
    """Import a page of a registry, a list of entries or one `server.json`. Raises OSError and InvalidProblem."""
    require(actor, "operator.manage", INSTALLATION)
    try:
        page = read_page(msgspec.json.decode(path.read_bytes()))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RegistryProblem) as error:
        raise InvalidProblem(_("The file holds no list of servers."), field="file") from error
    known = find_format("registry")
    run = ImportRun.objects.create(origin=path.name[:500], source=known.source, started_by=_by(actor))
    report = upsert_listings(actor=actor, source=run.source, drafts=read_rows(page.rows, known))
    return _done(run, report)


def start_upload(*, actor: Principal, name: str, body: bytes, format: str = "auto") -> ImportRun:
    """Keep an uploaded catalogue file for the job that reads it. Raises InvalidProblem, PermissionProblem."""
    require(actor, "operator.manage", INSTALLATION)
    if len(body) > MOST_UPLOAD:
        raise InvalidProblem(_("The file is larger than 64 MB."), field="file")
    try:
        source = source_of(io.BytesIO(body), format)
    except InvalidProblem as problem:
        raise InvalidProblem(problem.sentence, field="file") from problem
    with transaction.atomic():
        run = ImportRun.objects.create(origin=name[:500] or "upload", source=source, body=body, started_by=_by(actor))
        enqueue_job(task=IMPORT, subject=run.id)
    return run


def start_registry(*, actor: Principal, address: str, whole: bool = False) -> ImportRun:
    """Note an import of a registry for the job that does it. Raises InvalidProblem, PermissionProblem."""
    require(actor, "operator.manage", INSTALLATION)
    with transaction.atomic():
        run = _registry_run(actor, registry_base(address), whole=whole)
        enqueue_job(task=IMPORT, subject=run.id)
    return run


def run_import(*, run_id: str) -> None:
    """Do what was started. Running it twice does no harm: an upload that was read is gone, a registry goes on."""
    run = ImportRun.objects.filter(pk=run_id, state=State.RUNNING).first()
    if run is None:
        return
    if run.body is not None:
        format = next(known.name for known in FORMATS.values() if known.source == run.source)
        _read_file(SYSTEM, run, io.BytesIO(bytes(run.body)), format)
    else:
        _read_registry(SYSTEM, run)


def _by(actor: Principal) -> str:
    return actor.user_id or actor.id


def _read_file(actor: Principal, run: ImportRun, lines: Iterable[bytes], format: str) -> Imported:
    try:
        drafts = read_lines(lines, format=format)
        report = upsert_listings(actor=actor, source=run.source, drafts=drafts, complete=True)
    except Exception as error:
        _failed(run, error)
        raise
    return _done(run, report)


def _registry_run(actor: Principal, base: str, *, whole: bool) -> ImportRun:
    """Where to begin: where the last one stopped, or at what changed since it began."""
    last = ImportRun.objects.filter(origin=base, state__in=[State.DONE, State.FAILED]).order_by("-id").first()
    cursor, since = "", None
    if last is not None and not whole:
        resumed = last.state == State.FAILED
        cursor = last.cursor if resumed else ""
        since = last.asked_since if resumed else last.created_at - OVERLAP
    host = slug_of(urlsplit(base).netloc, 30)
    return ImportRun.objects.create(
        origin=base, source=f"import:{host}", cursor=cursor, asked_since=since, started_by=_by(actor)
    )


def _read_registry(actor: Principal, run: ImportRun) -> Imported:
    report, known, since = Report(source=run.source), find_format("registry"), _stamp(run)
    try:
        for _number in range(MOST_PAGES):
            page = fetch_page(run.origin, cursor=run.cursor, since=since)
            report.merge(upsert_listings(actor=actor, source=run.source, drafts=_foreign(read_rows(page.rows, known))))
            if page.following == run.cursor and page.following:
                raise RegistryProblem(_("The registry gives the same page again and again."))
            run.cursor = page.following
            run.report = report_json(report)
            run.save(update_fields=["cursor", "report", "updated_at"])
            if not page.following:
                return _done(run, report)
        raise RegistryProblem(_("The registry has no end."))
    except Exception as error:
        _failed(run, error)
        raise


def _foreign(drafts: Iterable[ListingDraft | Row]) -> Iterator[ListingDraft | Row]:
    """Registries read each other: what another took from here does not come back as something else."""
    own = f"{own_namespace()}/"
    for draft in drafts:
        if isinstance(draft, ListingDraft) and draft.key.startswith(own):
            yield Row(draft.line, draft.key, "It is an entry of this installation.")
        else:
            yield draft


def _stamp(run: ImportRun) -> str:
    return run.asked_since.strftime("%Y-%m-%dT%H:%M:%SZ") if run.asked_since else ""


def _done(run: ImportRun, report: Report) -> Imported:
    run.state, run.report, run.finished_at, run.body, run.cursor = State.DONE, report_json(report), now(), None, ""
    run.save()
    return Imported(run, report)


def _failed(run: ImportRun, error: Exception) -> None:
    run.state, run.problem, run.finished_at, run.body = State.FAILED, str(error)[:2000], now(), None
    run.save()
