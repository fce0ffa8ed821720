"""What collections and following make known: events, mails, places, parts of a page, the operator's queue."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.components.places import register_place
from core.events import register_event
from core.mailer import register_message
from marketplace.moderation_queue import MOST, Section, register_section
from marketplace.selectors.collections import open_collection_reports


def register_collections() -> None:
    """Called once, in AppConfig.ready."""
    also = ("marketplace:collection-new", "marketplace:collection-edit")
    register_place("person", _("Your collections"), "marketplace:own-collections", "star", 40, also=also)
    register_place("person", _("Following"), "marketplace:following", "activity", 41)
    register_section(
        Section(
            "collections", _("Reported collections"), "marketplace/moderation_collections.html",
            lambda request: list(open_collection_reports()[:MOST]), lambda: open_collection_reports().count(), 16,
        )
    )  # fmt: skip
    register_message("marketplace.collection_hidden", _("Your collection %(name)s is hidden"))
    register_message("marketplace.collection_shown", _("Your collection %(name)s is shown again"))
    register_message("marketplace.following_news", _("New from publishers that you follow"))
    _register_events()


def _register_events() -> None:
    for name, sentence in (
        ("collection.created", _("%(actor)s made the collection %(name)s")),
        ("collection.changed", _("%(actor)s changed the collection %(name)s")),
        ("collection.deleted", _("%(actor)s deleted the collection %(name)s")),
        ("collection.entry_added", _("%(actor)s put %(listing)s into the collection %(name)s")),
        ("collection.entry_removed", _("%(actor)s took %(listing)s out of the collection %(name)s")),
        ("collection.entry_noted", _("%(actor)s wrote a note on %(listing)s in the collection %(name)s")),
        ("collection.ordered", _("%(actor)s changed the order of the collection %(name)s")),
        ("collection.reported", _("%(actor)s reported the collection %(name)s: %(reason)s")),
        ("collection.reports_dismissed", _("%(actor)s dismissed the reports on the collection %(name)s")),
        ("collection.hidden", _("%(actor)s hid the collection %(name)s")),
        ("collection.shown", _("%(actor)s shows the collection %(name)s again")),
        ("collection.featured", _("%(actor)s put the collection %(name)s on the home page")),
        ("collection.unfeatured", _("%(actor)s took the collection %(name)s from the home page")),
        ("publisher.followed", _("%(actor)s follows %(name)s")),
        ("publisher.unfollowed", _("%(actor)s no longer follows %(name)s")),
        ("publisher.mails_on", _("%(actor)s gets mails about %(name)s")),
        ("publisher.mails_off", _("%(actor)s gets no mails about %(name)s")),
    ):
        register_event(name, sentence, webhook=False)
