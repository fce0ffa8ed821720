"""Trying an assistant before signing in: counted, read-only, forgotten after a day.

    with one_try(visitor=visitor, address=address):
        conversation = start_trial(assistant=assistant, visitor=visitor)
        run = say(actor=visitor_principal(visitor), conversation=conversation, text="…")

A trial runs in the workspace that owns the assistant. Its tools are called as a guest: only those that read. Whether an
assistant may be tried at all is the word of whoever signs the address (`assistants.views.trial.trial_panel`).
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from assistants.models import Assistant, Conversation, Sponsorship
from assistants.services.budgets import in_force
from assistants.services.conversations import start_conversation
from core import redis
from core.clock import now
from core.decision import Principal
from core.errors import ServiceProblem
from core.ids import is_id, new_id

log = logging.getLogger(__name__)
TRIES = 10
"""Messages of one visitor in a day, for all assistants together."""
NETWORK_TRIES = 60
"""Of one network: /24, or /56 of IPv6."""
NETWORK_PAID = 6
"""As many visitors of one network get what a payer gives to each."""
LIFETIME = timedelta(hours=24)
_DAY_S = 86_400


class TrialsSpent(ServiceProblem):
    """The tries of a day are used up. `code` is `tries_spent`."""

    code = "tries_spent"
    status = 429


def new_visitor() -> str:
    """An id for somebody whom nobody knows: `vis_…`."""
    return new_id("vis")


def visitor_principal(visitor: str) -> Principal:
    """Who speaks in a trial. Raises ValueError for what is no visitor's id."""
    if not visitor.startswith("vis_") or not is_id(visitor):
        raise ValueError(f"not a visitor: {visitor[:40]!r}")
    return Principal(kind="anonymous", id=visitor, label="visitor")


def start_trial(*, assistant: Assistant, visitor: str) -> Conversation:
    """A conversation of a visitor (`vis_…`) with an assistant. It is deleted after a day."""
    return start_conversation(
        actor=visitor_principal(visitor),
        assistant=assistant,
        channel=Conversation.Channel.TRIAL,
        expires_at=now() + LIFETIME,
    )


def find_trial(*, assistant: Assistant, visitor: str) -> Conversation | None:
    """The one that goes on."""
    rows = Conversation.objects.filter(assistant=assistant, principal=visitor, channel=Conversation.Channel.TRIAL)
    rows = rows.filter(Q(expires_at=None) | Q(expires_at__gt=now())).select_related("assistant")
    return rows.order_by("-id").first() if visitor else None


def end_trial(*, conversation: Conversation) -> None:
    """Forget it now, so that the next message begins anew."""
    if conversation.channel == Conversation.Channel.TRIAL:
        conversation.delete()


def tries_left(*, visitor: str, address: str) -> int:
    """How many messages this visitor may still send today. All of them where nobody can count."""
    try:
        used = redis.connection().mget(_keys(visitor, address))
    except RedisError:
        return TRIES
    own, network = (int(value or 0) for value in used)
    own = own if visitor else 0
    return max(0, min(TRIES - own, NETWORK_TRIES - network))


@contextmanager
def one_try(*, visitor: str, address: str) -> Iterator[None]:
    """Count one; given back when what happens inside fails. Raises TrialsSpent."""
    keys = _keys(visitor, address)
    _take(keys)
    try:
        yield
    except BaseException:
        _change(keys, -1)
        raise


def find_sponsor(sponsor: str) -> Sponsorship | None:
    """Who pays, while it is in force."""
    return in_force().filter(pk=sponsor).first() if sponsor else None


def paid_left(*, sponsor: Sponsorship, visitor: str, address: str) -> int:
    """Answers that this visitor may still have of the payer's model today. None where nobody can count."""
    try:
        used = redis.connection().mget(_paid_keys(sponsor, visitor, address))
    except RedisError:
        return 0
    own, network = (int(value or 0) for value in used)
    most = sponsor.visitor_answers
    return max(0, min(most - (own if visitor else 0), most * NETWORK_PAID - network))


def take_paid(*, sponsor: Sponsorship, visitor: str, address: str) -> bool:
    """Count one answer of the payer's model; False when this visitor or this network had its share."""
    if sponsor.provider_id is None:
        return False
    keys, most = _paid_keys(sponsor, visitor, address), sponsor.visitor_answers
    counts = _change(keys, 1)
    if counts is None:
        return False
    if counts[0] > most or counts[1] > most * NETWORK_PAID:
        _change(keys, -1)
        return False
    return True


def _paid_keys(sponsor: Sponsorship, visitor: str, address: str) -> tuple[str, str]:
    first, second = _keys(visitor, address)
    return (f"{first}:{sponsor.id}", f"{second}:{sponsor.id}")


def _take(keys: tuple[str, str]) -> None:
    counts = _change(keys, 1)
    if counts is None:
        raise ServiceProblem(_("It cannot be tried at this moment. Try again in a minute."), code="unavailable")
    if counts[0] > TRIES or counts[1] > NETWORK_TRIES:
        _change(keys, -1)
        raise TrialsSpent(
            _("That were all tries for today. Sign in and install it to go on with it.")
            if counts[0] > TRIES
            else _("Many people of your network tried assistants today. Sign in and install it, or come back tomorrow.")
        )


def _change(keys: tuple[str, str], by: int) -> list[int] | None:
    """None: nobody can count."""
    try:
        pipeline = redis.connection().pipeline(transaction=True)
        for key in keys:
            pipeline.incrby(key, by)
            pipeline.expire(key, 2 * _DAY_S)
        return [int(count) for count in pipeline.execute()[::2]]
    except RedisError as problem:
        log.warning("a trial could not be counted: %s", type(problem).__name__)
        return None


def _keys(visitor: str, address: str) -> tuple[str, str]:
    day = f"{now():%Y%m%d}"
    return (redis.key(f"trial:{day}:{visitor or 'new'}"), redis.key(f"trial:{day}:{_network(address)}"))


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 56), strict=False))
