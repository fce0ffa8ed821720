"""Where publishing and moderation stand in the navigation, and what waits in the operator's queue."""

from __future__ import annotations

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.components.places import Due, register_place
from core.http import SiteRequest
from marketplace.moderation_queue import MOST, Section, count_waiting, register_section
from marketplace.selectors.publishing import held_listings, queue, waiting_pictures


def register_publishing() -> None:
    """Called once, in AppConfig.ready."""
    register_place("workspace", _("Publish"), "marketplace:publish", "upload", 80, permission="listing.manage")
    register_place(
        "operator", _("Moderation"), "marketplace:moderation", "shield-check", 32, count_due, "operator.view"
    )
    register_place("operator", _("Picks"), "marketplace:curation", "star", 34, permission="operator.view")
    versions = "marketplace/moderation_versions.html"
    register_section(
        Section(
            "quarantine", _("Held back by the scan"), versions,
            lambda request: list(queue("quarantine")[:MOST]), lambda: queue("quarantine").count(), 10,
        )
    )  # fmt: skip
    register_section(
        Section(
            "review", _("Waiting for review"), versions,
            lambda request: list(queue("review")[:MOST]), lambda: queue("review").count(), 20,
        )
    )  # fmt: skip
    register_section(
        Section(
            "pictures", _("Pictures that wait for a look"), "marketplace/moderation_pictures.html",
            lambda request: list(waiting_pictures()[:MOST]), lambda: waiting_pictures().count(), 25,
        )
    )  # fmt: skip
    register_section(
        Section(
            "held", _("Listings held back"), "marketplace/moderation_held.html",
            lambda request: list(held_listings()[:MOST]), lambda: held_listings().count(), 30,
        )
    )  # fmt: skip


def count_due(request: SiteRequest) -> Due | None:
    waiting = count_waiting()
    return Due(waiting, _now("waiting")) if waiting else None
