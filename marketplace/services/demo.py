"""The demo's assistants: installed from the marketplace, and talked with by really running them.

`furnish_demo` installs; it is quick, and the first page shows them. `talk_in_demo` holds the conversations one message
at a time, each answered by the worker of the runs with the offline model. Nothing is written in their place: what
stands on the pages afterwards is what these runs left. Every day on which the site is started they talk again, until
the workspace has used each assistant enough to judge it; whether to review is the visitor's to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.db import transaction
from django.db.models import Sum

from accounts.models import Membership, User, Workspace
from accounts.permissions import principal_for
from assistants.models import Assistant, Conversation, Message, Run
from assistants.services.conversations import say, start_conversation
from assistants.services.saying import title_of
from core.clock import now
from core.decision import Principal
from core.errors import ServiceProblem
from core.jobs import enqueue_job
from marketplace.models import Install, Listing, ListingUse
from marketplace.selectors.standing import LEAST_DAYS, LEAST_RUNS
from marketplace.services.installing import install_listing

TALK = "marketplace.seed_demo"
SLUG, HUB = "demo", "main"


@dataclass(frozen=True)
class Talk:
    """One conversation a day with one assistant; what is said stands in the order in which it is said."""

    listing: str
    said: tuple[str, ...]


TALKS = (
    Talk(
        "world-clock",
        ("What time is it in Tokyo?", "Convert 2026-12-01 15:00 from Europe/Berlin to America/New_York",
         "Which time zones are there in Brazil?"),
    ),
    Talk("exact-calculator", ("(1199 * 0.81) / 12", "sqrt(2), digits: 40", "2 ** 64 - 1")),
    Talk(
        "regex-bench",
        ('Try the pattern "\\d{4}-\\d{2}-\\d{2}" on "from 2026-01-02 to 2026-03-04"',
         'Try the pattern "[A-Z]{2,3}-\\d+" on "fixed in CR-12 and CR-7"',
         'Try the pattern "(\\w+)@(\\w+)\\.org" on "ada@example.org, bob@example.org"'),
    ),
    Talk("team-notebook", ("What notes do we have?", 'Search the notes for "release"')),
)  # fmt: skip


def furnish_demo() -> list[Install]:
    """Install what the demo shows, each once: what a visitor removed stays away. Then have them talked with.

    Does nothing without a demo workspace. Returns what was installed.
    """
    found = _demo()
    if found is None:
        return []
    workspace, actor = found
    made = [install for talk in TALKS if (install := _install(actor, workspace, talk.listing)) is not None]
    if any(not _has_enough(workspace, talk) for talk in TALKS):
        enqueue_job(task=TALK, workspace_id=workspace.id)
    return made


def talk_in_demo() -> bool:
    """Say what is next in each of today's conversations. False as long as there is more to say or to wait for.

    It may run as often as one likes: what was said is not said again.
    """
    found = _demo()
    if found is None:
        return True
    workspace, actor = found
    ended = [_go_on(actor, workspace, talk) for talk in TALKS]  # none waits for another
    return all(ended)


def _demo() -> tuple[Workspace, Principal] | None:
    """The demo workspace as its visitor sees it; None where there is none, or where somebody else has the name."""
    user = User.objects.filter(is_demo=True, is_active=True).order_by("created_at").first()
    workspace = Workspace.objects.filter(slug=SLUG, suspended_at=None).first()
    if user is None or workspace is None or not Membership.objects.filter(workspace=workspace, user=user).exists():
        return None
    return workspace, principal_for(user, workspace)


def _install(actor: Principal, workspace: Workspace, slug: str) -> Install | None:
    listing = Listing.objects.select_related("current").filter(slug=slug, state=Listing.State.LIVE).first()
    if listing is None or listing.current is None or Install.objects.filter(workspace=workspace, listing=listing):
        return None
    return install_listing(actor=actor, workspace=workspace, version=listing.current, mapping={"hub": HUB})


def _has_enough(workspace: Workspace, talk: Talk) -> bool:
    """Used as often and on as many days as a review asks for."""
    uses = ListingUse.objects.filter(listing__slug=talk.listing, workspace=workspace.id)
    runs = uses.aggregate(runs=Sum("runs"))["runs"] or 0
    return runs >= LEAST_RUNS and uses.count() >= LEAST_DAYS


def _go_on(actor: Principal, workspace: Workspace, talk: Talk) -> bool:
    assistant = _assistant(workspace, talk)
    if assistant is None:
        return True
    conversation = _today(actor, assistant, talk)
    if conversation is None:
        if _has_enough(workspace, talk) or _used_today(workspace, talk):
            return True
        return _begin(actor, assistant, talk)
    count = conversation.messages.filter(role=Message.Role.PERSON).count()
    if conversation.runs.filter(state__in=Run.LIVE).exists():
        return False
    if count >= len(talk.said):
        return True
    return _said(actor, conversation, talk.said[count])


def _begin(actor: Principal, assistant: Assistant, talk: Talk) -> bool:
    with transaction.atomic():  # a conversation has its title from the first message, and is found by it
        conversation = start_conversation(actor=actor, assistant=assistant)
        if ended := _said(actor, conversation, talk.said[0]):
            transaction.set_rollback(True)
    return ended


def _said(actor: Principal, conversation: Conversation, text: str) -> bool:
    """Whether nothing came of it and nothing will: it is paused or over a limit, which is the visitor's to change."""
    try:
        with transaction.atomic():
            say(actor=actor, conversation=conversation, text=text)
    except ServiceProblem as problem:
        return problem.code != "run_live"
    return False


def _assistant(workspace: Workspace, talk: Talk) -> Assistant | None:
    rows = Install.objects.filter(workspace=workspace, listing__slug=talk.listing, removed_at=None)
    install = rows.select_related("assistant").first()
    return install.assistant if install else None


def _today(actor: Principal, assistant: Assistant, talk: Talk) -> Conversation | None:
    """The one that was begun here today; those of visitors are left alone."""
    start = datetime.combine(now().date(), time(), UTC)
    rows = assistant.conversations.filter(
        principal=actor.id, channel=Conversation.Channel.CHAT, title=title_of(talk.said[0]), created_at__gte=start
    )
    return rows.order_by("id").first()


def _used_today(workspace: Workspace, talk: Talk) -> bool:
    return ListingUse.objects.filter(listing__slug=talk.listing, workspace=workspace.id, day=now().date()).exists()
