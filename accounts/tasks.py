"""Accounts' timers."""

from __future__ import annotations

from datetime import timedelta

from accounts.services import forget_ended_sessions
from core.schedule import timer


@timer("accounts.forget_sessions", every=timedelta(hours=1))
def forget_sessions() -> None:
    """Browsers that are signed in no more."""
    forget_ended_sessions()
