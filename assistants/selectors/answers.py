"""What runs answered, from their stored messages."""

from __future__ import annotations

from collections.abc import Iterable

from assistants.answers import Answer, answer_of
from assistants.models import Message, Run


def answers_of(runs: Iterable[Run]) -> dict[str, Answer]:
    """By the id of the run. One query."""
    found = list(runs)
    rows = Message.objects.filter(run__in=[run.id for run in found], role=Message.Role.ASSISTANT)
    parts = dict(rows.values_list("run", "parts"))
    return {run.id: answer_of(parts.get(run.id, ()), run.state) for run in found}
