"""What a sponsored trial may cost. Tokens are held back before a model is asked, and counted when it has answered.

    hold = take(sponsorship_id, tokens)            # None: the budget does not have them
    give_back(hold, used=1_234)

A hold counts as spent until it is given back, under the row's lock: however many trials run at once, they never pass
the budget together. What a process that died held stays counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from assistants.models import Sponsorship
from core.clock import now


@dataclass(frozen=True)
class Hold:
    """Tokens of one day that are held back."""

    sponsorship: str
    day: date
    tokens: int


def in_force() -> QuerySet[Sponsorship]:
    """Those that may be used at this moment."""
    return Sponsorship.objects.filter(active=True, allowed=True, workspace__suspended_at=None)


def take(sponsorship_id: str, tokens: int) -> Hold | None:
    """Hold tokens back; None when it is switched off, or when a day's or the whole budget would be passed."""
    with transaction.atomic():
        row = in_force().exclude(provider=None).select_for_update(of=("self",)).filter(pk=sponsorship_id).first()
        if row is None or tokens > tokens_left(row):
            return None
        today = now().date()
        row.day_used = (row.day_used if row.day == today else 0) + tokens
        row.day, row.all_used = today, row.all_used + tokens
        row.save(update_fields=["day", "day_used", "all_used", "updated_at"])
    return Hold(sponsorship_id, today, tokens)


def give_back(hold: Hold, *, used: int) -> None:
    """Count what was really used instead of the hold. A provider may say more than was held: that is counted too."""
    with transaction.atomic():
        row = Sponsorship.objects.select_for_update(of=("self",)).filter(pk=hold.sponsorship).first()
        if row is None:
            return
        row.all_used = max(0, row.all_used - hold.tokens + used)
        if row.day == hold.day:
            row.day_used = max(0, row.day_used - hold.tokens + used)
        row.save(update_fields=["day_used", "all_used", "updated_at"])


def note_problem(sponsorship_id: str, kind: str) -> None:
    """How the last answer of the model went, for the page of whoever pays. An empty kind: well."""
    rows = Sponsorship.objects.filter(pk=sponsorship_id)
    if kind:
        rows.update(problem=kind, problem_at=now())
    else:
        rows.exclude(problem="").update(problem="", problem_at=None)


def used_today(row: Sponsorship) -> int:
    return row.day_used if row.day == now().date() else 0


def tokens_left(row: Sponsorship) -> int:
    """Of today's budget and of the whole one, whichever is less."""
    return max(0, min(row.day_tokens - used_today(row), row.all_tokens - row.all_used))
