"""A broker may deliver a message twice, and a lease may end while its worker lives: each task run twice is run once.

Every task of these apps stands here. One that is added fails the test until it does, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from pytest_django.fixtures import Settings

from accounts import tasks as accounts_tasks
from billing import tasks as billing_tasks
from billing.models import UsageHour
from core import jobs, schedule
from core import tasks as core_tasks
from core.clock import now
from core.mailer import send_message
from core.models import Job, WebhookDelivery
from core.webhooks import send_webhook
from core.webhooks.endpoints import create_endpoint
from proxy import tasks as proxy_tasks
from proxy.adapters import runtime
from proxy.importers.drafts import ServerDraft
from proxy.models import Call, Definition, Feature, Hub, Server
from proxy.services.calls import request_call
from proxy.services.hubs import create_hub
from proxy.services.runs import run_discovery
from proxy.services.servers import connect_server, pause_server
from tests.core.test_mailer import smtp
from tests.core.test_webhooks import Receiver, receiver
from tests.peers.fixtures import Peers
from tests.proxy.conftest import Cast

__all__ = ["receiver", "smtp"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]
OURS = ("accounts.", "billing.", "core.", "proxy.")


def rows() -> dict[str, int]:
    """How many there are of everything, jobs of the broker's sake left out."""
    names = {model._meta.db_table for model in apps.get_models() if model is not Job}
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(names & set(connection.introspection.table_names())):
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = cursor.fetchone()[0]
    return found


@pytest.fixture
def hub(cast: Cast, peers: Peers) -> Hub:
    draft = ServerDraft(title="Peer", transport="http", url=peers.start("plain").url, timeout_ms=8000)
    server = connect_server(actor=cast.operator, workspace=cast.workspace, draft=draft)
    run_discovery(server_id=server.id)
    return create_hub(actor=cast.operator, workspace=cast.workspace, title="Main", servers=[server])


def flush() -> None:
    runtime.run(lambda engine: engine.journal.flush())


def a_discovery(cast: Cast, hub: Hub, _receiver: Receiver) -> str:
    Feature.objects.all().delete()
    Definition.objects.all().delete()
    return str(Server.objects.get().id)


def a_call(cast: Cast, hub: Hub, receiver: Receiver) -> str:
    arguments = {"text": "once"}
    return str(request_call(
        actor=cast.member, hub=hub, tool="peer__echo", arguments=arguments, webhook_url=receiver.url
    ).id)  # fmt: skip


def a_pause(cast: Cast, hub: Hub, _receiver: Receiver) -> str:
    Server.objects.update(transport="sse")  # a server over HTTP has nothing to let go
    return str(pause_server(actor=cast.operator, server=Server.objects.get()).id)


def a_message(_cast: Cast, _hub: Hub, _receiver: Receiver) -> str:
    context = {"email": "a@example.com", "action_url": "http://localhost:8000/r/", "action_label": "Go"}
    return str(send_message(kind="account.password_reset_key", to="a@example.com", context=context).id)


def a_delivery(cast: Cast, _hub: Hub, receiver: Receiver) -> str:
    send_webhook(workspace_id=cast.workspace.id, url=receiver.url, type="call.finished", data={})
    return str(WebhookDelivery.objects.latest("id").id)


Made = Callable[[Cast, Hub, Receiver], str]
TASKS: dict[str, Made] = {
    "core.deliver_message": a_message,
    "core.deliver_webhook": a_delivery,
    "proxy.discover_server": a_discovery,
    "proxy.let_go": a_pause,
    "proxy.run_call": a_call,
}
TIMERS: dict[str, Callable[[], object]] = {
    "accounts.forget_sessions": accounts_tasks.forget_sessions,
    "billing.sum_late_usage": billing_tasks.sum_late_usage,
    "billing.sum_usage": billing_tasks.sum_usage,
    "core.housekeeping": core_tasks.housekeeping,
    "core.sweep": core_tasks.sweep,
    "proxy.apply_stdio_policy": proxy_tasks.apply_policy,
    "proxy.forget": proxy_tasks.forget,
    "proxy.prune_definitions": proxy_tasks.prune,
    "proxy.rediscover_due": proxy_tasks.rediscover_due,
}


def test_every_task_stands_here() -> None:
    assert {name for name in jobs._handlers if name.startswith(OURS)} == set(TASKS)
    assert {name for name in schedule._timers if name.startswith(OURS)} == set(TIMERS)


@pytest.fixture
def made(
    cast: Cast, hub: Hub, receiver: Receiver, smtp: Any, request: pytest.FixtureRequest
) -> Iterator[tuple[str, str]]:
    yield request.param, TASKS[request.param](cast, hub, receiver)


def effects(receiver: Receiver, smtp: Any) -> dict[str, int]:
    flush()
    outside = {"webhooks": len(receiver.taken), "mails": len(smtp.taken)}
    return rows() | outside | {"calls": Call.objects.filter(method="tools/call").count()}


@pytest.mark.parametrize("made", TASKS, indirect=True)
def test_a_task_that_runs_twice_did_it_once(made: tuple[str, str], receiver: Receiver, smtp: Any) -> None:
    name, subject = made
    handler = jobs._handlers[name].function
    before = effects(receiver, smtp)
    handler(subject)
    once = effects(receiver, smtp)
    handler(subject)
    assert effects(receiver, smtp) == once
    assert once != before or name == "proxy.let_go", "it did something"


@pytest.mark.parametrize("made", TASKS, indirect=True)
def test_a_message_that_comes_twice_at_once_runs_once(made: tuple[str, str], receiver: Receiver, smtp: Any) -> None:
    name, subject = made
    job = Job.objects.filter(task=name, subject=subject).latest("id")
    Job.objects.filter(pk=job.pk).update(state="waiting", due_at=now() - timedelta(seconds=1), leased_until=None)

    def run(_number: int) -> str:
        try:
            return jobs.run_job(job.id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(run, range(4)))
    assert told == ["done", "skipped", "skipped", "skipped"]
    found = effects(receiver, smtp)
    assert found["calls"] == (1 if name == "proxy.run_call" else 0)
    assert found["webhooks"] == (1 if name == "core.deliver_webhook" else 0)
    assert found["mails"] == (1 if name == "core.deliver_message" else 0)


@pytest.mark.parametrize("name", TIMERS)
def test_a_timer_that_runs_twice_did_it_once(name: str, cast: Cast, hub: Hub, settings: Settings) -> None:
    request_call(actor=cast.member, hub=hub, tool="peer__echo", arguments={"text": "x"})
    job = Job.objects.get(task="proxy.run_call")
    jobs.run_job(job.id)
    flush()
    Definition.objects.create(id="0" * 64, body={}, size=2, unused_since=now() - timedelta(days=1000))
    Server.objects.update(next_discovery_at=now() - timedelta(seconds=1))
    create_endpoint(actor=cast.admin, workspace_id=cast.workspace.id, url="http://127.0.0.1:9/", types=[])
    TIMERS[name]()
    once, hours, waiting = rows(), list(UsageHour.objects.values()), Job.objects.filter(state="waiting").count()
    TIMERS[name]()
    assert (rows(), list(UsageHour.objects.values())) == (once, hours)
    assert Job.objects.filter(state="waiting").count() == waiting
