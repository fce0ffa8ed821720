"""Instructions that were copied and changed a little are found; those that only deal with the same are not."""

from __future__ import annotations

import random
from importlib import import_module

import pytest
from django.apps import apps

from accounts.permissions import SYSTEM
from marketplace.models import Listing, ListingVersion
from marketplace.packages import AssistantPackage
from marketplace.scanning.shingles import bands_of, likeness, shingles_of
from marketplace.selectors.likeness import find_likeness
from marketplace.services.listings import create_listing, edit_listing
from marketplace.services.scans import run_scan
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
pytestmark = pytest.mark.django_db

LETTERS = """
You answer letters that reach a small museum of clocks. Read the letter to its end before you say a word. When somebody
asks for opening hours, name the days, and add that the tower is closed while it rains. When a school wants to come, ask
how many children there are, how old they are, and whether one of them uses a wheelchair, because the stairs are narrow.
Never promise that the great clock will strike: it is repaired more often than it is wound. Close each letter with the
name of the keeper, Mr Albrecht, and with an invitation to the concert on the first Sunday of the month.
""".strip()
OTHER = """
You help visitors of a small museum of boats. Look at the question first. Whoever asks for opening hours gets the days
and the season, since the hall is not heated. For schools, ask for the number of pupils and their teacher's telephone
number, and tell them to bring warm clothes. The steam engine runs on Saturdays only. Sign with the name of the museum's
friends, and mention the summer regatta to everybody who writes from nearby, with the date that stands in the calendar.
""".strip()
CHINESE = (
    "你负责回答一家小型钟表博物馆收到的来信。请先把信读完再回答。"
    "有人询问开放时间时、说出开放的日子、并补充说下雨时塔楼关闭。"
) * 4


def changed(text: str, share: float, word: str = "indeed") -> str:
    """Some of the words are others."""
    dice = random.Random(7)
    return " ".join(word if dice.random() < share else one for one in text.split())


def listed(text: str = LETTERS) -> Listing:
    return publishing.add_live_listing("clocks", "Clock Letters", AssistantPackage(instructions=text))


def findings_for(cast: Cast, instructions: str) -> tuple[str, dict[str, str]]:
    """The state after the scan, and {code: severity} of what it says of the instructions."""
    publisher = publishing.new_publisher(cast.workspace, verified=True)
    assistant = publishing.add_assistant(cast.workspace, name="Post Room", instructions=instructions)
    listing = create_listing(actor=SYSTEM, publisher=publisher, assistant=assistant)
    listing = edit_listing(actor=SYSTEM, listing=listing, notes="First.", category="work", licence="MIT", readme="Hi.")
    version = run_scan(version_id=publishing.submitted(listing).id)
    assert version is not None
    about = [one for one in version.findings if one["where"] == "instructions"]
    return str(version.state), {one["code"]: one["severity"] for one in about if one["severity"] != "info"}


DISGUISES = {
    "a few words are others": changed(LETTERS, 0.04),
    "other names": LETTERS.replace("Albrecht", "Miller").replace("clock", "watch"),
    "letters that look alike": LETTERS.replace("o", "о").replace("e", "е"),  # noqa: RUF001
    "signs that are not seen": LETTERS.replace(" the ", " t\u200bhe "),
    "laid out and shouted": LETTERS.upper().replace(". ", "!\n\n* "),
    "a page of one's own around it": f"{OTHER}\n\n{LETTERS}",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_copy_is_held_back(cast: Cast, disguise: str) -> None:
    listed()
    state, found = findings_for(cast, DISGUISES[disguise])
    assert found in ({"near_copy": "block"}, {"copied": "block"})
    assert state == "quarantine"


def test_a_copy_in_a_script_without_spaces_is_held_back(cast: Cast) -> None:
    listed(CHINESE)
    assert findings_for(cast, CHINESE.replace("小型", "大型")) == ("quarantine", {"near_copy": "block"})


def test_what_is_half_the_same_is_looked_at(cast: Cast) -> None:
    listed()
    state, found = findings_for(cast, changed(LETTERS, 0.1))
    assert (state, found) == ("review", {"near_copy": "warn"})


def test_what_deals_with_the_same_is_no_copy(cast: Cast) -> None:
    listed()
    state, found = findings_for(cast, OTHER)
    assert (state, found) == ("live", {})


def test_a_publisher_may_list_variations_of_their_own(cast: Cast) -> None:
    listing = listed()
    state, found = findings_for(cast, OTHER)
    assert found == {}
    Listing.objects.filter(pk=listing.pk).update(publisher=Listing.objects.get(name="Post Room").publisher)
    version = ListingVersion.objects.get(listing__name="Post Room")
    package = AssistantPackage(instructions=changed(LETTERS, 0.04))
    assert find_likeness(version.listing, "Post Room", package, version) == []
    assert state == "live"


def test_what_was_never_shown_cannot_be_copied(cast: Cast) -> None:
    listed()
    Listing.objects.update(published_at=None, state="draft")
    assert findings_for(cast, changed(LETTERS, 0.04))[1] == {}


def test_versions_from_before_are_filled_in(cast: Cast) -> None:
    version = listed().current
    assert version is not None
    assert version.copy_bands == bands_of(LETTERS)
    ListingVersion.objects.update(copy_bands=[])
    import_module("marketplace.migrations.0010_near_copies").fill(apps, None)
    version.refresh_from_db()
    assert version.copy_bands == bands_of(LETTERS)


def test_the_likeness_is_that_of_the_runs() -> None:
    mine, theirs = shingles_of(LETTERS), shingles_of(OTHER)
    assert likeness(mine, mine) == 1
    assert likeness(mine, theirs) < 0.2
    assert likeness(mine, frozenset()) == 0
    assert bands_of("two words") == bands_of("") == []
    few = frozenset(list(mine)[:10])
    assert likeness(mine, few) < 0.2  # all of it, and yet it says little
    for share, most in ((0.0, 1.0), (0.05, 1.0), (0.5, 0.2)):
        assert likeness(mine, shingles_of(changed(LETTERS, share))) <= most


def test_long_instructions_do_not_hold_up_the_scan() -> None:
    assert len(bands_of("a b c d " * 25_000)) <= 24
    assert bands_of("x" * 100_000) == []
