"""The parts of a listing's rank in plain words: what each rests on, what it adds, and what would raise it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.clock import now
from core.components.formats import plain_number
from marketplace.models import Listing
from marketplace.rating import LEAST
from marketplace.services.ranking import HEALTH, MANY_WORKSPACES, WEIGHTS, parts_of, score_of


@dataclass(frozen=True)
class RankPart:
    """`value` lies between 0 and 1; `gain` is what the score would grow by if this part alone were full.

    Of trust, which multiplies, `weight` is 0 and `gain` what a trust of 1 would add.
    """

    key: str
    title: str
    value: float
    weight: float
    gain: float
    rests_on: str
    raises: str
    """"" where there is nothing to raise."""


@dataclass(frozen=True)
class Rank:
    """`score` between 0 and 1: (the weighted parts added up) times trust, as it stands at this moment."""

    score: float
    base: float
    trust: RankPart
    parts: Sequence[RankPart]

    @property
    def best_gain(self) -> RankPart | None:
        """Where most is to be won."""
        found = max(
            (part for part in (*self.parts, self.trust) if part.raises), key=lambda part: part.gain, default=None
        )
        return found if found and found.gain > 0 else None


def rank_of(listing: Listing) -> Rank:
    """`listing.publisher` and `listing.current` must be loaded. Counted anew, so that it never lags."""
    values = parts_of(listing, now())
    score, trust = score_of(values), values["trust"]
    words = {
        "rating": _rating(listing),
        "workspaces": _workspaces(listing),
        "reliability": _reliability(listing),
        "freshness": _freshness(listing),
    }
    parts = [
        RankPart(key, _title(key), values[key], weight, round((1 - values[key]) * weight * trust, 3), *words[key])
        for key, weight in WEIGHTS.items()
    ]
    base = round(sum(WEIGHTS[part.key] * part.value for part in parts), 3)
    whole = RankPart("trust", _title("trust"), trust, 0.0, round(base * (1 - trust), 3), *_trust(listing))
    return Rank(score, base, whole, parts)


def _title(key: str) -> str:
    return {
        "rating": _("Rating"),
        "workspaces": _("Active workspaces"),
        "reliability": _("Reliability"),
        "freshness": _("Freshness"),
        "trust": _("Trust"),
    }[key]


def _rating(listing: Listing) -> tuple[str, str]:
    if listing.rating_count < LEAST:
        missing = LEAST - listing.rating_count
        return (
            _("Taken as 3 of 5 stars until %(least)s ratings count; %(count)s of them do.")
            % {"least": LEAST, "count": listing.rating_count},
            ngettext(
                "One more rating that counts. A workspace may rate it after five runs on two days.",
                "%(n)s more ratings that count. A workspace may rate it after five runs on two days.",
                missing,
            ) % {"n": missing},
        )  # fmt: skip
    return (
        _("The lower end of its likely range, %(low)s of 5 stars.") % {"low": plain_number(listing.rating_low, 1)},
        _("More ratings narrow the range, which lifts its lower end. Mend what the reviews name as a fault."),
    )


def _workspaces(listing: Listing) -> tuple[str, str]:
    count = listing.workspaces
    said = ngettext(
        "%(n)s workspace ran it in the last 30 days; yours does not count.",
        "%(n)s workspaces ran it in the last 30 days; yours does not count.",
        count,
    ) % {"n": plain_number(count)}
    if count >= MANY_WORKSPACES:
        return said, ""
    return said, _(
        "Each doubling adds about as much as the one before, until %(most)s. Starters and examples help those who "
        "installed it to begin."
    ) % {"most": plain_number(MANY_WORKSPACES)}


def _reliability(listing: Listing) -> tuple[str, str]:
    said = ngettext(
        "%(good)s of %(n)s run in the last 30 days was good; 20 with 18 good ones are taken for granted.",
        "%(good)s of %(n)s runs in the last 30 days were good; 20 with 18 good ones are taken for granted.",
        listing.runs,
    ) % {"good": plain_number(listing.runs_ok), "n": plain_number(listing.runs)}  # fmt: skip
    if listing.runs_ok < listing.runs:
        return said, _("Fewer errors: the list of errors says which there were, and what to do.")
    return said, _("More good runs: what is taken for granted weighs less with each.")


def _freshness(listing: Listing) -> tuple[str, str]:
    version = listing.current
    since = (version.published_at if version else None) or listing.published_at
    if since is None:
        return _("It has not been published yet."), _("A version that goes live.")
    said = _("Its version went live on %(date)s; the part halves each year.") % {"date": date_format(since, "j M Y")}
    if (now() - since).days < 7:
        return said, ""
    return said, _("A new version, once there is something new in it.")


def _trust(listing: Listing) -> tuple[str, str]:
    """What lowers it, and for each what ends that."""
    lowers, raises = [], []
    if not listing.publisher.proof:
        lowers.append(_("Its publisher is not verified (times 0.9)."))
        raises.append(_("Prove who you are by a domain or a repository."))
    health = HEALTH.get(listing.health, 0.9)
    if health < 1:
        lowers.append(_health_words(listing.health) % {"factor": plain_number(health)})
        raises.append(_health_raises(listing.health))
    if listing.state == Listing.State.DEPRECATED:
        lowers.append(_("It is advised against (times 0.6)."))
        raises.append(_("Take the advice back, or publish what is to be used instead."))
    if not lowers:
        return _("Its publisher is verified, and the evidence speaks for it."), ""
    return " ".join(lowers), " ".join(word for word in raises if word)


def _health_words(health: str) -> str:
    return {
        "poor": _("Probes found it working with shortcomings (times %(factor)s)."),
        "bad": _("Probes found it broken for days (times %(factor)s)."),
        "unprobed": _("It cannot be probed here (times %(factor)s)."),
    }.get(health, _("There is too little evidence yet (times %(factor)s)."))


def _health_raises(health: str) -> str:
    return {
        "poor": _("Mend what the evidence on its page names; a good day brings it back."),
        "bad": _("Mend what the evidence on its page names; a good day brings it back."),
        "unprobed": _("An assistant's own examples, or an address at which a server answers."),
    }.get(health, _("Good probes of the coming days."))
