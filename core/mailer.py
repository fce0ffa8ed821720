"""The one mailer: text and HTML from templates, stored first, sent by a job, held where there is no SMTP.

register_message("account.password_reset", _("Choose a new password"))    # email/account/password_reset.{txt,html}
send_message(kind="account.password_reset", to="mara@example.com", context={"url": …})
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template import Context, engines
from django.template.loader import render_to_string
from django.utils.functional import Promise

from core.clock import now
from core.jobs import enqueue_job
from core.models import Message

SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class MessageKind:
    name: str
    subject: str | Promise
    """May take %(…)s from the context."""

    @property
    def template(self) -> str:
        return f"email/{self.name.replace('.', '/')}"


_kinds: dict[str, MessageKind] = {}


def register_message(kind: str, subject: str | Promise) -> None:
    """Make a kind known: its subject, and by its name its templates."""
    _kinds[kind] = MessageKind(kind, subject)


def message_kinds() -> Mapping[str, MessageKind]:
    return dict(sorted(_kinds.items()))


def send_message(*, kind: str, to: str, context: Mapping[str, Any]) -> Message:
    """Render a message and put it on its way. Raises KeyError for a kind that nobody registered."""
    known = _kinds[kind]
    subject = " ".join((str(known.subject) % context).split())
    values = {**context, "subject": subject, "public_url": settings.ENV.public_url}
    # Plain text is not escaped: an address with an & must stay one.
    plain = engines["django"].engine.get_template(f"{known.template}.txt")  # type: ignore[attr-defined]
    text = plain.render(Context(values, autoescape=False)).strip() + "\n"
    html = render_to_string(f"{known.template}.html", values)
    return store_message(kind=kind, to=to, subject=subject, text=text, html=html)


def store_message(*, kind: str, to: str, subject: str, text: str, html: str = "") -> Message:
    """A message that is rendered already. Sent after the transaction, or held for the operator's outbox."""
    with transaction.atomic():
        message = Message.objects.create(
            kind=kind,
            to=to[:320],
            subject=subject[:300],
            text=text,
            html=html,
            links=links_in(text),
            state=Message.State.WAITING if settings.EMAIL_CONFIGURED else Message.State.HELD,
        )
        if message.state == Message.State.WAITING:
            enqueue_job(task="core.deliver_message", subject=message.id)
    return message


def deliver_message(*, message_id: str) -> None:
    """Hand a waiting message to the mail server. What was sent keeps only its envelope: the links in it are secrets.

    Raises OSError or smtplib.SMTPException when it could not, so that the job tries again.
    """
    message = Message.objects.filter(pk=message_id, state=Message.State.WAITING).first()
    if message is None:
        return
    message.attempts += 1
    mail = EmailMultiAlternatives(message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [message.to])
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.extra_headers["Message-ID"] = f"<{message.id}@{settings.ENV.public_host}>"
    try:
        get_connection(SMTP_BACKEND).send_messages([mail])
    except Exception as problem:
        message.error = f"{type(problem).__name__}: {problem}"[:2000]
        message.save(update_fields=["attempts", "error", "updated_at"])
        raise
    message.state, message.sent_at, message.error = Message.State.SENT, now(), ""
    message.text, message.html, message.links = "", "", []
    message.save()


def give_up_message(*, message_id: str, error: str) -> None:
    """After the last attempt: the message stays readable in the outbox, as one that failed."""
    Message.objects.filter(pk=message_id, state=Message.State.WAITING).update(
        state=Message.State.FAILED, error=error[:2000], updated_at=now()
    )


def links_in(text: str) -> list[str]:
    """The addresses in a text, each once, without the full stop that follows."""
    return list(dict.fromkeys(found.rstrip(".,;:!?)") for found in _LINK.findall(text)))
