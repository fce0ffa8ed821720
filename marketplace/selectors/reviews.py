"""Reviews as pages and programs read them: the section of a listing's page, and the operator's queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Membership, User, Workspace
from core.components.atoms import scale
from core.decision import BUILT_IN
from core.http import SiteRequest
from marketplace.models import Listing, Report, Review, ReviewVote
from marketplace.rating import LEAST, PADDING

SIZE = 10
SORTS: Final = {
    "helpful": (gettext_lazy("Most helpful"), ("-helpful", "-weight", "-id")),
    "newest": (gettext_lazy("Newest"), ("-id",)),
    "lowest": (gettext_lazy("Lowest"), ("stars", "-helpful", "-id")),
}
WRITERS = [role for role, actions in BUILT_IN.roles.items() if "review.write" in actions]
MANAGERS = [role for role, actions in BUILT_IN.roles.items() if "listing.manage" in actions]


@dataclass(frozen=True)
class Bar:
    """One line of the histogram; `share` of the longest."""

    stars: int
    count: int
    share: float


@dataclass(frozen=True)
class Row:
    """A review as the page shows it. `mine`: the visitor may change or withdraw it."""

    review: Review
    who: str
    voted: bool
    can_vote: bool
    mine: bool
    left_out: str
    can_edit: bool


@dataclass(frozen=True)
class Choice:
    key: str
    label: str | Promise
    url: str
    current: bool


@dataclass(frozen=True)
class ReviewsView:
    """`number` is None while fewer than ten count; `left_out_words` say how many are left out, and why."""

    number: str | None
    scale: str
    least: int
    padding: int
    own: float
    market: float
    bars: Sequence[Bar]
    left_out: int
    left_out_words: Sequence[str]
    left_out_url: str
    only_left_out: bool
    rows: Sequence[Row]
    page: Page[Review]
    pages: Sequence[tuple[str, str]]
    """Labels and addresses of the page before and the one after."""
    sort: str
    sorts: Sequence[Choice]
    write_url: str
    can_reply: bool
    total: int


def reviews_part(request: SiteRequest, listing: Listing) -> ReviewsView:
    """The section of a listing's page; `?sort=`, `?ratings=left-out` and `?reviews=2` choose what it lists."""
    asked = request.GET
    sort = asked.get("reviews_sort", "") if asked.get("reviews_sort") in SORTS else "helpful"
    only = asked.get("ratings") == "left-out"
    found = shown_reviews(listing, sort)
    if only:
        found = found.exclude(left_out="")
    page = Paginator(found, SIZE).get_page(asked.get("reviews"))
    made = listing.rating_made or {}
    left_out = made.get("left_out", {})
    return ReviewsView(
        number=f"{listing.rating_mean:.1f}" if listing.rating_count >= LEAST else None,
        scale=scale(listing.rating_mean, listing.rating_low, listing.rating_high),
        least=LEAST, padding=PADDING, own=made.get("own", 0), market=made.get("market", 0),
        bars=bars_of(made.get("stars", [0] * 5)),
        left_out=sum(left_out.values()), left_out_words=[reason_words(*pair) for pair in sorted(left_out.items())],
        left_out_url=reviews_address(listing, sort, left_out=True), only_left_out=only,
        rows=_rows(request, listing, list(page.object_list)), page=page, pages=_pages(listing, sort, only, page),
        sort=sort,
        sorts=[Choice(key, label, reviews_address(listing, key, left_out=only), key == sort)
               for key, (label, _order) in SORTS.items()],
        write_url=reverse("marketplace:review", args=[listing.slug]),
        can_reply=_may_reply(request, listing), total=page.paginator.count,
    )  # fmt: skip


def report_part(request: SiteRequest, listing: Listing) -> str:
    """Where the listing is reported."""
    return reverse("marketplace:report", args=[listing.slug])


def shown_reviews(listing: Listing, sort: str = "newest") -> QuerySet[Review]:
    """What everybody may read, in an order of SORTS."""
    rows = Review.objects.filter(listing=listing, state=Review.State.SHOWN)
    return rows.select_related("user", "workspace").order_by(*SORTS[sort][1])


def writing_workspaces(user: User) -> QuerySet[Workspace]:
    """Where this person may write a review."""
    mine = Membership.objects.filter(user=user, role__in=WRITERS)
    return Workspace.objects.filter(pk__in=mine.values("workspace"), suspended_at=None).order_by("name", "id")


def open_reports() -> QuerySet[Report]:
    """The oldest first."""
    rows = Report.objects.filter(state=Report.State.OPEN).order_by("id")
    return rows.select_related("listing__publisher", "review__user", "user")


def held_reviews() -> QuerySet[Review]:
    return Review.objects.filter(state=Review.State.HELD).select_related("listing", "user").order_by("updated_at", "id")


def name_of(review: Review) -> str:
    """How its writer is called in public: never by their address."""
    return review.user.name if review.user and review.user.name else _("Somebody")


def reason_words(reason: str, count: int) -> str:
    """Why so many do not count."""
    words = {
        "publisher": ngettext(
            "%(n)s is by somebody of the publisher", "%(n)s are by people of the publisher", count
        ),
        "suspended": ngettext("%(n)s is of a suspended account", "%(n)s are of suspended accounts", count),
        "held": ngettext("%(n)s is held for a look", "%(n)s are held for a look", count),
        "ring": ngettext(
            "%(n)s is praise between publishers who praise one another",
            "%(n)s are praise between publishers who praise one another", count,
        ),
        "person": ngettext(
            "%(n)s is by somebody who had rated it already", "%(n)s are by people who had rated it already", count
        ),
        "network": ngettext(
            "%(n)s comes from a network that had rated it", "%(n)s come from networks that had rated it", count
        ),
        "burst": ngettext("%(n)s came in one burst", "%(n)s came in one burst", count),
    }  # fmt: skip
    return words.get(reason, ngettext("%(n)s for another reason", "%(n)s for other reasons", count)) % {"n": count}


def left_out_word(reason: str) -> str:
    """The same of one review; "" when it counts."""
    words = {
        "publisher": _("Left out: somebody of the publisher"),
        "suspended": _("Left out: suspended account"),
        "held": _("Left out: held for a look"),
        "ring": _("Left out: publishers who praise one another"),
        "person": _("Left out: the same people had rated it"),
        "network": _("Left out: the same network had rated it"),
        "burst": _("Left out: came in a burst"),
    }
    return words.get(reason, _("Left out")) if reason else ""


def bars_of(stars: Sequence[int]) -> list[Bar]:
    """The histogram, five stars first, of counts that have one star first."""
    longest = max(*stars, 1)
    return [Bar(number, stars[number - 1], stars[number - 1] / longest) for number in range(5, 0, -1)]


def _rows(request: SiteRequest, listing: Listing, reviews: Sequence[Review]) -> list[Row]:
    user = request.user if isinstance(request.user, User) else None
    member: dict[str, Any] = {}
    voted: set[str] = set()
    if user and reviews:
        where = {review.workspace_id for review in reviews} | {listing.publisher.workspace_id or ""}
        member = dict(Membership.objects.filter(user=user, workspace__in=where).values_list("workspace_id", "role"))
        voted = set(ReviewVote.objects.filter(user=user, review__in=reviews).values_list("review_id", flat=True))
    publishers = (listing.publisher.workspace_id or "") in member
    rows = []
    for review in reviews:
        role = member.get(review.workspace_id, "")
        mine = bool(user and role in WRITERS and (review.user_id == user.id or role in MANAGERS))
        can_vote = user is not None and not role and not publishers and review.user_id != user.id
        left_out = left_out_word(review.left_out)
        rows.append(Row(review, name_of(review), review.id in voted, can_vote, mine, left_out,
                        mine and review.edited_at is None))  # fmt: skip
    return rows


def _may_reply(request: SiteRequest, listing: Listing) -> bool:
    theirs = listing.publisher.workspace_id
    if theirs is None or not isinstance(request.user, User):
        return False
    return Membership.objects.filter(user=request.user, workspace=theirs, role__in=MANAGERS).exists()


def reviews_address(
    listing: Listing, sort: str = "helpful", *, left_out: bool = False, page: int = 1, at: str = "reviews"
) -> str:  # fmt: skip
    """Where a list of reviews begins, or one of them stands."""
    parts = [
        f"reviews_sort={sort}" if sort != "helpful" else "",
        "ratings=left-out" if left_out else "",
        f"reviews={page}" if page > 1 else "",
    ]
    asked = "&".join(part for part in parts if part)
    return f"{reverse('marketplace:entry', args=[listing.slug])}{'?' if asked else ''}{asked}#{at}"


def _pages(listing: Listing, sort: str, only: bool, page: Page[Review]) -> list[tuple[str, str]]:
    found = []
    if page.has_previous():
        before = reviews_address(listing, sort, left_out=only, page=page.previous_page_number())
        found.append((_("Earlier in the list"), before))
    if page.has_next():
        found.append((_("More reviews"), reviews_address(listing, sort, left_out=only, page=page.next_page_number())))
    return found
