"""What was measured of a listing, as its page and the API tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import principal_for
from core.clock import now
from core.components.charts import Day, Days
from core.decision import Principal
from core.http import SiteRequest
from marketplace.evidence.words import deprecation_reason
from marketplace.models import Listing, ListingDay, ListingUse, Probe, ProbePlan
from marketplace.selectors.targets import reason_unprobed

WINDOW = 30
NOTES = 3
NONE = "–"  # noqa: RUF001  # a dash where there is no number
CODES = {
    "reachable": gettext_lazy("Reachable"),
    "handshake": gettext_lazy("Handshake"),
    "conformance": gettext_lazy("Conformance"),
    "drift": gettext_lazy("Tools since listed"),
    "latency": gettext_lazy("Latency"),
    "tokens": gettext_lazy("Cost in a model's window"),
    "example": gettext_lazy("Own tests"),
}
SHAPES = {"good": "running", "poor": "warn", "bad": "broken", "unprobed": "off"}
WORDS = {
    "good": gettext_lazy("good"),
    "poor": gettext_lazy("poor"),
    "bad": gettext_lazy("bad"),
    "unprobed": gettext_lazy("not probed"),
}
_BLOCKS = {"good": "ok", "poor": "warn", "bad": "bad", "unprobed": "none"}


@dataclass(frozen=True)
class Use:
    """Of installed copies in all workspaces, over WINDOW days."""

    runs: int = 0
    runs_ok: int = 0
    duration_ms: int = 0

    @property
    def share(self) -> float | None:
        """Percent that succeeded, rounded down: 99.97 is not 100."""
        return int(1000 * self.runs_ok / self.runs) / 10 if self.runs else None

    @property
    def typical_ms(self) -> int | None:
        """The mean of a run."""
        return round(self.duration_ms / self.runs) if self.runs else None


@dataclass(frozen=True)
class Stat:
    label: str
    value: Any
    note: str
    unit: str = ""


@dataclass(frozen=True)
class Row:
    """One check, as the table shows it."""

    code: str
    label: str
    outcome: str
    shape: str
    word: str
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """The whole section. Without a probe, `reason` says why, or is empty while the first one is still to come."""

    days: list[ListingDay]
    use: Use
    probe: Probe | None = None
    plan: ProbePlan | None = None
    reason: str = ""
    rows: list[Row] = field(default_factory=list)
    stats: list[Stat] = field(default_factory=list)
    strip: Days | None = None
    notes: list[ListingDay] = field(default_factory=list)
    may_probe: bool = False
    deprecated: bool = False
    """By the evidence, not by its publisher."""


def prober_of(request: SiteRequest, listing: Listing) -> Principal:
    """Whoever looks, with their role in the publisher's workspace."""
    workspace = listing.publisher.workspace
    if workspace is None or not request.user.is_authenticated:
        return request.principal
    return principal_for(request.user, workspace)


def evidence_of(listing: Listing, *, may: bool = False) -> Evidence:
    """Four queries. `listing.current` and `listing.publisher` must be loaded."""
    today = now().astimezone(UTC).date()
    days = list(ListingDay.objects.filter(listing=listing, day__gt=today - timedelta(days=WINDOW)).order_by("day"))
    probe = Probe.objects.filter(listing=listing).order_by("-id").select_related("version").first()
    plan = ProbePlan.objects.filter(listing=listing).first()
    use, reason = use_of(listing, today), reason_unprobed(listing)
    return Evidence(
        days=days,
        use=use,
        probe=probe,
        plan=plan,
        reason=reason,
        rows=_rows(probe) if probe else [],
        stats=_stats(listing, use, probe, days),
        strip=_strip(days, today) if any(day.outcome != "unprobed" for day in days) else None,
        notes=[day for day in reversed(days) if day.note and day.outcome in ("poor", "bad")][:NOTES],
        may_probe=may and not reason,
        deprecated=listing.state == Listing.State.DEPRECATED and listing.state_reason == deprecation_reason(),
    )


def use_of(listing: Listing, today: date) -> Use:
    rows = ListingUse.objects.filter(listing=listing, day__gt=today - timedelta(days=WINDOW))
    found = rows.aggregate(runs=Sum("runs"), runs_ok=Sum("runs_ok"), duration_ms=Sum("duration_ms"))
    return Use(**{name: int(value or 0) for name, value in found.items()})


def troubled() -> QuerySet[Listing]:
    """Shown listings that the evidence speaks against, or that were never probed though they could be."""
    rows = Listing.objects.filter(state__in=Listing.SHOWN).select_related("publisher", "probe_plan")
    never = Q(probe_plan__isnull=False, probe_plan__probed_at=None)
    deprecated = Q(state=Listing.State.DEPRECATED, state_reason=deprecation_reason())
    return rows.filter(Q(health__in=("poor", "bad")) | never | deprecated)


def _rows(probe: Probe) -> list[Row]:
    return [
        Row(
            code=one["code"],
            label=str(CODES.get(one["code"], one["code"])),
            outcome=one["outcome"],
            shape=SHAPES[one["outcome"]],
            word=str(WORDS[one["outcome"]]),
            sentence=one["sentence"],
        )
        for one in probe.checks
    ]


def _stats(listing: Listing, use: Use, probe: Probe | None, days: list[ListingDay]) -> list[Stat]:
    runs = _("of %s") % f"{use.runs:,}" if use.runs else _("no runs in 30 days")
    found = [Stat(_("Runs that succeeded"), NONE if use.share is None else use.share, runs, "%" if use.runs else "")]
    if listing.kind == Listing.Kind.ASSISTANT:
        found.append(_duration(_("Typical answer"), use.typical_ms, _("mean of all runs")))
        found.append(_own_tests(probe))
    else:
        latency = probe.latency_ms if probe else None
        found.append(_duration(_("Answers in"), latency, _("once connected, last probe")))
        tokens = probe.tokens if probe else None
        cost = NONE if tokens is None else tokens
        note = _("tokens of a model's window, about") if tokens is not None else _("not probed")
        found.append(Stat(_("Its definitions cost"), cost, note))
    measured = [day for day in days if day.outcome != "unprobed"]
    good = sum(day.outcome == "good" for day in measured)
    note = _("of %d that were probed") % len(measured) if measured else _("not probed")
    return [*found, Stat(_("Good days"), good if measured else NONE, note)]


def _duration(label: str, took_ms: int | None, note: str) -> Stat:
    return Stat(label, NONE, _("not measured yet")) if took_ms is None else Stat(label, took_ms, note, "ms")


def _own_tests(probe: Probe | None) -> Stat:
    checks = probe.checks if probe else []
    value = next((one["value"] for one in checks if one["code"] == "example" and one["value"]), None)
    if value is None:
        return Stat(_("Own tests"), NONE, _("not probed"))
    version = probe.version.version if probe and probe.version else ""
    passed = _("of %(of)d pass on %(version)s") % {"of": value["of"], "version": version}
    return Stat(_("Own tests"), value["passed"], passed)


def _strip(days: list[ListingDay], today: date) -> Days:
    known = {day.day: day for day in days}
    blocks = []
    for back in range(WINDOW - 1, -1, -1):
        day = today - timedelta(days=back)
        found = known.get(day)
        outcome = found.outcome if found else "unprobed"
        note = (found.note if found else "") or str(WORDS[outcome])
        # Noon, so that the day is the same one in every time zone that people live in.
        blocks.append(Day(datetime.combine(day, time(12), UTC), _BLOCKS[outcome], note))  # type: ignore[arg-type]
    return Days(blocks, label=_("Worst result of each of the last 30 days"))
