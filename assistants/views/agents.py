"""The door for other agents: a public card at the well-known address below it, and JSON-RPC behind a key (A2A)."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import in_workspace, principal_of_key, require
from accounts.selectors import KeyRefused, key_of_token
from accounts.services import touch_key_last_used
from assistants.adapters import a2a
from assistants.adapters.a2a import AgentProblem
from assistants.models import Assistant
from assistants.selectors.agent_cards import agent_card, agent_of
from assistants.views.agent_desk import Desk, in_django
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, PermissionProblem, ServiceProblem

Json = dict[str, Any]
CARD_AGE_S = 300


@require_safe
def card(request: HttpRequest, workspace: str, slug: str) -> HttpResponse:
    """`/a2a/<workspace>/<assistant>/.well-known/agent-card.json`: for everybody, where the assistant offers it."""
    response = JsonResponse(agent_card(_agent(workspace, slug)))
    patch_cache_control(response, public=True, max_age=CARD_AGE_S)
    response["Access-Control-Allow-Origin"] = "*"
    return response


@csrf_exempt
@require_POST
async def agent(request: HttpRequest, workspace: str, slug: str) -> HttpResponseBase:
    """The endpoint. Only a key opens it: no cookie does, so no other site can use a browser's."""
    id: Any = None
    try:
        assistant, actor = await in_django(lambda: _entered(request, workspace, slug))
        message = _message(request.body)
        id = message.get("id")
        return await Desk(assistant, actor, request.headers.get("A2A-Version", ""), id).answer(message)
    except AgentProblem as problem:
        return _failed(id, problem)
    except KeyRefused:
        response = HttpResponse(status=401)
        response["WWW-Authenticate"] = 'Bearer realm="crossroads"'
        return response
    except PermissionProblem as problem:
        return _failed(id, AgentProblem(a2a.INVALID_REQUEST, str(problem.sentence)), status=403)
    except ServiceProblem as problem:
        return _failed(id, _told(problem))


def _agent(workspace: str, slug: str) -> Assistant:
    found = agent_of(workspace, slug)
    if found is None:
        raise Http404
    return found


def _entered(request: HttpRequest, workspace: str, slug: str) -> tuple[Assistant, Principal]:
    """Raises KeyRefused, Http404 or PermissionProblem."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    key = key_of_token(token.strip() if scheme.lower() == "bearer" else "")
    touch_key_last_used(key=key, client=request.headers.get("user-agent", ""))
    assistant, actor = _agent(workspace, slug), principal_of_key(key)
    if actor.workspace_id != assistant.workspace_id:
        raise Http404
    require(actor, "assistant.use", in_workspace(assistant.workspace_id, "assistant", assistant.id))
    return assistant, actor


def _message(body: bytes) -> Json:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise AgentProblem(a2a.PARSE, _("This is not JSON.")) from None
    if not isinstance(message, dict):
        raise AgentProblem(a2a.INVALID_REQUEST, _("Send one request at a time."))
    return message


def _told(problem: ServiceProblem) -> AgentProblem:
    code = a2a.UNSUPPORTED
    if isinstance(problem, NotFoundProblem):
        code = a2a.NO_TASK
    elif isinstance(problem, InvalidProblem):
        code = a2a.INVALID_PARAMS
    return AgentProblem(code, str(problem.sentence), problem=problem.code)


def _failed(id: Any, problem: AgentProblem, status: int = 200) -> JsonResponse:
    return JsonResponse({"jsonrpc": "2.0", "id": id, "error": problem.object()}, status=status)
