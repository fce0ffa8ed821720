"""How allauth works here: sign-up may be closed, addresses come from the request, mail goes through the one mailer."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.links import absolute
from core.mailer import message_kinds, send_message

_ACTIONS = ("activate_url", "password_reset_url", "signup_url")
"""Where allauth's contexts keep the one link of a message."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not right.")
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.OPEN_SIGNUP)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that rate limits count: past the trusted proxies only."""
        return getattr(request, "info").address or "unknown"  # noqa: B009

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:me")

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return absolute(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_reset_password_from_key_url(self, key: str) -> str:
        # allauth's own spelling of the person and the token: "<uid>-<token>".
        uid, _dash, token = key.partition("-")
        return absolute(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Through the one mailer where the kind is registered; else as allauth does, whose mails land there too."""
        kind = f"account.{template_prefix.rpartition('/')[2]}"
        if kind not in message_kinds():
            super().send_mail(template_prefix, email, context)
            return
        url = next((context[name] for name in _ACTIONS if context.get(name)), "")
        label = message_kinds()[kind].subject
        send_message(kind=kind, to=email, context={"email": email, "action_url": url, "action_label": label})

    def format_email_subject(self, subject: Any) -> str:
        return str(subject)
