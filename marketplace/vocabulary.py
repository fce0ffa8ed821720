"""The events of publishers and listings, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.events import register_event


def register_events() -> None:
    register_event("publisher.created", _("%(actor)s made the publisher %(name)s"))
    register_event("publisher.changed", _("%(actor)s changed the publisher %(name)s"))
    register_event("publisher.claim_started", _("%(actor)s began to prove that %(name)s is %(subject)s"))
    register_event("publisher.verified", _("%(name)s proved that it is %(subject)s"))
    register_event("publisher.suspended", _("%(actor)s suspended the publisher %(name)s"))
    register_event("publisher.restored", _("%(actor)s lets the publisher %(name)s list again"))
    register_event("listing.created", _("%(actor)s began the listing %(name)s"))
    register_event("listing.changed", _("%(actor)s changed the draft of %(name)s"))
    register_event("listing.submitted", _("%(actor)s submitted version %(version)s of %(name)s"))
    register_event("listing.review_waiting", _("Version %(version)s of %(name)s waits for review"))
    register_event("listing.quarantined", _("%(name)s went into quarantine"))
    register_event("listing.released", _("%(actor)s let %(name)s out of quarantine"))
    register_event("listing.live", _("Version %(version)s of %(name)s is live"))
    register_event("listing.rejected", _("%(actor)s refused version %(version)s of %(name)s"))
    register_event("listing.withdrawn", _("%(actor)s withdrew version %(version)s of %(name)s"))
    register_event("listing.deprecated", _("%(actor)s advises against %(name)s"))
    register_event("listing.restored", _("%(name)s is live again"))
    register_event("listing.removed", _("%(actor)s removed the listing %(name)s"))
    register_event("listing.picture_shown", _("%(actor)s let a picture of %(name)s be shown"))
    register_event("listing.picture_refused", _("%(actor)s refused a picture of %(name)s"))
    register_event("listing.trials_paid", _("%(actor)s pays for trials of %(name)s"))
    register_event("listing.trials_changed", _("%(actor)s changed what is paid for trials of %(name)s"))
    register_event("listing.trials_unpaid", _("%(actor)s pays for trials of %(name)s no more"))
    register_event("listing.probe_asked", _("%(actor)s asked for a probe of %(name)s"), webhook=False)
    register_event("listing.featured", _("%(actor)s chose the operator's picks"))
    register_event("marketplace.opened", _("The marketplace has its first picks and collections"), webhook=False)
    register_event(
        "catalogue.imported",
        _("%(actor)s imported %(source)s: %(new)s new listings, %(changed)s changed"),
        webhook=False,
    )
    register_event("install.made", _("%(actor)s installed %(name)s %(version)s"))
    register_event("install.updated", _("%(actor)s updated %(name)s from %(before)s to %(version)s"))
    register_event("install.update_dismissed", _("%(actor)s does not want %(name)s %(newest)s"), webhook=False)
    register_event("install.removed", _("%(actor)s uninstalled %(name)s"))
