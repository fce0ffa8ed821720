"""The scan as a job: texts again, likeness to others, links; then the version goes its way."""

from __future__ import annotations

from django.db import transaction

from core.clock import now
from core.permissions import SYSTEM
from marketplace.gateways.links import dead_links
from marketplace.mails import tell_publisher
from marketplace.models import ListingVersion
from marketplace.packages import read_package
from marketplace.scanning.findings import Finding, findings_json, sorted_findings, worst
from marketplace.scanning.parts import parts_of
from marketplace.scanning.scan import scan_texts
from marketplace.selectors.likeness import find_likeness
from marketplace.services.lifecycle import locked_version, move_version
from marketplace.states import V
from marketplace.texts import read_texts


def run_scan(*, version_id: str) -> ListingVersion | None:
    """Scan a version that waits for it, and decide. None when it waits no longer: running twice does no harm.

    Blocked ones go to quarantine. Clean ones of verified publishers go live, all others to review.
    """
    version = ListingVersion.objects.select_related("listing__publisher").filter(pk=version_id, state=V.SCAN).first()
    if version is None:
        return None
    findings = findings_of(version)
    with transaction.atomic():
        listing, version = locked_version(version)
        if version.state != V.SCAN:
            return None
        version.findings, version.scanned_at = findings_json(findings), now()
        to = _next(version, findings)
        move_version(actor=SYSTEM, version=version, to=to)
        if to == V.LIVE:
            tell_publisher("version_live", listing, version=version)
        elif to == V.QUARANTINE:
            tell_publisher("version_quarantined", listing, version=version)
    return version


def findings_of(version: ListingVersion) -> list[Finding]:
    """Everything that the scan has to say of a version. Asks the addresses that it links to."""
    package, texts = read_package(version.package), read_texts(version.texts)
    found = scan_texts(package, texts, version.readme, version.notes)
    found += find_likeness(version.listing, texts.name, package, version)
    found += dead_links(parts_of(package, texts, version.readme, version.notes))
    return sorted_findings(found)


def _next(version: ListingVersion, findings: list[Finding]) -> V:
    gravity = worst(findings)
    if gravity == "block":
        return V.QUARANTINE
    publisher = version.listing.publisher
    trusted = bool(publisher.proof) and publisher.suspended_at is None
    return V.LIVE if trusted and gravity != "warn" else V.REVIEW


def give_up_scan(*, version_id: str) -> None:
    """The scan failed for good: a person looks instead."""
    version = ListingVersion.objects.select_related("listing").filter(pk=version_id, state=V.SCAN).first()
    if version is None:
        return
    with transaction.atomic():
        _listing, version = locked_version(version)
        if version.state == V.SCAN:
            move_version(actor=SYSTEM, version=version, to=V.REVIEW, note="")
