"""Imports that somebody started: each leaves a row with its report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from core.clock import now
from core.decision import Principal
from core.permissions import INSTALLATION, require
from marketplace.importers.files import read_lines, source_of
from marketplace.importers.reports import Report, report_json
from marketplace.models import ImportRun
from marketplace.services.importing import upsert_listings


class Imported(NamedTuple):
    run: ImportRun
    report: Report


def import_file(*, actor: Principal, path: Path, format: str = "auto") -> Imported:
    """Import a catalogue file from disk. Raises OSError, InvalidProblem, PermissionProblem."""
    require(actor, "operator.manage", INSTALLATION)
    with path.open("rb") as lines:
        source = source_of(lines, format)
        lines.seek(0)
        run = ImportRun.objects.create(origin=path.name[:500], source=source, started_by=actor.user_id or actor.id)
        return _finish(actor, run, lines, format)


def _finish(actor: Principal, run: ImportRun, lines: Iterable[bytes], format: str) -> Imported:
    try:
        drafts = read_lines(lines, format=format)
        report = upsert_listings(actor=actor, source=run.source, drafts=drafts, complete=True)
    except Exception as error:
        run.state, run.problem, run.finished_at = ImportRun.State.FAILED, str(error)[:2000], now()
        run.save()
        raise
    run.state, run.report, run.finished_at = ImportRun.State.DONE, report_json(report), now()
    run.save()
    return Imported(run, report)
