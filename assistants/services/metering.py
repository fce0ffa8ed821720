"""What runs are counted as: usage events of the workspace that pays."""

from __future__ import annotations

from assistants.models import Run, Sponsorship
from billing.services import record_usage


def count_usage(run: Run) -> None:
    """Counted once for each run and meter, however often this is called. What a model said in a trial that somebody
    pays for is theirs, by what was tried."""
    workspace_id, subject = run.workspace_id, run.assistant_id
    if run.sponsor and run.tokens_in + run.tokens_out:
        payer = Sponsorship.objects.filter(pk=run.sponsor).values_list("workspace_id", "subject").first()
        workspace_id, subject = payer or (workspace_id, subject)
    for meter, quantity in (("assistant_runs", 1), ("model_tokens", run.tokens_in + run.tokens_out)):
        if quantity and run.started_at is not None:
            record_usage(
                id=run.id,
                meter=meter,
                workspace_id=workspace_id,
                subject=subject,
                actor=str(run.principal.get("id", "")),
                quantity=quantity,
                at=run.started_at,
            )
