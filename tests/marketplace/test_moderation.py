"""What the scan holds back, and what the operator decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.permissions import SYSTEM
from accounts.services import create_workspace
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.models import Event, Message
from marketplace.models import Listing, Publisher
from marketplace.packages import AssistantPackage
from marketplace.services.lifecycle import locked_version, move_version
from marketplace.services.listings import edit_listing
from marketplace.services.moderation import (
    approve_version,
    quarantine_listing,
    quarantine_version,
    reject_version,
    release_listing,
    set_picks,
    take_down_listing,
)
from marketplace.services.scans import give_up_scan, run_scan
from marketplace.states import LISTING_MOVES, VERSION_MOVES, L, V
from tests.cast import Cast, cast
from tests.marketplace import publishing
from tests.marketplace.files_peer import FilesPeer, files_peer

__all__ = ["cast"]


@pytest.fixture
def peer() -> Iterator[FilesPeer]:
    with files_peer() as found:
        yield found


def codes(version: publishing.ListingVersion) -> set[str]:
    return {finding["code"] for finding in version.findings}


@pytest.mark.parametrize(
    ("theirs", "ours", "verified", "code", "state"),
    [
        ("GitHub", "GitHub", False, "impersonation", "quarantine"),
        ("GitHub", "git hub", False, "impersonation", "quarantine"),
        ("GitHub", "Gіt\u200bHub", False, "impersonation", "quarantine"),  # noqa: RUF001
        ("GitHub", "GihtHub", True, "impersonation", "quarantine"),
        ("GitHub", "Githuub", True, "impersonation", "quarantine"),
        ("GitHub", "Guthub", False, "similar_name", "review"),
        ("GitHub", "GitLab", True, "", "live"),
        ("Mail", "Nail", True, "", "live"),
    ],
)  # fmt: skip
def test_whoever_looks_like_another_is_held_back(
    cast: Cast, theirs: str, ours: str, verified: bool, code: str, state: str
) -> None:
    other = publishing.add_listed_server("theirs", name=theirs)
    if verified:
        Publisher.objects.filter(pk=other.publisher_id).update(proof="domain", proved_as="shop.example.org")
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True), name=ours)
    version = publishing.scanned(listing)
    assert version.state == state
    assert (code in codes(version)) if code else not codes(version) & {"impersonation", "similar_name"}


def test_ones_own_names_are_ones_own(cast: Cast) -> None:
    publisher = publishing.new_publisher(cast.workspace, verified=True)
    publishing.add_listed_server("mine", name="Order helper", publisher=publisher)
    assert publishing.scanned(publishing.new_listing(publisher)).state == "live"


def test_copied_instructions_are_held_back(cast: Cast) -> None:
    copied = AssistantPackage(instructions="  " + publishing.INSTRUCTIONS.upper().replace(". ", ".\n\n* "))
    publishing.add_live_listing("original", "Quite another name", copied)
    version = publishing.scanned(publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True)))
    assert version.state == "quarantine"
    assert "copied" in codes(version)


def test_dead_links_are_told_and_living_ones_are_not(cast: Cast, peer: FilesPeer) -> None:
    peer.files["/there"] = "here"
    peer.gone.add("/gone")
    listing = publishing.new_listing(
        publishing.new_publisher(cast.workspace, verified=True),
        readme=f"[a]({peer.url}/there) [b]({peer.url}/lost) <{peer.url}/there>", homepage=f"{peer.url}/gone",
    )  # fmt: skip
    version = publishing.scanned(listing)
    dead = {(finding["where"], finding["severity"]) for finding in version.findings if finding["code"] == "dead_link"}
    assert dead == {("readme", "info"), ("homepage", "warn")}
    assert version.state == "review"
    assert sorted(peer.asked) == ["/gone", "/lost", "/there"]


def test_a_poisoned_version_is_told_to_its_publisher_and_not_shown(cast: Cast) -> None:
    listing = publishing.new_listing(
        publishing.new_publisher(cast.workspace, verified=True), readme="[open](javascript:alert(1))"
    )
    version = publishing.scanned(listing)
    listing.refresh_from_db()
    assert (version.state, listing.state) == ("quarantine", "quarantine")
    mail = Message.objects.filter(kind="marketplace.version_quarantined").first()
    assert mail is not None
    assert "link that would run a script" in mail.text


def test_a_rejected_version_tells_why_and_can_be_mended(cast: Cast) -> None:
    operator = cast.principal("operator")
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    version = publishing.scanned(listing)
    with pytest.raises(InvalidProblem, match="Say why"):
        reject_version(actor=operator, version=version, note=" ")
    version = reject_version(actor=operator, version=version, note="Say what it costs.")
    listing.refresh_from_db()
    assert (version.state, version.decided_by, listing.state) == ("rejected", operator.user_id, "draft")
    mail = Message.objects.filter(kind="marketplace.version_rejected").first()
    assert mail is not None
    assert "Say what it costs." in mail.text
    with pytest.raises(ServiceProblem, match="by now"):
        approve_version(actor=operator, version=version)
    edit_listing(actor=SYSTEM, listing=listing, readme="It costs nothing.")
    approve_version(actor=operator, version=publishing.scanned(listing, "1.0.1"))
    listing.refresh_from_db()
    assert listing.state == "live"


def test_a_live_listing_is_held_back_and_let_out(cast: Cast) -> None:
    operator = cast.principal("operator")
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    publishing.scanned(listing)
    listing = quarantine_listing(actor=operator, listing=listing, note="Somebody reports that it lies.")
    assert (listing.state, listing.state_reason) == ("quarantine", "Somebody reports that it lies.")
    with pytest.raises(ServiceProblem, match="quarantine"):
        publishing.submitted(listing, "1.1.0")
    listing = release_listing(actor=operator, listing=listing)
    assert listing.state == "live"
    listing = take_down_listing(actor=operator, listing=listing, note="It does lie.")
    assert listing.state == "removed"
    types = list(Event.objects.filter(target=listing.id).order_by("id").values_list("type", flat=True))
    assert types[-3:] == ["listing.quarantined", "listing.released", "listing.removed"]


def test_a_version_waits_in_quarantine_while_the_live_one_is_shown(cast: Cast) -> None:
    operator = cast.principal("operator")
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    publishing.scanned(listing)
    edit_listing(actor=SYSTEM, listing=listing, readme="[open](javascript:alert(1))")
    version = publishing.scanned(listing, "1.1.0")
    listing.refresh_from_db()
    assert (version.state, listing.state) == ("quarantine", "live")
    approve_version(actor=operator, version=version, note="It is an example of one.")
    listing.refresh_from_db()
    assert listing.current == version


def test_review_can_become_quarantine(cast: Cast) -> None:
    version = publishing.scanned(publishing.new_listing(publishing.new_publisher(cast.workspace)))
    version = quarantine_version(actor=cast.principal("operator"), version=version, note="To be asked about.")
    assert Listing.objects.get(pk=version.listing_id).state == "quarantine"


def test_picks_are_live_listings_in_their_order(cast: Cast) -> None:
    operator = cast.principal("operator")
    one, two = publishing.add_listed_server("one"), publishing.add_listed_server("two")
    set_picks(actor=operator, listing_ids=[two.id, one.id])
    assert list(Listing.objects.exclude(featured=None).order_by("featured")) == [two, one]
    set_picks(actor=operator, listing_ids=[one.id])
    two.refresh_from_db()
    assert two.featured is None
    draft = publishing.new_listing(publishing.new_publisher(cast.workspace))
    with pytest.raises(InvalidProblem, match="live"):
        set_picks(actor=operator, listing_ids=[draft.id])


def test_only_the_operator_decides(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    version = publishing.scanned(listing)
    for who in ("owner", "admin", "outsider", "anonymous"):
        actor = cast.principal(who)
        for attempt in (
            lambda actor=actor: approve_version(actor=actor, version=version),
            lambda actor=actor: reject_version(actor=actor, version=version, note="No."),
            lambda actor=actor: quarantine_listing(actor=actor, listing=listing, note="No."),
            lambda actor=actor: release_listing(actor=actor, listing=listing),
            lambda actor=actor: set_picks(actor=actor, listing_ids=[]),
        ):
            with pytest.raises(PermissionProblem):
                attempt()


def test_a_scan_runs_once(cast: Cast) -> None:
    version = publishing.scanned(publishing.new_listing(publishing.new_publisher(cast.workspace)))
    events = Event.objects.count()
    assert run_scan(version_id=version.id) is None
    give_up_scan(version_id=version.id)
    assert Event.objects.count() == events


def test_a_scan_that_fails_leaves_it_to_a_person(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace, verified=True))
    version = publishing.submitted(listing)
    give_up_scan(version_id=version.id)
    version.refresh_from_db()
    assert version.state == "review"


def test_no_step_but_those_that_are_named(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    version = publishing.submitted(listing)
    for state in V:
        for to in V:
            if to in VERSION_MOVES[state]:
                continue
            publishing.ListingVersion.objects.filter(pk=version.pk).update(state=state)
            _listing, locked = locked_version(version)
            with pytest.raises(ServiceProblem):
                move_version(actor=SYSTEM, version=locked, to=to)
    assert LISTING_MOVES[L.REMOVED] == frozenset()


def test_two_workspaces_do_not_meet(cast: Cast) -> None:
    other = create_workspace(actor=SYSTEM, name="Other", slug="other", owner=cast.users["outsider"])
    publishing.new_publisher(other)
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    with pytest.raises(PermissionProblem):
        edit_listing(actor=cast.principal("outsider"), listing=listing, summary="Mine now.")
