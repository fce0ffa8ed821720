"""Where a person is signed in: noted when they sign in and as they go on, and ended by them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import BrowserSession, User
from core.clock import now
from core.decision import Principal
from core.errors import PermissionProblem
from core.events import record_event
from core.requests import USER_AGENT_LENGTH, current_request

_NEW = timedelta(hours=1)


def note_session(*, user: User, session_key: str, id: str = "") -> BrowserSession:
    """Note that a browser was here just now. `id`: what it was noted as before, under whatever key; else it is new."""
    info = current_request()
    seen = {
        "session_key": session_key,
        "address": info.address if info else "",
        "user_agent": info.user_agent[:USER_AGENT_LENGTH] if info else "",
        "seen_at": now(),
    }
    with transaction.atomic():
        if id:
            BrowserSession.objects.filter(session_key=session_key).exclude(pk=id).delete()
            if BrowserSession.objects.filter(pk=id, user=user).update(**seen):
                return BrowserSession.objects.get(pk=id)
        # Two first requests of a browser may come at once.
        return BrowserSession.objects.update_or_create(session_key=session_key, defaults={"user": user, **seen})[0]


def end_session(*, actor: Principal, session: BrowserSession) -> None:
    """Sign a browser out, wherever it is. Raises PermissionProblem for somebody else's."""
    _require_self(actor, session.user_id)
    _end(actor, session.user_id, [session])


def end_other_sessions(*, actor: Principal, user: User, keep: str) -> int:
    """Sign out all browsers but the one noted as `keep`. Returns how many there were."""
    _require_self(actor, user.id)
    others = list(BrowserSession.objects.filter(user=user).exclude(pk=keep))
    _end(actor, user.id, others)
    return len(others)


def forget_sessions(*, user: User, keep: str = "") -> None:
    """After a new password: whatever else was signed in with the old one is out, and is not shown any more."""
    others = BrowserSession.objects.filter(user=user).exclude(pk=keep)
    with transaction.atomic():
        Session.objects.filter(session_key__in=others.values("session_key")).delete()
        others.delete()


def forget_ended_sessions() -> int:
    """Delete what has expired, and notes of sessions that are gone. One that is just being made is left alone."""
    Session.objects.filter(expire_date__lt=now()).delete()
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    return BrowserSession.objects.filter(~Exists(alive), seen_at__lt=now() - _NEW).delete()[0]


def _require_self(actor: Principal, user_id: str) -> None:
    if actor.kind != "person" or actor.user_id != user_id:
        raise PermissionProblem(_("Only you can end your own sessions."), code="not_self")


def _end(actor: Principal, user_id: str, sessions: Iterable[BrowserSession]) -> None:
    rows = list(sessions)
    if not rows:
        return
    with transaction.atomic():
        Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
        BrowserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
        record_event(
            type="person.sessions_ended",
            actor=actor,
            target_kind="person",
            target=user_id,
            data={"count": len(rows)},
        )
