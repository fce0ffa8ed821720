"""A run from its claim to its end, on the event loop of a worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from django.db import DatabaseError
from django.utils.translation import gettext as _

from assistants.adapters.threads import in_thread
from assistants.errors import RunProblem
from assistants.models import Run
from assistants.services.answering_offline import answer_offline
from assistants.services.answering_sponsored import answer_sponsored
from assistants.services.asking import Desk
from assistants.services.runs import Assignment, begin_run, end_run, fail_run, pause_run, save_run
from assistants.services.tools import load_tools
from assistants.services.transcript import Transcript
from proxy.adapters.wiring import Engine

log = logging.getLogger(__name__)
SAVE_S = 3.0
END_AGAIN_S = (0.5, 2.0, 8.0)
MOST_NAMED = 10
State = Run.State


async def execute_run(engine: Engine, run_id: str) -> None:
    """Answer a run that waits. Cancelling the task keeps what there is and ends the run as stopped or lost."""
    try:
        job = await in_thread(begin_run, run_id)
    except Exception:
        log.exception("the run %s cannot begin", run_id)
        await in_thread(fail_run, run_id, kind="failed", error=_("Something went wrong on our side. Try again."))
        return
    if job is None:
        return
    run = job.run
    talk = Transcript(run, job.message.parts)
    run.model, run.provider = (job.model.name, job.model.provider) if job.model else ("offline", "")
    talk.start(message=job.message.id, assistant=job.name)
    saver = asyncio.create_task(_save_often(talk))
    state, kind, sentence = State.DONE, "", ""
    try:
        async with asyncio.timeout(job.configuration.limits.seconds):
            await _answer(engine, job, talk)
        if talk.unanswered():
            state = State.ASKING
    except TimeoutError:
        state, kind = State.FAILED, "limit_time"
        sentence = _("The answer took longer than %(n)d seconds.") % {"n": job.configuration.limits.seconds}
    except RunProblem as problem:
        state, kind, sentence = State.FAILED, problem.kind, problem.sentence
    except asyncio.CancelledError:
        state, kind, sentence = State.FAILED, "lost", _("The process that made the answer ended.")
    except Exception:
        log.exception("the run %s failed", run.id)
        state, kind, sentence = State.FAILED, "failed", _("Something went wrong on our side. Try again.")
    saver.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await saver
    await _finish(job, talk, state, kind, sentence)


async def _answer(engine: Engine, job: Assignment, talk: Transcript) -> None:
    box = await load_tools(engine, job)
    if box.gone and not talk.parts:
        names = ", ".join(box.gone[:MOST_NAMED]) + ("…" if len(box.gone) > MOST_NAMED else "")
        talk.add("notice", code="tool_gone", sentence=_("Not offered here: %s.") % names, connect=False)
    desk = Desk(engine, job, box, talk)
    await _answerer(job)(desk)


def _answerer(job: Assignment) -> Callable[[Desk], Awaitable[None]]:
    if job.sponsor is not None:
        return answer_sponsored
    if job.model is None:
        return answer_offline
    from assistants.services.answering_model import answer_with_model  # the providers' libraries weigh 150 MB

    return answer_with_model


async def _finish(job: Assignment, talk: Transcript, state: str, kind: str, sentence: str) -> None:
    run = job.run
    if state == State.ASKING:
        if await in_thread(pause_run, run=run, parts=talk.parts):
            talk.usage()
            await talk.end(state, job.message.id)
            return
        state = State.CANCELLED
    stopped = await in_thread(_state, run.id) == State.CANCELLED
    if kind and not stopped:
        talk.error(kind, sentence)
    ended = await _end(run, state, kind, sentence, talk)
    talk.usage()
    await talk.end(ended.state, job.message.id)


async def _end(run: Run, state: str, kind: str, sentence: str, talk: Transcript) -> Run:
    """What was said must not be lost to a database that is away for a moment."""
    for pause_s in (*END_AGAIN_S, None):
        try:
            return await in_thread(end_run, run=run, state=state, kind=kind, error=sentence, parts=talk.parts)
        except DatabaseError:
            if pause_s is None:
                raise
            log.exception("the run %s could not be stored, it is tried again", run.id)
            await asyncio.sleep(pause_s)
    raise AssertionError


def _state(run_id: str) -> str:
    return Run.objects.filter(pk=run_id).values_list("state", flat=True).first() or ""


async def _save_often(talk: Transcript) -> None:
    saved = 0
    while True:
        await asyncio.sleep(SAVE_S)
        size = sum(len(part.get("text", "")) + 1 for part in talk.parts)
        if size != saved:
            saved = size
            try:
                await in_thread(save_run, run=talk.run, parts=talk.parts)
            except Exception:
                log.exception("the run %s could not be saved yet", talk.run.id)
