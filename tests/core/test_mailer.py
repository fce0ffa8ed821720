"""The one mailer: held without SMTP, sent by a job with it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
from django.conf import LazySettings
from django.core.mail import send_mail

from core.jobs import run_job
from core.mail_backend import OutboxBackend
from core.mailer import links_in, message_kinds, send_message
from core.models import Job, Message


class _Smtp(socketserver.StreamRequestHandler):
    """As much of a mail server as one message needs. `refuse` answers every recipient with 451."""

    taken: ClassVar[list[str]] = []
    refuse: ClassVar[bool] = False

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                self.taken.append(b"".join(lines).decode())
                self.wfile.write(b"250 taken\r\n")
            elif verb == b"RCPT" and self.refuse:
                self.wfile.write(b"451 later\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def smtp(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Smtp]]:
    monkeypatch.setattr(_Smtp, "taken", [])
    monkeypatch.setattr(_Smtp, "refuse", False)
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.EMAIL_CONFIGURED = True
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
    yield _Smtp
    server.shutdown()
    server.server_close()
    thread.join()


def send() -> Message:
    return send_message(
        kind="account.password_reset_key",
        to="mara@example.com",
        context={"email": "mara@example.com", "action_url": "http://localhost:8000/r/?a=1&b=2", "action_label": "Go"},
    )


def test_without_a_mail_server_a_message_is_held_with_its_links(db: None) -> None:
    message = send()
    assert message.state == "held"
    assert message.links == ["http://localhost:8000/r/?a=1&b=2"]
    assert "http://localhost:8000/r/?a=1&amp;b=2" in message.html
    assert not Job.objects.exists()


def test_every_kind_renders_as_text_and_html(db: None) -> None:
    for kind in message_kinds():
        values = {"email": "a@example.com", "action_url": "http://localhost:8000/x/", "action_label": "Go"}
        values |= {"name": "A listing", "version": "1.0.0", "note": "A note", "url": "http://localhost:8000/y/"}
        values |= {
            "items": [{"name": name, "url": "http://localhost:8000/z/", "first": True} for name in ("One", "Two")]
        }
        message = send_message(kind=kind, to="a@example.com", context=values)
        assert message.subject and message.text.strip() and "<html" in message.html
        assert "{{" not in message.text + message.html
        assert "\n\n\n\n" not in message.text


def test_djangos_own_mail_lands_there_too(db: None) -> None:
    people = ["a@example.com", "b@example.com"]
    backend = OutboxBackend()
    send_mail("Hello", "See https://example.com/x.", None, people, html_message="<p>Hello</p>", connection=backend)
    assert set(Message.objects.values_list("to", flat=True)) == {"a@example.com", "b@example.com"}
    assert Message.objects.latest("id").links == ["https://example.com/x"]
    assert Message.objects.latest("id").html == "<p>Hello</p>"


def test_with_one_it_is_sent_by_a_job_and_its_text_forgotten(db: None, smtp: type[_Smtp]) -> None:
    message = send()
    assert message.state == "waiting"
    assert run_job(Job.objects.get().id) == "done"
    message.refresh_from_db()
    assert (message.state, message.text, message.html, message.links) == ("sent", "", "", [])
    assert message.sent_at is not None
    assert len(smtp.taken) == 1
    assert "To: mara@example.com" in smtp.taken[0]
    assert f"Message-ID: <{message.id}@localhost>" in smtp.taken[0]
    assert "text/html" in smtp.taken[0]


def test_a_message_is_sent_once(db: None, smtp: type[_Smtp]) -> None:
    from core.tasks import deliver_message

    message = send()
    deliver_message(message.id)
    deliver_message(message.id)
    assert len(smtp.taken) == 1


def test_a_server_that_refuses_is_tried_again_and_given_up(db: None, smtp: type[_Smtp]) -> None:
    smtp.refuse = True
    message = send()
    job = Job.objects.get()
    for _attempt in range(job.max_attempts):
        Job.objects.update(due_at=job.created_at)
        run_job(job.id)
    message.refresh_from_db()
    assert message.state == "failed"
    assert message.attempts == job.max_attempts
    assert "451" in message.error
    assert message.text


def test_links_are_found_once_and_without_the_full_stop() -> None:
    text = "See https://a.example/x?y=1. Or (https://b.example/): https://a.example/x?y=1"
    assert links_in(text) == ["https://a.example/x?y=1", "https://b.example/"]
