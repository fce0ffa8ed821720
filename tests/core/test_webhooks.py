"""The one webhook sender, against a real receiver."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from accounts.services import revoke_key
from core.clock import now
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.jobs import run_job
from core.models import Event, Job, WebhookDelivery, WebhookEndpoint
from core.permissions import SYSTEM
from core.secrets import open_for
from core.webhooks import (
    attempt_delivery,
    create_endpoint,
    delete_endpoint,
    replay_delivery,
    rotate_call_secret,
    rotate_secret,
    send_test,
    send_webhook,
    sign,
    update_endpoint,
    verify,
)
from core.webhooks.deliveries import PAUSES_S
from core.webhooks.endpoints import MOST
from tests.cast import Cast


class Receiver:
    """A program that takes webhooks. `status` is what it answers next."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"thanks"
        self.taken: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


def endpoint_at(cast: Cast, url: str, *types: str) -> tuple[WebhookEndpoint, str]:
    return create_endpoint(actor=cast.principal("admin"), workspace_id=cast.workspace.id, url=url, types=types)


def run_due() -> None:
    """What the workers would do with everything that waits, now or later."""
    Job.objects.filter(state="waiting").update(due_at=now() - timedelta(seconds=1))
    for job in Job.objects.filter(state="waiting", task="core.deliver_webhook"):
        run_job(job.id)


def is_signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    return verify(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body, headers["webhook-signature"])


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's own libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected
    assert verify(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, f"v1,xx {expected}")
    assert not verify(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265331, body, expected)


def test_an_event_arrives_signed(cast: Cast, receiver: Receiver) -> None:
    endpoint, secret = endpoint_at(cast, receiver.url, "key.revoked")
    cast.key("member", "mcp")
    key = cast.users["member"].keys.get()
    revoke_key(actor=cast.principal("member"), key=key)
    run_due()
    [(headers, body)] = receiver.taken
    said = json.loads(body)
    assert said["type"] == "key.revoked"
    assert said["data"]["target"] == {"kind": "key", "id": key.id}
    assert said["data"]["actor"] == {"kind": "person", "id": cast.users["member"].id, "key": ""}
    assert headers["content-type"] == "application/json"
    assert is_signed(headers, body, secret)
    assert not is_signed(headers, body + b" ", secret)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.answer, delivery.attempts) == ("delivered", 200, "thanks", 1)
    assert delivery.id == headers["webhook-id"]
    assert delivery.duration_ms is not None
    assert delivery.delivered_at is not None
    assert delivery.endpoint == endpoint


def test_only_wanted_events_of_ones_own_workspace_arrive(cast: Cast, receiver: Receiver) -> None:
    endpoint_at(cast, receiver.url, "member.added")
    cast.key("member", "mcp")
    create_endpoint(actor=SYSTEM, workspace_id="wsp_other", url=receiver.url)
    run_due()
    assert [json.loads(body)["type"] for _headers, body in receiver.taken] == ["webhook.created"]
    assert WebhookDelivery.objects.filter(workspace=cast.workspace.id).count() == 0


def test_a_failure_is_tried_again_under_the_same_id(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url, "key.revoked")
    receiver.status, receiver.body = 503, b"later"
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    run_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.answer) == ("waiting", 1, 503, "later")
    assert delivery.next_at is not None
    assert delivery.next_at > now()
    assert Job.objects.filter(subject=delivery.id, state="waiting", due_at=delivery.next_at).exists()
    receiver.status = 204
    run_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    first, second = (headers["webhook-id"] for headers, _body in receiver.taken)
    assert first == second


def test_a_redirect_is_no_delivery(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url)
    receiver.status = 302
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    attempt_delivery(delivery_id=delivery.id)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status) == ("waiting", 302)
    assert len(receiver.taken) == 1


def test_it_is_given_up_after_the_last_attempt(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url, "key.revoked")
    receiver.status = 500
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    for _attempt in range(len(PAUSES_S) + 3):
        run_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("failed", len(PAUSES_S) + 1)
    assert delivery.next_at is None
    endpoint.refresh_from_db()
    assert endpoint.enabled  # it is young: three days must pass


def test_an_endpoint_that_takes_nothing_for_days_is_switched_off(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url, "key.revoked")
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(created_at=now() - timedelta(days=4))
    receiver.status = 500
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=len(PAUSES_S))
    run_due()
    endpoint.refresh_from_db()
    assert not endpoint.enabled
    assert endpoint.disabled_reason
    assert Event.objects.get(type="webhook.disabled").actor_kind == "system"
    waiting = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    assert attempt_delivery(delivery_id=waiting.id) == "failed"
    assert len(receiver.taken) == 1


def test_an_endpoint_that_still_takes_some_stays(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url, "key.revoked")
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(created_at=now() - timedelta(days=4))
    send_test(actor=cast.principal("admin"), endpoint=endpoint)
    run_due()
    receiver.status = 500
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=len(PAUSES_S))
    run_due()
    endpoint.refresh_from_db()
    assert endpoint.enabled


def test_gone_means_gone(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url, "key.revoked")
    receiver.status = 410
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    run_due()
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert (delivery.state, endpoint.enabled) == ("failed", False)


def test_an_endpoint_may_be_switched_on_again(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url, "key.revoked")
    WebhookEndpoint.objects.update(enabled=False, disabled_reason="It answered 410 Gone.")
    endpoint.refresh_from_db()
    changed = update_endpoint(
        actor=cast.principal("admin"), endpoint=endpoint, url=endpoint.url, types=["key.created"], enabled=True
    )
    assert (changed.enabled, changed.disabled_reason) == (True, "")
    event = Event.objects.get(type="webhook.updated")
    assert event.changes == {"enabled": [False, True], "types": [["key.revoked"], ["key.created"]]}


def test_a_new_address_does_not_stand_in_the_event(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url, "key.revoked")
    update_endpoint(
        actor=cast.principal("admin"), endpoint=endpoint, url=f"{receiver.url}?token=secret", types=[], enabled=True
    )
    assert "secret" not in str(Event.objects.filter(type__startswith="webhook.").values())


def test_after_a_rotation_both_secrets_sign_for_a_day(cast: Cast, receiver: Receiver) -> None:
    endpoint, old = endpoint_at(cast, receiver.url, "key.revoked")
    new = rotate_secret(actor=cast.principal("admin"), endpoint=endpoint)
    endpoint.refresh_from_db()
    send_test(actor=cast.principal("admin"), endpoint=endpoint)
    run_due()
    headers, body = receiver.taken[-1]
    assert is_signed(headers, body, new)
    assert is_signed(headers, body, old)
    kept = open_for(cast.workspace.id, endpoint.secret)
    from core.secrets import seal_for

    endpoint.secret = seal_for(cast.workspace.id, kept | {"previous_until": now().timestamp() - 1})
    endpoint.save()
    send_test(actor=cast.principal("admin"), endpoint=endpoint)
    run_due()
    headers, body = receiver.taken[-1]
    assert is_signed(headers, body, new)
    assert not is_signed(headers, body, old)


def test_a_secret_is_kept_sealed(cast: Cast, receiver: Receiver) -> None:
    endpoint, secret = endpoint_at(cast, receiver.url)
    assert secret.removeprefix("whsec_").encode() not in bytes(endpoint.secret)


def test_an_address_that_a_request_named_is_signed_with_the_workspaces_secret(cast: Cast, receiver: Receiver) -> None:
    secret = rotate_call_secret(actor=cast.principal("admin"), workspace_id=cast.workspace.id)
    delivery = send_webhook(workspace_id=cast.workspace.id, url=receiver.url, type="call.done", data={"id": "run_1"})
    run_due()
    headers, body = receiver.taken[-1]
    assert json.loads(body)["data"] == {"id": "run_1"}
    assert is_signed(headers, body, secret)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.endpoint) == ("delivered", None)


def test_it_is_signed_also_before_anybody_asked_for_the_secret(cast: Cast, receiver: Receiver) -> None:
    send_webhook(workspace_id=cast.workspace.id, url=receiver.url, type="call.done", data={})
    run_due()
    assert receiver.taken[-1][0]["webhook-signature"].startswith("v1,")


def test_a_delivery_is_sent_again_on_demand(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url)
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    with pytest.raises(ServiceProblem):
        replay_delivery(actor=cast.principal("admin"), delivery=delivery)
    run_due()
    with pytest.raises(PermissionProblem):
        replay_delivery(actor=cast.principal("member"), delivery=delivery)
    again = replay_delivery(actor=cast.principal("admin"), delivery=delivery)
    assert (again.id, again.state) == (delivery.id, "waiting")
    run_due()
    ids = [headers["webhook-id"] for headers, _body in receiver.taken]
    assert ids.count(delivery.id) == 2


def test_an_address_inside_is_refused_when_it_is_named_and_when_it_is_reached(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in ("http://169.254.169.254/latest", "http://10.0.0.1/", "ftp://example.com/", "http://", "nonsense"):
        with pytest.raises(InvalidProblem) as refused:
            endpoint_at(cast, url)
        assert refused.value.field == "url"
    delivery = send_webhook(workspace_id=cast.workspace.id, url="http://10.0.0.1/", type="call.done", data={})
    assert attempt_delivery(delivery_id=delivery.id) == "waiting"
    delivery.refresh_from_db()
    assert delivery.status is None
    assert delivery.answer


def test_nobody_listening_is_told_in_words(cast: Cast, receiver: Receiver) -> None:
    receiver.close()
    endpoint, _secret = endpoint_at(cast, receiver.url)
    delivery = send_test(actor=cast.principal("admin"), endpoint=endpoint)
    attempt_delivery(delivery_id=delivery.id)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status) == ("waiting", None)
    assert delivery.answer
    receiver.server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    receiver.thread = threading.Thread(target=receiver.server.serve_forever, daemon=True)
    receiver.thread.start()


def test_what_it_may_want_is_known(cast: Cast, receiver: Receiver) -> None:
    for types in (["nonsense"], ["person.signed_in"]):
        with pytest.raises(InvalidProblem) as refused:
            endpoint_at(cast, receiver.url, *types)
        assert refused.value.field == "types"


def test_a_workspace_has_a_limit_of_endpoints(cast: Cast, receiver: Receiver) -> None:
    for number in range(MOST):
        WebhookEndpoint.objects.create(workspace=cast.workspace.id, url=f"{receiver.url}/{number}", secret=b"")
    with pytest.raises(InvalidProblem) as refused:
        endpoint_at(cast, receiver.url)
    assert refused.value.code == "too_many"


@pytest.mark.parametrize("who", ["member", "viewer", "outsider", "operator"])
def test_only_managers_touch_webhooks(cast: Cast, receiver: Receiver, who: str) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url)
    actor = cast.principal(who)
    attempts = (
        lambda: create_endpoint(actor=actor, workspace_id=cast.workspace.id, url=receiver.url),
        lambda: update_endpoint(actor=actor, endpoint=endpoint, url=endpoint.url, types=[], enabled=False),
        lambda: rotate_secret(actor=actor, endpoint=endpoint),
        lambda: rotate_call_secret(actor=actor, workspace_id=cast.workspace.id),
        lambda: send_test(actor=actor, endpoint=endpoint),
        lambda: delete_endpoint(actor=actor, endpoint=endpoint),
    )
    for attempt in attempts:
        with pytest.raises(PermissionProblem):
            attempt()


def test_a_removed_endpoint_takes_its_log_along(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = endpoint_at(cast, receiver.url)
    send_test(actor=cast.principal("admin"), endpoint=endpoint)
    delete_endpoint(actor=cast.principal("admin"), endpoint=endpoint)
    assert not WebhookDelivery.objects.exists()
    run_due()
    assert receiver.taken == []
