"""A trial's answer that somebody pays for. Where the budget, the model or its provider fails, the offline model answers
and says so: a visitor reads neither the provider's address nor what it says."""

from __future__ import annotations

import logging

from django.utils.translation import gettext as _

from assistants.adapters.threads import in_thread
from assistants.errors import RunProblem
from assistants.services.answering_offline import answer_offline
from assistants.services.asking import Desk
from assistants.services.budgets import note_problem

log = logging.getLogger(__name__)
SAID = ("text", "tool_call", "ask", "output")


async def answer_sponsored(desk: Desk) -> None:
    """Fill the transcript. Raises RunProblem where the answer broke off after it had begun."""
    sponsor = desk.job.sponsor
    assert sponsor is not None
    if sponsor.model is None:
        await _answer_offline(desk, sponsor.why)
        return
    from assistants.services.answering_model import answer_with_model  # the providers' libraries weigh 150 MB

    try:
        await answer_with_model(desk)
    except RunProblem as problem:
        log.info("the run %s, paid by %s: %s", desk.job.run.id, sponsor.id, problem.kind)
        if problem.kind.startswith("model_"):
            await in_thread(note_problem, sponsor.id, problem.kind)
        if any(part["kind"] in SAID for part in desk.transcript.parts):
            raise RunProblem(problem.kind, _broken_off(problem.kind, sponsor.payer)) from problem
        desk.job.run.model, desk.job.run.provider = "offline", ""
        await _answer_offline(desk, problem.kind)
    else:
        await in_thread(note_problem, sponsor.id, "")


async def _answer_offline(desk: Desk, why: str) -> None:
    sponsor = desk.job.sponsor
    assert sponsor is not None
    if why and not desk.resumed:
        sentence = _why(why, sponsor.payer)
        desk.transcript.add("notice", code="sponsor", sentence=sentence, connect=False)
    await answer_offline(desk)


def _why(why: str, payer: str) -> str:
    if why == "off":
        return _("Nobody pays for a model here any more.")
    if why == "visitor":
        return _("You had all the answers that %s pays for today.") % payer
    if why == "sponsor_spent":
        return _("What %s pays for trials is used up for now.") % payer
    if why in ("sponsor_long", "limit_tokens"):
        return _("This is longer than what %s pays for in a trial.") % payer
    return _("The model that %s pays for does not answer at the moment.") % payer


def _broken_off(kind: str, payer: str) -> str:
    if kind in ("sponsor_spent", "sponsor_long", "limit_tokens", "limit_steps"):
        return _("The answer ends here: that is as much as %s pays for in a trial.") % payer
    return _("The model that %s pays for stopped in the middle. What came is kept.") % payer
