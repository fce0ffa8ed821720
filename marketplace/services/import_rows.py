"""The rows of imported listings: made by COPY, changed in bulk."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from assistants.configuration import content_hash
from core.bulk import copy_rows, update_rows
from core.clock import now
from core.ids import new_id
from marketplace.importers.drafts import ListingDraft, draft_hash
from marketplace.importers.reports import Report, Row
from marketplace.importers.texts import letters_of
from marketplace.manifests import facts_of, manifest_of
from marketplace.models import Listing, ListingVersion, Publisher
from marketplace.packages import manifest_json, package_json
from marketplace.scanning.findings import findings_json, worst
from marketplace.scanning.scan import scan_texts
from marketplace.selectors.travel import writing_tools
from marketplace.semver import FIRST, next_patch, version_key
from marketplace.services.import_names import listing_slugs, publishers_of
from marketplace.texts import Texts, Translation, texts_json

_TEXTS = (
    "publisher", "name", "summary", "letters", "category", "tags", "languages", "translations", "licence", "homepage",
    "repository", "source_hash", "reads_only", "asks_first", "offline", "needs", "transports", "current", "state",
    "state_reason", "state_at", "updated_at",
)  # fmt: skip


def add_listings(drafts: Sequence[ListingDraft], source: str, report: Report) -> list[str]:
    """Listings with their first version; the ids. Entries of a suspended publisher are refused."""
    publishers = publishers_of(drafts, source)
    drafts = [draft for draft in drafts if not _suspended(publishers[draft.author.key], draft, report)]
    listings: list[Listing] = []
    versions: list[ListingVersion] = []
    for draft, slug in zip(drafts, listing_slugs(drafts, source), strict=True):
        listing = Listing(slug=slug, kind=draft.kind, source=source, source_key=draft.key)
        version = _version(listing, draft, draft.version or FIRST)
        _say(listing, draft, publishers[draft.author.key])
        listing.current_id = version.id
        _begin(listing, version, draft)
        _report_state(version, draft, slug, report)
        listings.append(listing)
        versions.append(version)
    copy_rows(Listing, listings)
    copy_rows(ListingVersion, versions)
    report.new += len(listings)
    return [listing.id for listing in listings]


def change_listings(pairs: Sequence[tuple[Listing, ListingDraft]], source: str, report: Report) -> list[str]:
    """A new version of each; what people see follows it only when it is live. The ids."""
    publishers = publishers_of([draft for _, draft in pairs], source)
    pairs = [pair for pair in pairs if not _suspended(publishers[pair[1].author.key], pair[1], report)]
    used = _used_versions([listing for listing, _ in pairs])
    versions: list[ListingVersion] = []
    for listing, draft in pairs:
        version = _version(listing, draft, _next(draft.version, used.get(listing.id, set())))
        shown = version.state == ListingVersion.State.LIVE and listing.state in Listing.SHOWN
        if shown:
            _say(listing, draft, publishers[draft.author.key])
            listing.current_id = version.id
            _deprecate(listing, draft)
        elif version.state == ListingVersion.State.LIVE:
            version.state, version.published_at = ListingVersion.State.REVIEW, None
        listing.source_hash = draft_hash(draft)
        listing.updated_at = now()
        _report_state(version, draft, listing.slug, report)
        versions.append(version)
    copy_rows(ListingVersion, versions)
    update_rows(Listing, [listing for listing, _ in pairs], _TEXTS)
    report.changed += len(versions)
    return [listing.id for listing, _ in pairs]


def _suspended(publisher: Publisher, draft: ListingDraft, report: Report) -> bool:
    if publisher.suspended_at is None:
        return False
    report.refused.add(Row(draft.line, draft.key, f"Its publisher {publisher.name} is suspended."))
    return True


def _say(listing: Listing, draft: ListingDraft, publisher: Publisher) -> None:
    """Everything that people see and search by."""
    facts = facts_of(draft.package)
    listing.publisher = publisher
    listing.name, listing.summary, listing.category = draft.name, draft.summary, draft.category
    listing.letters = draft.letters or letters_of(draft.name)
    listing.tags, listing.languages = list(draft.tags), list(draft.languages)
    listing.translations = {language: dict(texts) for language, texts in draft.translations.items()}
    listing.licence, listing.homepage, listing.repository = draft.licence[:60], draft.homepage, draft.repository
    listing.source_hash = draft_hash(draft)
    listing.reads_only = facts.reads_only or draft.reads_only
    listing.asks_first, listing.offline = facts.asks_first, facts.offline or draft.offline
    listing.needs, listing.transports = list(facts.needs), list(facts.transports)


def _begin(listing: Listing, version: ListingVersion, draft: ListingDraft) -> None:
    """The first state of a new listing."""
    at = now()
    listing.state_at = at
    if version.state == ListingVersion.State.LIVE:
        listing.state = Listing.State.LIVE
        listing.published_at = min(draft.made_at, at) if draft.made_at else at
        _deprecate(listing, draft)
    else:
        listing.state = Listing.State.QUARANTINE
        listing.state_reason = _reason(version)


def _deprecate(listing: Listing, draft: ListingDraft) -> None:
    if draft.deprecated and listing.state == Listing.State.LIVE:
        listing.state, listing.state_at = Listing.State.DEPRECATED, now()
        listing.state_reason = "Its source no longer recommends it."


def _version(listing: Listing, draft: ListingDraft, number: str) -> ListingVersion:
    texts = _texts(draft)
    findings = scan_texts(draft.package, texts, draft.readme)
    blocked = worst(findings) == "block"
    package, at = package_json(draft.package), now()
    return ListingVersion(
        id=new_id("lsv"),
        listing=listing,
        version=number,
        version_key=version_key(number),
        package=package,
        content_hash=content_hash(package),
        texts=texts_json(texts),
        manifest=manifest_json(manifest_of(draft.package, writing_tools(draft.package))),
        readme=draft.readme,
        state=ListingVersion.State.QUARANTINE if blocked else ListingVersion.State.LIVE,
        findings=findings_json(findings),
        scanned_at=at,
        published_at=None if blocked else at,
    )


def _texts(draft: ListingDraft) -> Texts:
    return Texts(
        name=draft.name,
        summary=draft.summary,
        letters=draft.letters or letters_of(draft.name),
        category=draft.category,
        tags=draft.tags,
        languages=draft.languages,
        translations=msgspec.convert(draft.translations, dict[str, Translation]),
        licence=draft.licence[:60],
        homepage=draft.homepage,
        repository=draft.repository,
    )


def _reason(version: ListingVersion) -> str:
    blocks = [finding for finding in version.findings if finding["severity"] == "block"]
    return " ".join(f"{finding['where']}: {finding['sentence']}" for finding in blocks[:3])


def _report_state(version: ListingVersion, draft: ListingDraft, slug: str, report: Report) -> None:
    if version.state == ListingVersion.State.QUARANTINE:
        report.quarantined.add(Row(draft.line, draft.key, _reason(version), slug))


def _used_versions(listings: Sequence[Listing]) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    rows = ListingVersion.objects.filter(listing__in=listings).values_list("listing_id", "version")
    for listing, version in rows:
        used.setdefault(listing, set()).add(version)
    return used


def _next(wanted: str, used: set[str]) -> str:
    """The source's version while it is new; else the highest one, counted up."""
    if wanted and wanted not in used:
        return wanted
    number = next_patch(max(used, key=version_key, default=""))
    while number in used:
        number = next_patch(number)
    return number
