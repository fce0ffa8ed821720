"""The built-in servers and assistants become listings. Done whenever the site is prepared; repeating it is quick."""

from __future__ import annotations

from core.decision import Principal
from marketplace.catalogue.loader import entries
from marketplace.importers.reports import Report
from marketplace.importers.stock import SOURCE, draft_of_entry
from marketplace.importers.stock_assistants import draft_of_assistant, stock_assistants
from marketplace.services.importing import upsert_listings


def sync_catalogue(*, actor: Principal) -> Report:
    """Every built-in entry is a listing under its own slug, a changed one has a new version.

    Raises PermissionProblem.
    """
    # Servers first: what an assistant's tools may change is said by the listings of their servers.
    report = upsert_listings(actor=actor, source=SOURCE, drafts=map(draft_of_entry, entries()))
    report.merge(upsert_listings(actor=actor, source=SOURCE, drafts=map(draft_of_assistant, stock_assistants())))
    return report
