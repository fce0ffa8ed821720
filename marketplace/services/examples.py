"""An assistant's own examples, run where it is installed, and whether they go well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistants.answers import answer_of
from assistants.configuration import Example, ModelChoice
from assistants.models import Assistant, Conversation, Message, Run
from assistants.services.conversations import say, start_conversation
from assistants.services.settings import settings_of
from core.clock import now
from core.errors import ServiceProblem
from core.jobs import JobLater
from core.permissions import SYSTEM
from marketplace.evidence.checks import Check, check
from marketplace.models import Install, Listing, ListingVersion, Probe
from marketplace.packages import AssistantPackage
from marketplace.services.showroom import SLUG as SHOWROOM
from marketplace.services.showroom import prepare_trial, trial_tools
from proxy.models import Server

MOST = 10
"""Examples of one probe: they may cost their publisher's workspace money."""
LOOK_AGAIN_S = 5
KEPT = timedelta(hours=6)
NAMED = 2
ENDED = (Run.State.DONE, Run.State.ASKING)


def example_checks(*, listing: Listing, version: ListingVersion, package: AssistantPackage) -> list[Check]:
    """Run the examples, or gather what came of them. Raises JobLater while some still run."""
    if not package.examples:
        return [check("example", "unprobed", _("Not probed: it brings no examples of its own."))]
    assistant = assistant_for(listing, version, package)
    if assistant is None:
        lacks = _("a model") if not package.works_offline else _("servers that do not come with Crossroads")
        return [check("example", "unprobed", _("Not probed: it needs %s.") % lacks)]
    if Server.objects.filter(
        workspace=assistant.workspace_id, workspace__slug=SHOWROOM, state=Server.State.NEW
    ).exists():  # fmt: skip
        raise JobLater(LOOK_AGAIN_S)  # its tools are not known yet; discovery ends that state one way or the other
    examples = package.examples[:MOST]
    runs = [_run(listing, version, assistant, number, example) for number, example in enumerate(examples)]
    if any(run is not None and run.state in Run.LIVE for run in runs):
        raise JobLater(LOOK_AGAIN_S)
    return [_judged(examples, runs)]


def assistant_for(listing: Listing, version: ListingVersion, package: AssistantPackage) -> Assistant | None:
    """Where its examples run: the publisher's own install of this very version, if that has a model or needs none;
    else the showroom, for what works offline with the tools that come along. Nobody else's workspace pays for a probe.
    """
    found = _installed(listing, version)
    if found is not None and (
        package.works_offline or settings_of(found.workspace_id, ModelChoice(klass=package.model))
    ):
        return found
    if not package.works_offline or trial_tools(package)[1]:
        return None
    try:
        return prepare_trial(listing=listing)
    except ServiceProblem:
        return None


def _installed(listing: Listing, version: ListingVersion) -> Assistant | None:
    workspace = listing.publisher.workspace_id
    installs = Install.objects.filter(
        listing=listing, version=version, workspace=workspace, state=Install.State.READY, removed_at=None
    )
    install = installs.exclude(assistant=None).select_related("assistant__deployed").first() if workspace else None
    return install.assistant if install and install.assistant and install.assistant.deployed_id else None


def _run(
    listing: Listing, version: ListingVersion, assistant: Assistant, number: int, example: Example
) -> Run | None:  # fmt: skip
    """The run of one example for this probe; begun if it was not. None when it cannot begin."""
    last = Probe.objects.filter(listing=listing).order_by("-id").values_list("pk", flat=True).first() or "first"
    title = f"{version.id} {last} {number}"
    rows = Conversation.objects.filter(
        assistant=assistant, channel=Conversation.Channel.CHECK, title=title, expires_at__gt=now()
    )
    conversation = rows.first()
    if conversation is None:
        conversation = start_conversation(
            actor=SYSTEM,
            assistant=assistant,
            channel=Conversation.Channel.CHECK,
            title=title,
            expires_at=now() + KEPT,
        )
    run = conversation.runs.order_by("-id").first()
    if run is not None:
        return run
    try:
        return say(actor=SYSTEM, conversation=conversation, text=example.input)
    except ServiceProblem:
        return None


def _judged(examples: Sequence[Example], runs: Sequence[Run | None]) -> Check:
    faults = [_fault(example, run) for example, run in zip(examples, runs, strict=True)]
    told = [fault for fault in faults if fault is not None]
    value = {"passed": told.count(""), "of": len(told)}
    if not told:
        return check("example", "unprobed", _("Not probed: the model could not be reached."), None)
    wrong = [fault for fault in told if fault]
    said = ngettext("%(passed)d of %(of)d own test passes.", "%(passed)d of %(of)d own tests pass.", len(told)) % value
    if not wrong:
        return check("example", "good", said, value)
    return check("example", "poor" if value["passed"] else "bad", " ".join([said, *wrong[:NAMED]]), value)


def _fault(example: Example, run: Run | None) -> str | None:
    """Why an example did not go well; "" when it did, None when its model is to blame and nothing was learnt."""
    shown = example.input[:60]
    if run is None:
        return _("“%s” could not be asked.") % shown
    if run.error_kind.startswith("model_"):
        return None
    if run.state not in ENDED:
        return _("“%s” was not answered.") % shown
    message = Message.objects.get(run=run.id, role=Message.Role.ASSISTANT)
    said = answer_of(message.parts, run.state).text.casefold()
    lacking = next((text for text in example.expect if text.casefold() not in said), None)
    if lacking is not None:
        return _("The answer to “%(asked)s” lacks “%(text)s”.") % {"asked": shown, "text": lacking[:60]}
    called = {str(part.get("name", "")).rpartition("__")[2] for part in message.parts if part["kind"] == "tool_call"}
    missed = next((tool for tool in example.tools if tool.rpartition("__")[2] not in called), None)
    if missed is not None:
        return _("“%(asked)s” did not call %(tool)s.") % {"asked": shown, "tool": missed[:60]}
    return ""
