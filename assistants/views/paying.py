"""What a visitor reads of whoever pays for a trial."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assistants.models import Sponsorship
from assistants.services.budgets import tokens_left
from assistants.services.sponsors import OVERHEAD
from assistants.services.trials import paid_left


def paid_words(sponsor: Sponsorship | None, *, visitor: str, address: str) -> str:
    """Who pays, where what is written goes, and what is left. Empty where nobody pays."""
    if sponsor is None:
        return ""
    said = []
    if sponsor.provider_id is not None:
        said.append(_model_words(sponsor, visitor, address))
    if sponsor.hub is not None and sponsor.hub.read_only:
        said.append(_("The tools are a demo of %s, and what you ask of them goes there.") % sponsor.payer)
    return " ".join(said)


def _model_words(sponsor: Sponsorship, visitor: str, address: str) -> str:
    names = {"payer": sponsor.payer, "most": sponsor.visitor_answers}
    if sponsor.all_tokens - sponsor.all_used <= OVERHEAD:
        return _("What %(payer)s paid for trials is used up: the built-in offline model answers.") % names
    if tokens_left(sponsor) <= OVERHEAD:
        spent = _("What %(payer)s pays for today is used up: the built-in offline model answers until midnight, UTC.")
        return spent % names
    left = paid_left(sponsor=sponsor, visitor=visitor, address=address)
    if not left:
        yours = _("You had all the answers that %(payer)s pays for today: the built-in offline model answers now.")
        return yours % names
    return _(
        "%(payer)s pays for the model that answers, and what you write goes to it: %(left)d of %(most)d answers left "
        "today."
    ) % (names | {"left": left})
