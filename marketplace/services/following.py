"""Following publishers, and the mail that tells of what they published: one a day at most."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.clock import now
from core.decision import Principal
from core.errors import NotFoundProblem
from core.events import record_event
from core.links import absolute
from core.mailer import send_message
from marketplace.models import Listing, ListingVersion, Publisher, PublisherFollow
from marketplace.selectors.publisher_page import Published, published_rows, read_published
from marketplace.services.collections import Full, keeper

MOST_FOLLOWED = 500
MOST_TOLD = 12
"""Things that one mail names; the rest are counted."""
BETWEEN_MAILS = timedelta(hours=20)
BATCH = 500


def follow_publisher(*, actor: Principal, publisher: Publisher, mails: bool | None = None) -> PublisherFollow:
    """Following again changes nothing but `mails`, where that is given. Raises Full at MOST_FOLLOWED."""
    user_id = keeper(actor, "publisher.follow")
    if publisher.suspended_at is not None:
        raise NotFoundProblem(_("There is no such publisher."))
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        found = PublisherFollow.objects.filter(publisher=publisher, user=user).first()
        if found is not None:
            return found if mails is None else _put_mails(actor, found, mails)
        if PublisherFollow.objects.filter(user=user).count() >= MOST_FOLLOWED:
            raise Full(_("You follow %d publishers, which is the most.") % MOST_FOLLOWED)
        wanted = True if mails is None else mails
        found = PublisherFollow.objects.create(publisher=publisher, user=user, mails=wanted, told_at=now())
        _record("publisher.followed", actor, publisher)
    return found


def unfollow_publisher(*, actor: Principal, publisher: Publisher) -> bool:
    """Was it followed?"""
    user_id = keeper(actor, "publisher.follow")
    with transaction.atomic():
        deleted, _rows = PublisherFollow.objects.filter(publisher=publisher, user=user_id).delete()
        if deleted:
            _record("publisher.unfollowed", actor, publisher)
    return bool(deleted)


def set_mails(*, actor: Principal, mails: bool, publisher: Publisher | None = None) -> int:
    """Mails of one followed publisher, or of all, on or off. Returns how many changed."""
    user_id = keeper(actor, "publisher.follow")
    with transaction.atomic():
        rows = PublisherFollow.objects.select_for_update().filter(user=user_id).select_related("publisher")
        found = list(rows.filter(publisher=publisher) if publisher else rows)
        if publisher and not found:
            raise NotFoundProblem(_("You do not follow it."))
        changing = [one for one in found if one.mails != mails]
        for one in changing:
            _put_mails(actor, one, mails)
    return len(changing)


def tell_followers(*, most: int = BATCH) -> int:
    """Mail those whom something new waits for. Returns how many. Safe to repeat: what is told is written with it."""
    ids = list(_waiting().order_by("user").values_list("user", flat=True).distinct()[:most])
    return sum(_tell(id) for id in ids)


def _waiting() -> QuerySet[PublisherFollow]:
    """Follows with news, of people who had no mail of this kind lately."""
    lately = PublisherFollow.objects.filter(user=OuterRef("user"), mailed_at__gt=now() - BETWEEN_MAILS)
    news = ListingVersion.objects.filter(
        listing__publisher=OuterRef("publisher"), listing__state__in=Listing.SHOWN, state=ListingVersion.State.LIVE,
        published_at__gt=OuterRef("told_at"),
    )  # fmt: skip
    people = {"user__is_active": True, "user__is_demo": False}
    rows = PublisherFollow.objects.filter(mails=True, publisher__suspended_at=None, **people)
    return rows.filter(~Exists(lately), Exists(news))


def _tell(user_id: str) -> bool:
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        follows = list(_waiting().filter(user=user).values_list("pk", flat=True))
        if not follows:
            return False
        own = Q(listing__publisher__follows__in=follows)
        rows = published_rows().filter(own, published_at__gt=F("listing__publisher__follows__told_at"))
        moment = now()
        count = rows.count()
        found = read_published(rows[:MOST_TOLD])
        PublisherFollow.objects.filter(pk__in=follows).update(told_at=moment, mailed_at=moment)
        context = {
            "items": [_item(one) for one in found],
            "count": count,
            "more": count - len(found),
            "url": absolute(reverse("marketplace:following")),
        }
        send_message(kind="marketplace.following_news", to=user.email, context=context)
    return True


def _item(one: Published) -> dict[str, object]:
    return {
        "name": one.listing.name, "publisher": one.listing.publisher.name, "version": one.version.version,
        "first": one.first, "notes": one.version.notes, "url": absolute(one.url),
    }  # fmt: skip


def _put_mails(actor: Principal, follow: PublisherFollow, mails: bool) -> PublisherFollow:
    """Switched on, it tells of what comes from now on."""
    if follow.mails != mails:
        follow.mails = mails
        follow.told_at = now() if mails else follow.told_at
        follow.save(update_fields=["mails", "told_at"])
        _record("publisher.mails_on" if mails else "publisher.mails_off", actor, follow.publisher)
    return follow


def _record(type: str, actor: Principal, publisher: Publisher) -> None:
    """Of the installation: a publisher learns how many follow, not who."""
    data = {"name": publisher.name, "slug": publisher.slug}
    record_event(type=type, actor=actor, target_kind="publisher", target=publisher.id, data=data)
