"""What accounts does when allauth says that something happened."""

from __future__ import annotations

from typing import Any

from allauth.account import signals
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts import presence
from accounts.models import User
from accounts.services import forget_sessions, sign_up_done
from core.events import record_event


def connect() -> None:
    signals.user_signed_up.connect(on_signed_up, dispatch_uid="accounts.signed_up")
    signals.email_confirmed.connect(on_email_confirmed, dispatch_uid="accounts.email_confirmed")
    signals.password_reset.connect(on_password_changed, dispatch_uid="accounts.password_reset")
    signals.password_changed.connect(on_password_changed, dispatch_uid="accounts.password_changed")
    signals.password_set.connect(on_password_changed, dispatch_uid="accounts.password_set")
    user_logged_in.connect(on_signed_in, dispatch_uid="accounts.signed_in")


def on_signed_up(sender: Any, user: User, **_more: Any) -> None:
    sign_up_done(user=user)


def on_email_confirmed(sender: Any, email_address: Any, **_more: Any) -> None:
    user = email_address.user
    record_event(type="person.email_verified", actor=user, target_kind="person", target=user.id)


def on_password_changed(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    record_event(type="person.password_changed", actor=user, target_kind="person", target=user.id)
    forget_sessions(user=user, keep=presence.noted_as(request))


def on_signed_in(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    record_event(type="person.signed_in", actor=user, target_kind="person", target=user.id)
    presence.note(request, user)
