"""Imports: drafts of a source become listings, in bulk and as often as one likes without a duplicate.

An entry is known by (source, key). Unchanged ones are skipped by their hash; a changed one gets a new version; one that
the source no longer has is reported and stays. Publishers are made for authors, unverified, until somebody claims them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.db.models.functions import Lower

from core.decision import Principal
from core.events import record_event
from core.permissions import INSTALLATION, require
from marketplace.importers.drafts import ListingDraft, draft_hash
from marketplace.importers.reports import Report, Row
from marketplace.importers.texts import repository_key
from marketplace.models import Listing
from marketplace.services.import_rows import add_listings, change_listings
from marketplace.signals import listings_changed

CHUNK = 1_000
"""Entries a transaction."""
LOCK = 0x1A9071
"""Imports wait for each other, so that two of one source cannot both make an entry."""


def upsert_listings(
    *,
    actor: Principal,
    source: str,
    drafts: Iterable[ListingDraft | Row],
    complete: bool = False,
) -> Report:
    """Take every draft; rows of refusals are passed on to the report.

    `complete`: the drafts are all that the source has, so what is missing among them is reported as gone. Listings go
    live when the scan finds nothing that blocks, else into quarantine. What ends it half-way leaves whole chunks of
    CHUNK entries behind, and running it again completes them. Raises PermissionProblem.
    """
    require(actor, "operator.manage", INSTALLATION)
    began = time.monotonic()
    run = _Run(source)
    for chunk in _chunks(run.sift(drafts)):
        with transaction.atomic():
            _lock()
            run.take(chunk)
    if complete:
        run.report_gone()
    run.report.seconds = round(time.monotonic() - began, 3)
    if run.report.new or run.report.changed:
        counts = {"source": source, "new": run.report.new, "changed": run.report.changed}
        record_event(type="catalogue.imported", actor=actor, target_kind="import", target=source, data=counts)
    return run.report


class _Run:
    """One import under way."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.report = Report(source=source)
        self.seen: dict[str, int] = {}

    def sift(self, drafts: Iterable[ListingDraft | Row]) -> Iterator[ListingDraft]:
        """The drafts that are no refusals and not there twice."""
        for draft in drafts:
            self.report.read += 1
            if isinstance(draft, Row):
                self.report.refused.add(draft)
            elif draft.key in self.seen:
                first = self.seen[draft.key]
                reason = f"It is the same entry as that of line {first}." if first else "It is there twice."
                self.report.refused.add(Row(draft.line, draft.key, reason))
            else:
                self.seen[draft.key] = draft.line
                yield draft

    def take(self, drafts: list[ListingDraft]) -> None:
        known = self._known(drafts)
        fresh = [draft for draft in drafts if draft.key not in known]
        changed = [(known[draft.key], draft) for draft in drafts if draft.key in known]
        changed = [(listing, draft) for listing, draft in changed if self._has_changed(listing, draft)]
        touched = add_listings(fresh, self.source, self.report)
        touched += change_listings(changed, self.source, self.report)
        self._report_alike(drafts)
        if touched:
            listings_changed.send(sender=Listing, listing_ids=touched)

    def _known(self, drafts: list[ListingDraft]) -> dict[str, Listing]:
        rows = Listing.objects.select_related("publisher").defer("draft", "score_parts")
        found = rows.filter(source=self.source, source_key__in=[draft.key for draft in drafts])
        return {row.source_key: row for row in found}

    def _has_changed(self, listing: Listing, draft: ListingDraft) -> bool:
        if listing.source_hash == draft_hash(draft):
            self.report.same += 1
            return False
        if listing.state == Listing.State.REMOVED:
            self.report.kept.add(Row(draft.line, draft.key, "It was removed here.", listing.slug))
        elif listing.publisher.workspace_id:
            self.report.kept.add(Row(draft.line, draft.key, "Its publisher looks after it now.", listing.slug))
        else:
            return True
        return False

    def _report_alike(self, drafts: list[ListingDraft]) -> None:
        """Entries whose repository another source lists, unless the repository holds many servers."""
        here: dict[str, list[ListingDraft]] = {}
        for draft in drafts:
            if key := repository_key(draft.repository):
                here.setdefault(f"https://{key}", []).append(draft)
        there: dict[str, list[tuple[str, str]]] = {}
        others = Listing.objects.exclude(source=self.source).annotate(address=Lower("repository"))
        for address, slug, name in others.filter(address__in=here).values_list("address", "slug", "name"):
            there.setdefault(address, []).append((slug, name.casefold()))
        for address, found in there.items():
            for draft in here[address]:
                self._report_twin(draft, found, alone=len(here[address]) == len(found) == 1)

    def _report_twin(self, draft: ListingDraft, others: list[tuple[str, str]], *, alone: bool) -> None:
        twin = next((slug for slug, name in others if alone or name == draft.name.casefold()), "")
        if twin:
            self.report.alike.add(Row(draft.line, draft.key, f"The same repository: {draft.repository}", twin))

    def report_gone(self) -> None:
        there = Listing.objects.filter(source=self.source).exclude(state=Listing.State.REMOVED).order_by("source_key")
        for key, slug in there.values_list("source_key", "slug").iterator():
            if key not in self.seen:
                self.report.gone.add(Row(0, key, "The source no longer has it.", slug))


def _chunks(drafts: Iterable[ListingDraft]) -> Iterator[list[ListingDraft]]:
    chunk: list[ListingDraft] = []
    for draft in drafts:
        chunk.append(draft)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
