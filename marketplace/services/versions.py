"""Versions: submitted from a listing's draft, withdrawn. A version never changes once it is there."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from assistants.configuration import content_hash
from core.decision import Principal
from core.errors import InvalidProblem, ServiceProblem
from core.jobs import enqueue_job
from marketplace.manifests import manifest_of
from marketplace.models import Listing, ListingVersion
from marketplace.packages import AssistantPackage, Package, manifest_json, package_json
from marketplace.scanning.findings import Finding, findings_json
from marketplace.scanning.scan import scan_texts
from marketplace.selectors.travel import writing_tools
from marketplace.semver import is_version, version_key
from marketplace.services.drafting import checked_draft, checked_package
from marketplace.services.lifecycle import begin_version, locked_listing, locked_version, move_version
from marketplace.services.listings import require_listing
from marketplace.states import OPEN, L, V, held
from marketplace.texts import texts_json, texts_of_draft

SCAN = "marketplace.scan_version"
MAX_PACKAGE = 1_000_000
"""Bytes of a package as JSON."""


class SecretProblem(ServiceProblem):
    """The version holds secrets, and so is not even stored. `findings` say where."""

    code, status = "secret", 400

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        sentence = _("It holds a secret. Take it out of the text, and revoke it where it was made.")
        super().__init__(sentence, errors={finding.where: [finding.sentence] for finding in findings})


def submit_version(
    *, actor: Principal, listing: Listing, version: str | None = None, notes: str | None = None
) -> ListingVersion:
    """Make the draft a version and have it scanned. `version` and `notes` take the draft's place where given.

    Raises InvalidProblem for what is missing, SecretProblem, or ServiceProblem when it cannot be submitted now.
    """
    require_listing(actor, listing.publisher, listing)
    with transaction.atomic():
        listing = locked_listing(listing)
        _refuse_now(listing)
        draft = checked_draft(
            listing.draft
            | ({} if version is None else {"version": version})
            | ({} if notes is None else {"notes": notes})
        )
        package = checked_package(draft.get("package"))
        _check_whole(listing, draft, package)
        made = _version(actor, listing, draft, package)
        _refuse_unchanged(listing, made)
        made.save(force_insert=True)
        listing.draft = listing.draft | {"version": made.version, "notes": made.notes}
        begin_version(actor=actor, version=made)
        enqueue_job(task=SCAN, subject=made.id, workspace_id=listing.publisher.workspace_id or "")
    return made


def withdraw_version(*, actor: Principal, version: ListingVersion) -> ListingVersion:
    """Take a version back: one that waits is not looked at any more, a live one is not offered any more."""
    require_listing(actor, version.listing.publisher, version.listing)
    with transaction.atomic():
        _listing, version = locked_version(version)
        move_version(actor=actor, version=version, to=V.WITHDRAWN)
    return version


def preview_findings(listing: Listing) -> list[Finding]:
    """What the scan of texts would say of the draft as it is. Raises InvalidProblem."""
    draft = checked_draft(listing.draft)
    package = checked_package(draft.get("package"))
    return scan_texts(package, texts_of_draft(draft), draft["readme"], draft["notes"])


def open_version(listing: Listing) -> ListingVersion | None:
    """The one version on which something is still to be decided."""
    return listing.versions.filter(state__in=OPEN).order_by("-version_key").first()


def _refuse_now(listing: Listing) -> None:
    if listing.publisher.suspended_at is not None:
        raise ServiceProblem(_("This publisher is suspended. Ask the operator."), code="suspended")
    if listing.state == L.REMOVED:
        raise ServiceProblem(_("The listing was removed."), code="state")
    if held(listing):
        raise ServiceProblem(_("The listing is in quarantine until the operator has looked at it."), code="state")
    waiting = open_version(listing)
    if waiting is not None:
        raise ServiceProblem(
            _("Version %(version)s is still being looked at. Wait, or withdraw it first.")
            % {"version": waiting.version},
            code="version_open",
        )


def _check_whole(listing: Listing, draft: dict[str, Any], package: Package) -> None:
    """What a draft may lack and a version may not."""
    version = draft["version"]
    if not is_version(version) or len(version) > 60:
        raise InvalidProblem(_("Write a version such as 1.2.0."), field="version")
    last = listing.versions.order_by("-version_key").first()
    if last is not None and version_key(version) <= last.version_key:
        raise InvalidProblem(_("The version must be greater than %s.") % last.version, field="version")
    if not draft["notes"]:
        raise InvalidProblem(_("Say what is new in this version."), field="notes")
    if not draft["summary"]:
        raise InvalidProblem(_("Say in a sentence what it does."), field="summary")
    if isinstance(package, AssistantPackage) and not package.instructions.strip():
        raise InvalidProblem(_("The assistant has no instructions."), field="package")
    if len(msgspec.json.encode(package)) > MAX_PACKAGE:
        raise InvalidProblem(_("The package is larger than a megabyte."), field="package")
    if isinstance(package, AssistantPackage):
        _check_needs(package)


def _check_needs(package: AssistantPackage) -> None:
    """The listings whose tools it needs are there for others."""
    wanted = {need.listing for need in package.tools}
    there = Listing.objects.filter(slug__in=wanted, state__in=Listing.SHOWN, kind=Listing.Kind.SERVER)
    missing = sorted(wanted - set(there.values_list("slug", flat=True)))
    if missing:
        raise InvalidProblem(
            _("It needs %(names)s, which is not in the marketplace. Publish that first.")
            % {"names": ", ".join(missing)},
            field="package",
        )


def _version(actor: Principal, listing: Listing, draft: dict[str, Any], package: Package) -> ListingVersion:
    """The row, not yet stored. Raises SecretProblem: what is stored once cannot be taken back."""
    texts = texts_of_draft(draft)
    findings = scan_texts(package, texts, draft["readme"], draft["notes"])
    secrets = [finding for finding in findings if finding.code == "secret"]
    if secrets:
        raise SecretProblem(secrets)
    return ListingVersion(
        listing=listing,
        version=draft["version"],
        version_key=version_key(draft["version"]),
        package=package_json(package),
        content_hash=content_hash(package_json(package)),
        manifest=manifest_json(manifest_of(package, writing_tools(package))),
        texts=texts_json(texts),
        readme=draft["readme"],
        notes=draft["notes"],
        findings=findings_json(findings),
        created_by=actor.user_id,
    )


def _refuse_unchanged(listing: Listing, made: ListingVersion) -> None:
    last = listing.versions.filter(state=V.LIVE).order_by("-version_key").first()
    if last is None or last.content_hash != made.content_hash:
        return
    if (last.texts, last.readme) == (made.texts, made.readme):
        raise ServiceProblem(_("Nothing has changed since version %s.") % last.version, code="unchanged")
