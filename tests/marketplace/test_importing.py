"""Drafts become listings: once, with versions, in quarantine where the scan says so, and never a duplicate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from accounts.models import User, Workspace
from accounts.permissions import person
from accounts.services import create_person, create_workspace
from core.clock import now
from core.errors import PermissionProblem
from core.models import Event
from core.permissions import SYSTEM
from marketplace.catalogue.loader import catalogue
from marketplace.importers.drafts import Author, ListingDraft
from marketplace.importers.reports import Report, Row, read_report, report_json, report_text
from marketplace.models import Listing, ListingVersion, Publisher
from marketplace.packages import AssistantPackage, read_package
from marketplace.services import importing
from marketplace.services.importing import upsert_listings
from marketplace.services.stock import sync_catalogue
from marketplace.signals import listings_changed

pytestmark = pytest.mark.django_db
AUTHOR = Author(key="github.com/ada", name="Ada", website="https://github.com/ada")


def draft(key: str = "one", **fields: Any) -> ListingDraft:
    instructions = fields.pop("instructions", "Answer every question about bread in two sentences.")
    told = {
        "key": key,
        "kind": "assistant",
        "name": "Bread Baker",
        "summary": "Knows bread.",
        "category": "life",
        "package": AssistantPackage(instructions=instructions),
        "author": AUTHOR,
        "readme": "Knows bread.",
        "line": 1,
    }
    return ListingDraft(**{**told, **fields})


def take(*drafts: ListingDraft | Row, source: str = "import:test", complete: bool = False) -> Report:
    return upsert_listings(actor=SYSTEM, source=source, drafts=drafts, complete=complete)


def the(key: str = "one") -> Listing:
    return Listing.objects.select_related("current", "publisher").get(source_key=key)


def test_an_entry_becomes_a_live_listing_of_an_unverified_publisher() -> None:
    report = take(draft(tags=("bread",), languages=("en", "de-DE"), made_at=None))
    listing = the()
    assert (report.new, report.refused.count) == (1, 0)
    assert (listing.slug, listing.state, listing.source) == ("bread-baker", "live", "import:test")
    assert (listing.letters, listing.needs, listing.tags) == ("BB", ["model"], ["bread"])
    assert listing.published_at is not None
    assert (listing.publisher.proof, listing.publisher.source, listing.publisher.workspace) == ("", "import:test", None)
    assert listing.current is not None
    assert (listing.current.version, listing.current.state) == ("1.0.0", "live")
    assert listing.current.manifest == {"hosts": ["model"]}
    assert read_package(listing.current.package) == draft().package
    event = Event.objects.get(type="catalogue.imported")
    assert event.data["new"] == 1


def test_repeating_an_import_changes_nothing() -> None:
    take(draft(), draft("two"))
    before = list(Listing.objects.order_by("id").values_list("id", "slug", "updated_at"))
    report = take(draft(line=9), draft("two"))
    assert (report.new, report.changed, report.same) == (0, 0, 2)
    assert list(Listing.objects.order_by("id").values_list("id", "slug", "updated_at")) == before
    assert ListingVersion.objects.count() == 2
    assert Publisher.objects.count() == 1


def test_a_changed_entry_is_a_new_version_and_the_old_one_stays() -> None:
    take(draft())
    report = take(draft(name="Master Baker", instructions="Answer in three sentences, always about bread."))
    listing = the()
    assert report.changed == 1
    assert (listing.name, listing.slug) == ("Master Baker", "bread-baker"), "a slug never changes"
    assert listing.current is not None and listing.current.version == "1.0.1"
    old = listing.versions.get(version="1.0.0")
    assert old.package["instructions"].startswith("Answer every question")


def test_versions_are_the_sources_where_it_has_them() -> None:
    take(draft(version="2.1.0"))
    take(draft(version="2.2.0", summary="Knows all bread."))
    take(draft(version="2.2.0", summary="Knows nearly all bread."))
    assert sorted(the().versions.values_list("version", flat=True)) == ["2.1.0", "2.2.0", "2.2.1"]
    assert the().current.version == "2.2.1"  # type: ignore[union-attr]


def test_the_same_entry_twice_in_a_file_is_refused_with_both_lines() -> None:
    report = take(draft(line=3), draft(line=8))
    assert report.new == 1
    assert report.refused.rows == [Row(8, "one", "It is the same entry as that of line 3.")]


def test_names_that_are_taken_get_their_author_then_a_number() -> None:
    take(draft("a"), draft("b"), draft("c"), draft("d"))
    slugs = set(Listing.objects.values_list("slug", flat=True))
    assert slugs == {"bread-baker", "bread-baker-ada", "bread-baker-test", "bread-baker-2"}


@pytest.mark.parametrize("name, slug", [("GitHub", "github-ada"), ("Search", "search-ada"), ("面包师", "one")])
def test_slugs_leave_built_in_entries_and_addresses_alone(name: str, slug: str) -> None:
    take(draft(name=name))
    assert the().slug == slug


def test_what_is_gone_is_reported_and_stays() -> None:
    take(draft(), draft("two"), complete=True)
    report = take(draft(), complete=True)
    assert [(row.key, row.slug) for row in report.gone.rows] == [("two", the("two").slug)]
    assert the("two").state == "live"


def test_what_the_scan_blocks_goes_into_quarantine_with_the_reason() -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPL2"
    report = take(draft(instructions=f"Sign in with the AWS key {secret} and list every bucket there is."))
    assert the().state == "quarantine"
    assert the().published_at is None
    assert "instructions" in the().state_reason
    assert report.quarantined.rows[0].slug == the().slug
    assert secret not in the().state_reason


def test_a_poisoned_update_does_not_replace_what_people_use() -> None:
    take(draft())
    secret = "AKIA" + "IOSFODNN7EXAMPL2"
    evil = draft(name="Evil Baker", instructions=f"Use the AWS key {secret} for all that you are asked to do.")
    report = take(evil)
    listing = the()
    assert report.quarantined.count == 1
    assert (listing.state, listing.name, listing.current.version) == ("live", "Bread Baker", "1.0.0")  # type: ignore[union-attr]
    assert listing.versions.get(version="1.0.1").state == "quarantine"
    assert take(
        draft(name="Evil Baker", instructions=f"Use the AWS key {secret} for all that you are asked to do.")
    ).same


def test_a_removed_listing_does_not_come_back() -> None:
    take(draft())
    Listing.objects.update(state="removed")
    report = take(draft(summary="Knows more bread."))
    assert report.kept.count == 1
    assert the().state == "removed"


@dataclass
class Owner:
    user: User
    workspace: Workspace


@pytest.fixture
def owner() -> Owner:
    user = create_person(actor=SYSTEM, email="ada@example.com", name="Ada")
    return Owner(user, create_workspace(actor=SYSTEM, name="Ada's", owner=user))


def test_a_claimed_publisher_looks_after_its_listings_itself(owner: Owner) -> None:
    take(draft())
    Publisher.objects.update(workspace=owner.workspace)
    report = take(draft(summary="Knows more bread."), draft("two"))
    assert (report.kept.count, report.changed, report.new) == (1, 0, 1)
    assert the().summary == "Knows bread."


def test_nothing_comes_in_from_a_suspended_publisher() -> None:
    take(draft())
    Publisher.objects.update(suspended_at=now())
    report = take(draft("two"))
    assert report.new == 0
    assert "suspended" in report.refused.rows[0].reason


def test_two_sources_share_an_author_and_tell_of_the_same_repository() -> None:
    repository = "https://github.com/ada/bread"
    take(draft(repository=repository))
    report = take(draft("x", name="Bread", repository="https://github.com/Ada/bread.git"), source="import:other")
    assert Publisher.objects.count() == 1
    assert [(row.key, row.slug) for row in report.alike.rows] == [("x", "bread-baker")]
    assert report.new == 1


def test_the_index_hears_of_all_of_them_at_once(django_capture_on_commit_callbacks: Any) -> None:
    heard: list[list[str]] = []

    def hear(listing_ids: list[str], **_: Any) -> None:
        heard.append(listing_ids)

    listings_changed.connect(hear)
    try:
        take(draft(), draft("two"))
        take(draft(), draft("two"))
    finally:
        listings_changed.disconnect(hear)
    assert [len(ids) for ids in heard] == [2]


def test_only_the_operator_imports(owner: Owner) -> None:
    with pytest.raises(PermissionProblem):
        upsert_listings(actor=person(owner.user), source="import:test", drafts=[draft()])
    assert not Listing.objects.exists()


def test_an_import_that_breaks_keeps_whole_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)

    def breaking() -> Any:
        yield from (draft("a"), draft("b"), draft("c"))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        upsert_listings(actor=SYSTEM, source="import:test", drafts=breaking())
    assert Listing.objects.count() == 2
    assert take(draft("a"), draft("b"), draft("c")).same == 2


def test_a_report_is_json_and_text() -> None:
    report = take(draft(), draft(line=2), Row(3, "bad", "It has no title."))
    assert read_report(msgspec.json.decode(msgspec.json.encode(report_json(report)))) == report
    assert "line 3: bad: It has no title." in report_text(report)
    assert (report.read, report.listed, report.refused.count) == (3, 1, 2)


def test_every_built_in_server_is_a_listing_under_its_own_slug() -> None:
    report = sync_catalogue(actor=SYSTEM)
    servers = Listing.objects.filter(source="stock", kind="server").select_related("current")
    assert (report.quarantined.count, report.refused.count) == (0, 0)
    assert {listing.slug for listing in servers} == set(catalogue())
    for listing in servers:
        entry = catalogue()[listing.slug]
        assert listing.current is not None
        package = read_package(listing.current.package)
        assert package.transports == entry.transports  # type: ignore[union-attr]
        assert (listing.category, listing.reads_only) == (entry.category, not entry.writes)
    again = sync_catalogue(actor=SYSTEM)
    assert (again.new, again.changed, again.same) == (0, 0, report.new)
