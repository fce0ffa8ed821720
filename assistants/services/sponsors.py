"""The payer's side of a trial's answer: its model within its budget, its demo hub while that only reads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from assistants.adapters.threads import in_thread
from assistants.configuration import Limits, ModelChoice
from assistants.errors import RunProblem
from assistants.gateways.models.places import ModelSettings
from assistants.gateways.models.turns import ModelTurn, PersonTurn, ReturnsTurn, ToolOffer, Turn
from assistants.models import Run, Sponsorship
from assistants.services.budgets import give_back, in_force, take
from assistants.services.settings import settings_of
from proxy.engine.ports import HubSnapshot, ToolRoute

MOST_WRITTEN = 2_000
"""Tokens that the model may write at a time."""
MOST_STEPS, MOST_SECONDS = 6, 90
OVERHEAD = 1_000
"""Tokens that providers add of their own, as the words in which they describe tools."""
EACH = 40
UNPAID = ("model_down", "model_refused", "model_quota", "model_busy", "model_rejected")
"""How an answer fails that no provider charges, when nothing of it had come."""


@dataclass(frozen=True)
class Sponsor:
    """Who pays for one answer, as it is when the answer begins."""

    id: str
    payer: str = ""
    workspace_id: str = ""
    hub: str = ""
    tools: frozenset[str] = frozenset()
    server: str = ""
    answer_tokens: int = 0
    model: ModelSettings | None = None
    why: str = ""
    """Why no model answers although one was promised: `off`, `visitor`."""

    def offers(self, hub: HubSnapshot, route: ToolRoute) -> bool:
        """May a guest have this tool of the demo hub? Never one that writes, of a hub that lets write, or that is
        an assistant of the workspace itself: that one would answer beyond the budget."""
        server = hub.servers.get(route.server_id)
        if hub.hub_id != self.hub or hub.workspace_id != self.workspace_id or not hub.read_only:
            return False
        if server is None or server.transport == "internal" or not (route.read_only and route.listed):
            return False
        return route.real in self.tools and self.server in ("", route.server_id)


def sponsor_of(run: Run, choice: ModelChoice) -> Sponsor | None:
    """Who pays for a run; None for one that nobody pays for."""
    if not run.sponsor:
        return None
    row = in_force().filter(pk=run.sponsor).first()
    if row is None:
        return Sponsor(run.sponsor, why="off")
    found = Sponsor(
        id=row.id,
        payer=row.payer,
        workspace_id=row.workspace_id,
        hub=row.hub_id or "",
        tools=frozenset(row.tools),
        server=row.server,
        answer_tokens=row.answer_tokens,
    )
    if row.provider_id is None:
        return found
    if run.model == "offline":
        return replace(found, why="visitor")
    model = _model(row, choice)
    return replace(found, model=model, why="" if model else "off")


def bounded(limits: Limits, sponsor: Sponsor | None) -> Limits:
    """The limits of a run that somebody else pays for."""
    if sponsor is None or sponsor.model is None:
        return limits
    return Limits(
        steps=min(limits.steps, MOST_STEPS),
        tokens=min(limits.tokens, sponsor.answer_tokens),
        seconds=min(limits.seconds, MOST_SECONDS),
    )


@asynccontextmanager
async def paid(
    sponsor: Sponsor | None, weigh: Callable[[], int], heard: Callable[[], int]
) -> AsyncIterator[Callable[[int], None]]:
    """Hold back what the next turn of the model may cost at most, and count what it cost. Yields the function that
    is told how many tokens it was. One that breaks off is counted whole: what its provider charges is not known.

    Raises RunProblem `sponsor_spent`, or `sponsor_long` for a turn that is larger than one answer may be.
    """
    if sponsor is None:
        yield lambda tokens: None
        return
    most = weigh() + (sponsor.model.max_tokens or MOST_WRITTEN if sponsor.model else 0)
    if most > sponsor.answer_tokens:
        raise RunProblem("sponsor_long", _("This is longer than what %s pays for in a trial.") % sponsor.payer)
    hold = await in_thread(take, sponsor.id, most)
    if hold is None:
        raise RunProblem("sponsor_spent", _("What %s pays for trials is used up for now.") % sponsor.payer)
    spent = most

    def count(tokens: int) -> None:
        nonlocal spent
        spent = max(0, tokens)

    try:
        yield count
    except RunProblem as problem:
        if problem.kind in UNPAID and not heard():
            spent = 0
        raise
    finally:
        await in_thread(give_back, hold, used=spent)


def weight(
    instructions: str, turns: Sequence[Turn], tools: Sequence[ToolOffer], output_schema: dict[str, Any] | None
) -> int:
    """Tokens that asking may cost at most: no model makes more than one of a byte."""
    texts = [instructions, json.dumps(output_schema) if output_schema else ""]
    for turn in turns:
        match turn:
            case PersonTurn():
                texts.append(turn.text)
            case ModelTurn():
                texts += [turn.text, *(json.dumps(call.arguments) for call in turn.calls)]
            case ReturnsTurn():
                texts += [one.text for one in turn.returns]
    for tool in tools:
        texts += [tool.key, tool.description, json.dumps(tool.schema)]
    return OVERHEAD + EACH * len(texts) + sum(len(text.encode()) for text in texts)


def _model(row: Sponsorship, choice: ModelChoice) -> ModelSettings | None:
    """The chosen provider's model and no other: a workspace's default pays for nothing that it was not chosen for."""
    assert row.provider_id is not None
    wanted = ModelChoice(klass=row.klass, provider=row.provider_id)  # type: ignore[arg-type]  # one of the same words
    found = settings_of(row.workspace_id, wanted)
    if found is None or found.provider != row.provider_id:
        return None
    most = min(choice.max_tokens or MOST_WRITTEN, MOST_WRITTEN, max(256, row.answer_tokens // 4))
    return replace(found, temperature=choice.temperature, top_p=choice.top_p, max_tokens=most)
