"""What a marketplace begins with besides its listings: picks, collections of the installation's own, first probes.

Done once. From then on picks and collections are the operator's: what was changed or deleted stays so.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.decision import Principal
from core.errors import Text
from core.events import record_event
from core.jobs import enqueue_job
from core.models import Event
from core.permissions import INSTALLATION, require
from marketplace.importers.stock import SOURCE
from marketplace.importers.stock_assistants import TOOLBOX
from marketplace.models import Collection, CollectionItem, Listing
from marketplace.services.moderation import set_picks
from marketplace.services.probe_plans import PROBE, plan_listings

OPENED = "marketplace.opened"
PICKS = ("world-clock", "github", "team-notebook", "change-reviewer", "playwright", "regex-bench")


@dataclass(frozen=True)
class Chosen:
    slug: str
    title: Text
    text: Text
    listings: tuple[str, ...]


COLLECTIONS = (
    Chosen(
        "works-without-a-model",
        _("Works without a model"),
        _("Assistants whose tools do the work. They answer here and now, with no provider and no key."),
        (
            "world-clock", "exact-calculator", "unit-converter", "date-counter", "regex-bench", "json-desk",
            "text-desk", "team-notebook", "encoder",
        ),
    ),
    Chosen(
        "for-your-first-week",
        _("For your first week"),
        _("What most teams connect first, and the assistants that help with meetings, mail and minutes."),
        ("toolbox", "github", "notion", "slack", "team-notebook", "meeting-planner", "mail-drafter", "minute-taker"),
    ),
    Chosen(
        "developers",
        _("Developers"),
        _("Code, databases, errors and browsers, with assistants that review, test and explain."),
        (
            "github", "gitlab", "playwright", "sentry", "postgres", "change-reviewer", "test-writer", "sql-explainer",
            "regex-bench", "json-desk",
        ),
    ),
)  # fmt: skip


def open_marketplace(*, actor: Principal) -> bool:
    """Choose the first picks and collections among what is listed. False when that was done before.

    Picks that the operator chose already stay. Raises PermissionProblem.
    """
    require(actor, "operator.manage", INSTALLATION)
    with transaction.atomic():
        if Event.objects.filter(type=OPENED).exists():
            return False
        live = Listing.objects.filter(source=SOURCE, state=Listing.State.LIVE)
        ids = dict(live.values_list("slug", "id"))
        if not ids:
            return False
        if not Listing.objects.exclude(featured=None).exists():
            set_picks(actor=actor, listing_ids=[ids[slug] for slug in PICKS if slug in ids])
        for place, chosen in enumerate(COLLECTIONS, 1):
            _collect(chosen, place, ids)
        _look(ids)
        record_event(type=OPENED, actor=actor, target_kind="installation")
    return True


def _look(ids: dict[str, str]) -> None:
    """What runs right here is probed at once, so that its page has evidence; the rest within the day."""
    plan_listings(listing_ids=list(ids.values()))
    here = Listing.objects.filter(id__in=ids.values(), offline=True)
    for id in here.filter(Q(kind=Listing.Kind.ASSISTANT) | Q(slug=TOOLBOX)).order_by("id").values_list("id", flat=True):
        enqueue_job(task=PROBE, subject=id)


def _collect(chosen: Chosen, place: int, ids: dict[str, str]) -> None:
    values = {"title": str(chosen.title), "text": str(chosen.text), "public": True, "featured": place}
    collection, made = Collection.objects.get_or_create(slug=chosen.slug, defaults=values)
    if made:
        there = [ids[slug] for slug in chosen.listings if slug in ids]
        CollectionItem.objects.bulk_create(
            [CollectionItem(collection=collection, listing_id=id, position=n) for n, id in enumerate(there)]
        )
