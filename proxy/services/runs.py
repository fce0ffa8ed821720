"""What workers do: ask servers what they offer, run calls that the API asked for. Each may run twice without harm."""

from __future__ import annotations

import json

from django.utils.translation import gettext as _

from accounts.permissions import ask, in_workspace
from core.decision import Principal
from proxy.adapters import runtime
from proxy.adapters.wiring import Engine
from proxy.engine import messages
from proxy.engine.discovery import discover
from proxy.engine.ports import Reply, UpstreamProblem
from proxy.models import CallJob, Server
from proxy.services.barring import bar_of
from proxy.services.calls import begin_call, finish_call, opened_arguments, principal_now
from proxy.services.discovery import record_discovery, record_problem
from proxy.services.reach import spec_of_server
from proxy.stdio_policy import NOT_ALLOWED

DISCOVERY_S = 240.0
CALL_S = 660.0
LET_GO_S = 30.0
CLIENT = "Crossroads API"


def run_discovery(*, server_id: str) -> None:
    """Ask a server what it offers, and keep the answer or what went wrong. One that is paused is left alone."""
    server = Server.objects.select_related("workspace").filter(pk=server_id, paused_at=None).first()
    if server is None or server.workspace.suspended_at is not None or server.transport == Server.Transport.INTERNAL:
        return
    bar = bar_of(server)
    if bar:
        record_problem(server=server, problem=UpstreamProblem(NOT_ALLOWED, bar))
        return
    spec = spec_of_server(server)
    try:
        found = runtime.run(lambda engine: discover(engine.upstreams, spec), timeout_s=DISCOVERY_S)
    except UpstreamProblem as problem:
        record_problem(server=server, problem=problem, fingerprint=spec.fingerprint)
    except TimeoutError:
        silent = UpstreamProblem("timeout", _("The server did not list what it offers in time."))
        record_problem(server=server, problem=silent, fingerprint=spec.fingerprint)
    else:
        record_discovery(server=server, found=found, fingerprint=spec.fingerprint)


def run_let_go(*, server_id: str) -> None:
    """End what runs for a server that is gone, paused or barred. Raises UpstreamProblem when the owner is away."""
    server = Server.objects.select_related("workspace").filter(pk=server_id, paused_at=None).first()
    if server is None or bar_of(server):
        runtime.run(lambda engine: engine.owner.stop(server_id), timeout_s=LET_GO_S)


def run_call(*, job_id: str) -> None:
    """Make the call of a job through the gateway: the same rules, the same record. Once, however often it is woken."""
    job = begin_call(job_id=job_id)
    if job is None:
        return
    principal = principal_now(job)
    decision = ask(principal, "call.run", in_workspace(job.workspace, "hub", job.hub, hub_id=job.hub))
    if not decision.allowed:
        finish_call(job=job, result=None, error=decision.sentence)
        return
    params = json.dumps({"name": job.tool, "arguments": opened_arguments(job)}).encode()
    try:
        reply = runtime.run(lambda engine: _called(engine, job, principal, params), timeout_s=CALL_S)
    except TimeoutError:
        finish_call(job=job, result=None, error=_("The call took too long and was given up."))
    else:
        _finish(job, reply)


async def _called(engine: Engine, job: CallJob, principal: Principal, params: bytes) -> Reply | None:
    hub = await engine.hubs.by_id(job.hub)
    if hub is None:
        return None
    return await engine.gateway.call(principal, hub, "tools/call", params, client_name=CLIENT, call_id=job.call)


def _finish(job: CallJob, reply: Reply | None) -> None:
    if reply is None:
        finish_call(job=job, result=None, error=_("The hub is gone."))
    elif reply.error is not None:
        error = messages.decode_error(reply.error)
        finish_call(job=job, result=None, error=error.message or _("The server answered with an error."))
    else:
        finish_call(job=job, result=bytes(reply.result or b"{}"))
