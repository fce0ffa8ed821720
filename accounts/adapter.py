"""How allauth works here: sign-up may be closed, addresses come from the request, mail goes through the one mailer."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.OPEN_SIGNUP)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that rate limits count: past the trusted proxies only."""
        return getattr(request, "info").address or "unknown"  # noqa: B009

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:me")

    def format_email_subject(self, subject: Any) -> str:
        return str(subject)
