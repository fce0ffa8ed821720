"""What is sent from a panel: a message, a stop, an answer to an ask. For every page that has a panel.

A script asks for JSON and puts what comes into the page; without one the answer is a redirect to the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _

from assistants.models import Assistant, Conversation, Message, Run
from assistants.selectors.conversations import with_runs
from assistants.services.conversations import answer_ask, cancel_run, say
from assistants.views.panel import Panel, configuration_of, draw_block, draw_turn, turns_of
from core.components.schema_form import SchemaForm
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, ServiceProblem

Again = Callable[..., HttpResponse]
"""Draws the page again: typed=…, problem=…, status=…"""


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def problem_answer(request: HttpRequest, problem: ServiceProblem, again: Again) -> HttpResponse:
    """What was typed stays: in the page that asked, or in the page that is drawn again."""
    if wants_json(request):
        return JsonResponse({"sentence": str(problem.sentence), "code": problem.code}, status=problem.status)
    return again(typed=request.POST.get("text", ""), problem=str(problem.sentence), status=problem.status)


def sent(request: HttpRequest, assistant: Assistant, conversation: Conversation | None) -> dict[str, Any]:
    """Arguments of `say` from a form. Raises InvalidProblem with the first mistake of an input form."""
    if again := request.POST.get("again", ""):
        return _said_before(conversation, again)
    found: dict[str, Any] = {"text": request.POST.get("text", "")}
    if tool := request.POST.get("tool", ""):
        return found | {"tool": tool}
    schema = configuration_of(assistant).input_schema
    if schema is not None and "input.__mode" in request.POST:
        form = SchemaForm(schema, name="input", data=request.POST)
        if not form.is_valid():
            path, sentences = next(iter(form.errors.items()))
            raise InvalidProblem(f"{path}: {sentences[0]}" if path else sentences[0], field="input")
        if form.value or not found["text"].strip():
            found["value"] = form.value
    return found


def _said_before(conversation: Conversation | None, run: str) -> dict[str, Any]:
    """The same once more."""
    message = None
    if conversation is not None:
        rows = Message.objects.filter(conversation=conversation, role=Message.Role.PERSON, run=run)
        message = rows.first()
    if message is None:
        raise NotFoundProblem(_("There is no such message."))
    found: dict[str, Any] = {"text": ""}
    for part in message.parts:
        if part["kind"] == "text":
            found["text"] = part["text"]
        elif part["kind"] == "input":
            found["value"] = part["value"]
        elif part["kind"] == "choice":
            found["tool"] = part["tool"]
    return found


def say_here(
    request: HttpRequest, actor: Principal, assistant: Assistant, begin: Callable[[], Conversation], **more: Any
) -> Run:
    """Say what was sent. A conversation that nothing could be said in is not kept."""
    with transaction.atomic():
        conversation = begin()
        words = sent(request, assistant, conversation)
        return say(actor=actor, conversation=conversation, **words, **more)


def said_answer(request: HttpRequest, run: Run, panel: Panel, url: str) -> HttpResponse:
    """The new turn for the page, with where its forms go from now on."""
    if not wants_json(request):
        return HttpResponseRedirect(f"{url}#newest")
    token = get_token(request)
    messages = list(Message.objects.filter(run=run.id).order_by("position"))
    turns = turns_of(with_runs(messages))
    return JsonResponse(
        {
            "turn": "".join(draw_turn(panel, turn, token) for turn in turns),
            "run": run.id,
            "position": messages[-1].position,
            "say": panel.links.say,
            "stream": panel.links.stream,
            "stop": panel.links.stop,
            "url": url,
            "key": panel.key,
            "left": panel.left,
        }
    )


def stop_here(request: HttpRequest, actor: Principal, conversation: Conversation, url: str) -> HttpResponse:
    """Stop the run that is named, or whatever runs."""
    runs = Run.objects.filter(conversation=conversation, state__in=(*Run.LIVE, Run.State.ASKING))
    named = request.POST.get("run", "")
    for run in (runs.filter(pk=named) if named else runs).select_related("conversation"):
        cancel_run(actor=actor, run=run)
    return JsonResponse({}) if wants_json(request) else HttpResponseRedirect(f"{url}#newest")


def answer_here(
    request: HttpRequest, actor: Principal, conversation: Conversation, panel: Panel, url: str, again: Again
) -> HttpResponse:
    """Answer an ask. A form with mistakes comes back with them."""
    run = Run.objects.filter(conversation=conversation, pk=request.POST.get("run", "")).first()
    found = _asked(panel, request.POST.get("ask", ""))
    try:
        if run is None or found is None:
            raise ServiceProblem(_("This was answered already."), code="not_asking")
        turn, block = found
        decision, arguments = request.POST.get("decision", ""), None
        if decision == "fill":
            block.given = SchemaForm(block.data.get("schema") or {}, name="args", data=request.POST)
            if not block.given.is_valid():
                if wants_json(request):
                    html = draw_block(panel, turn, block, get_token(request))
                    return JsonResponse({"block": html, "code": "invalid"}, status=400)
                return again(panel=panel, status=400)
            arguments = block.given.value
        answer_ask(actor=actor, run=run, ask=request.POST.get("ask", ""), decision=decision, arguments=arguments)
    except ServiceProblem as problem:
        return problem_answer(request, problem, again)
    return JsonResponse({"run": run.id}) if wants_json(request) else HttpResponseRedirect(f"{url}#newest")


def _asked(panel: Panel, ask: str) -> tuple[Any, Any] | None:
    for turn in panel.turns:
        for block in turn.blocks:
            if block.kind == "ask" and block.data.get("id") == ask:
                return turn, block
    return None
