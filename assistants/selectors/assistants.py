"""Reads of assistants that pages and API share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Workspace
from assistants.models import Assistant, AssistantVersion, Conversation, Run
from core.clock import now

RECENT = timedelta(days=7)
NOT_USED = (Conversation.Channel.TRIAL, Conversation.Channel.CHECK)


def assistants_of(workspace: Workspace | str) -> QuerySet[Assistant]:
    """A workspace's assistants, each with `run_count` (7 days) and `last_run_at`."""
    workspace_id = workspace if isinstance(workspace, str) else workspace.id
    runs = Run.objects.filter(assistant=OuterRef("pk")).order_by().values("assistant")
    recent = runs.filter(created_at__gte=now() - RECENT)
    return (
        Assistant.objects.filter(workspace_id=workspace_id)
        .select_related("workspace", "deployed")
        .annotate(
            run_count=Coalesce(Subquery(recent.annotate(n=Count("pk")).values("n")), 0),
            last_run_at=Subquery(runs.annotate(at=Max("created_at")).values("at")),
        )
    )


def lately_used(workspace: Workspace, most: int) -> list[Assistant]:
    """The assistants used last, then the newest, each with `last_run_at`. Trials and checks are no use."""
    used = Run.objects.filter(assistant=OuterRef("pk")).exclude(channel__in=NOT_USED).order_by("-id")
    rows = Assistant.objects.filter(workspace=workspace).select_related("workspace")
    rows = rows.annotate(last_run_at=Subquery(used.values("created_at")[:1]))
    return list(rows.order_by(F("last_run_at").desc(nulls_last=True), "-id")[:most])


def versions_of(assistant: Assistant) -> QuerySet[AssistantVersion]:
    """The newest first."""
    return assistant.versions.order_by("-number")


@dataclass(frozen=True)
class RunSummary:
    """Runs of the last seven days. `success` is a share of those that ended by themselves; None without any."""

    runs: int
    success: float | None
    first_word_ms: int | None
    tokens: int

    @property
    def success_percent(self) -> float | None:
        return None if self.success is None else round(self.success * 100, 1)


def summarize_runs(assistant: Assistant) -> RunSummary:
    rows = Run.objects.filter(assistant=assistant, created_at__gte=now() - RECENT)
    done = Q(state=Run.State.DONE)
    counts = rows.aggregate(
        all=Count("pk"), done=Count("pk", filter=done), failed=Count("pk", filter=Q(state=Run.State.FAILED))
    )
    times = [
        (first - begun).total_seconds()
        for begun, first in rows.filter(first_word_at__isnull=False, started_at__isnull=False)
        .order_by("-id")
        .values_list("started_at", "first_word_at")[:200]
        if begun is not None and first is not None
    ]
    tokens = sum(a + b for a, b in rows.order_by("-id").values_list("tokens_in", "tokens_out")[:5_000])
    ended = counts["done"] + counts["failed"]
    return RunSummary(
        runs=counts["all"],
        success=counts["done"] / ended if ended else None,
        first_word_ms=round(sorted(times)[len(times) // 2] * 1000) if times else None,
        tokens=tokens,
    )


def recent_runs(assistant: Assistant, most: int = 10) -> list[Run]:
    """The newest runs of everybody: when, by whom, how they ended. What was said stays private to whoever said it."""
    rows = Run.objects.filter(assistant=assistant).annotate(tokens=F("tokens_in") + F("tokens_out"))
    return list(rows.select_related("version").order_by("-id")[:most])
