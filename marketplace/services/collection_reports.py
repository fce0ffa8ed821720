"""Reports on collections, and what the operator does about them: hidden, shown again, put on the home page."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import INSTALLATION, require
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, NotFoundProblem, ServiceProblem
from core.events import record_event
from core.links import absolute
from core.mailer import send_message
from marketplace.models import Collection, CollectionReport, Report
from marketplace.selectors.collections import is_own
from marketplace.services.collections import keeper

MAX_TEXT, MAX_NOTE, MOST_OPEN = 2_000, 4_000, 20
OPEN = Report.State.OPEN


def report_collection(*, actor: Principal, collection: Collection, reason: str, text: str = "") -> CollectionReport:
    """Say that a collection should not stand. One open report a person. Its maker does not learn by whom."""
    user_id = keeper(actor, "collection.write")
    text = text.strip()
    if reason not in Report.Reason.values:
        raise InvalidProblem(_("Choose one of the reasons."), field="reason")
    if reason == Report.Reason.OTHER and not text:
        raise InvalidProblem(_("Say what is wrong."), field="text")
    if len(text) > MAX_TEXT or "\0" in text:
        raise InvalidProblem(_("Use at most %(most)s characters.") % {"most": MAX_TEXT}, field="text")
    if collection.hidden_at is not None or collection.visibility == "private":
        raise NotFoundProblem(_("There is nothing to report any more."))
    if is_own(actor, collection):
        raise ServiceProblem(_("It is yours: change it, or delete it."), code="own")
    if CollectionReport.objects.filter(user=user_id, state=OPEN).count() >= MOST_OPEN:
        raise ServiceProblem(_("You have many open reports. Wait until some are decided."), code="too_many")
    try:
        with transaction.atomic():
            made = CollectionReport.objects.create(collection=collection, user_id=user_id, reason=reason, text=text)
            _record("collection.reported", actor, collection, reason=reason)
    except IntegrityError:
        raise ServiceProblem(
            _("You have reported this already. The operator looks at it."), code="already_reported"
        ) from None
    return made


def hide_collection(*, actor: Principal, collection: Collection, note: str) -> Collection:
    """Show it to nobody but its maker, who gets a mail that says why. Open reports on it are upheld."""
    note = note.strip()[:MAX_NOTE]
    if not note:
        raise InvalidProblem(_("Say why: whoever made it reads it."), field="note")
    with transaction.atomic():
        collection = _locked(actor, collection)
        if collection.hidden_at is not None:
            raise ServiceProblem(_("It is hidden already."), code="hidden")
        collection.hidden_at, collection.hidden_note, collection.featured = now(), note, None
        collection.save()
        _close(actor, collection, Report.State.UPHELD)
        _record("collection.hidden", actor, collection, note=note)
        _tell("collection_hidden", collection, note)
    return collection


def show_collection(*, actor: Principal, collection: Collection) -> Collection:
    """Let a hidden one be seen again. Its maker gets a mail."""
    with transaction.atomic():
        collection = _locked(actor, collection)
        if collection.hidden_at is None:
            raise ServiceProblem(_("It is not hidden."), code="shown")
        collection.hidden_at, collection.hidden_note = None, ""
        collection.save()
        _record("collection.shown", actor, collection)
        _tell("collection_shown", collection, "")
    return collection


def dismiss_collection_reports(*, actor: Principal, collection: Collection) -> int:
    """Leave it as it is. Returns how many reports that closed."""
    with transaction.atomic():
        collection = _locked(actor, collection)
        closed = _close(actor, collection, Report.State.DISMISSED)
        if closed:
            _record("collection.reports_dismissed", actor, collection, reports=closed)
    return closed


def feature_collection(*, actor: Principal, collection: Collection, featured: bool) -> Collection:
    """Put a public one on the home page, behind those that are there, or take it from there."""
    with transaction.atomic():
        collection = _locked(actor, collection)
        if featured and (not collection.public or collection.hidden_at is not None):
            raise ServiceProblem(_("Only a public collection stands on the home page."), code="not_public")
        if featured == (collection.featured is not None):
            return collection
        last = Collection.objects.aggregate(last=Max(F("featured")))["last"] or 0
        collection.featured = last + 1 if featured else None
        collection.save()
        _record("collection.featured" if featured else "collection.unfeatured", actor, collection)
    return collection


def _locked(actor: Principal, collection: Collection) -> Collection:
    require(actor, "operator.manage", INSTALLATION)
    rows = Collection.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("user").filter(pk=collection.pk).first()
    if found is None:
        raise NotFoundProblem(_("There is no such collection."))
    return found


def _close(actor: Principal, collection: Collection, state: str) -> int:
    by = actor.user_id or actor.id
    rows = CollectionReport.objects.filter(collection=collection, state=OPEN)
    return rows.update(state=state, decided_by=by, decided_at=now(), updated_at=now())


def _tell(kind: str, collection: Collection, note: str) -> None:
    if collection.user is not None and collection.user.is_active:
        url = absolute(reverse("marketplace:collection", args=[collection.slug]))
        context = {"name": collection.title, "note": note, "url": url}
        send_message(kind=f"marketplace.{kind}", to=collection.user.email, context=context)


def _record(type: str, actor: Principal, collection: Collection, **data: object) -> None:
    values = {"name": collection.title, **data}
    record_event(type=type, actor=actor, target_kind="collection", target=collection.pk, data=values)
