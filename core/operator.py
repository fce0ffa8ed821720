"""The operator's pages of core: health, jobs, outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.components.table import Choice, Column, Filter, Table, Text
from core.health import sections
from core.http import SiteRequest
from core.jobs import retry_failed
from core.models import Job, Message
from core.pages import operator_page

JOB_WORDS = {
    Job.State.WAITING: gettext_lazy("waiting"),
    Job.State.RUNNING: gettext_lazy("running"),
    Job.State.DONE: gettext_lazy("done"),
    Job.State.FAILED: gettext_lazy("failed"),
}
MESSAGE_WORDS = {
    Message.State.HELD: gettext_lazy("held"),
    Message.State.WAITING: gettext_lazy("waiting"),
    Message.State.SENT: gettext_lazy("sent"),
    Message.State.FAILED: gettext_lazy("failed"),
}
JOB_COLUMNS = (
    Column("task", gettext_lazy("Job"), sort="task"),
    Column("state", gettext_lazy("State")),
    Column("queue", gettext_lazy("Queue"), wide_only=True),
    Column("attempts", gettext_lazy("Attempts"), align="right", wide_only=True),
    Column("due", gettext_lazy("Due"), sort="due_at", descending_first=True),
    Column("do", gettext_lazy("Actions"), hidden_label=True, align="right"),
)
MESSAGE_COLUMNS = (
    Column("subject", gettext_lazy("Message"), sort="subject"),
    Column("to", gettext_lazy("To"), sort="to"),
    Column("state", gettext_lazy("State")),
    Column("at", gettext_lazy("When"), sort="id", descending_first=True),
)


def _choices(words: Mapping[Any, Text]) -> tuple[Choice, ...]:
    return tuple(Choice(str(value.value), word) for value, word in words.items())


def _queues() -> Sequence[Choice]:
    return [Choice(name, name) for name in Job.objects.order_by("queue").values_list("queue", flat=True).distinct()]


def _tasks() -> Sequence[Choice]:
    return [Choice(name, name) for name in Job.objects.order_by("task").values_list("task", flat=True).distinct()]


JOB_FILTERS = (
    Filter("state", gettext_lazy("State"), _choices(JOB_WORDS), field="state"),
    Filter("queue", gettext_lazy("Queue"), _queues, field="queue"),
    Filter("task", gettext_lazy("Job"), _tasks, field="task"),
)
MESSAGE_FILTERS = (Filter("state", gettext_lazy("State"), _choices(MESSAGE_WORDS), field="state"),)


@require_safe
@never_cache
@operator_page()
def health(request: SiteRequest) -> HttpResponse:
    found = sections()
    worst = next((state for state in ("bad", "warn") if any(s.finding.state == state for s in found)), "ok")
    return render(request, "core/health.html", {"sections": found, "worst": worst})


@require_safe
@operator_page()
def jobs(request: SiteRequest) -> HttpResponse:
    table = Table(
        request,
        Job.objects.all(),
        columns=JOB_COLUMNS,
        filters=JOB_FILTERS,
        search=("task", "subject", "workspace", "id"),
        order="-due_at",
        name="jobs",
    )
    return render(request, "core/jobs.html", {"table": table, "words": JOB_WORDS})


@require_POST
@operator_page("operator.manage")
def job_retry(request: SiteRequest, id: str) -> HttpResponse:
    job = Job.objects.filter(pk=id, state=Job.State.FAILED).first()
    if job is None:
        raise Http404
    retry_failed(actor=request.principal, job=job)
    messages.success(request, _("The job is started again."))
    return redirect("core:jobs")


@require_safe
@operator_page()
def outbox(request: SiteRequest) -> HttpResponse:
    table = Table(
        request,
        Message.objects.defer("text", "html"),
        columns=MESSAGE_COLUMNS,
        filters=MESSAGE_FILTERS,
        search=("subject", "to"),
        order="-id",
        name="messages",
    )
    return render(request, "core/outbox.html", {"table": table, "words": MESSAGE_WORDS})


@require_safe
@never_cache
@operator_page()
def message(request: SiteRequest, id: str) -> HttpResponse:
    """One message with its links to copy. Once it was sent, only its envelope is left."""
    found = Message.objects.filter(pk=id).first()
    if found is None:
        raise Http404
    return render(request, "core/message.html", {"message": found, "word": MESSAGE_WORDS[Message.State(found.state)]})
