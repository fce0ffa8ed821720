"""Django's mail, whoever sends it, goes through the one mailer."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from core.mailer import store_message


class OutboxBackend(BaseEmailBackend):
    """Stores each message for each of its receivers; a job sends it, or it is held without SMTP."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            alternatives = getattr(mail, "alternatives", [])
            html = next((str(body) for body, kind in alternatives if kind == "text/html"), "")
            for to in mail.recipients():
                store_message(kind="", to=to, subject=str(mail.subject), text=str(mail.body), html=html)
        return len(email_messages)
