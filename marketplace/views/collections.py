"""Collections as everybody sees them: the list, one of them, its feed, its picture, a report."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import PersonRequest
from accounts.pages import person_page
from core.decision import Principal
from core.errors import NotFoundProblem, ServiceProblem
from core.http import SiteRequest
from core.links import absolute
from core.pages import show_problem
from marketplace.cards import Card, plain_card_png
from marketplace.forms.collections import CollectionReportForm
from marketplace.models import Collection
from marketplace.selectors.collections import (
    ENTRIES,
    PAGE,
    entries_of,
    find_collection,
    is_own,
    maker_of,
    newest_entries,
    public_collections,
)
from marketplace.selectors.rows import by_line
from marketplace.services.collection_reports import report_collection
from marketplace.views.feed_parts import Item, feed_response

FEED = 50


@require_safe
def list_page(request: SiteRequest) -> HttpResponse:
    """The newest first; on the first page what the operator chose stands before them."""
    before = request.GET.get("before", "").replace("\0", "")
    rows = public_collections().filter(featured=None).order_by("-pk")
    found = list((rows.filter(pk__lt=before[:40]) if before else rows)[: PAGE + 1])
    chosen = [] if before else list(public_collections().filter(featured__isnull=False).order_by("featured", "pk"))
    context = {
        "collections": found[:PAGE],
        "chosen": chosen,
        "after": found[PAGE - 1].pk if len(found) > PAGE else "",
        "before": before,
    }
    return render(request, "marketplace/collections.html", context)


@require_safe
def show(request: SiteRequest, slug: str) -> HttpResponse:
    collection = seen(request.principal, slug)
    pages = Paginator(range(collection.items.count()), ENTRIES)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "collection": collection,
        "entries": entries_of(collection, request.user, first=max(0, page.start_index() - 1), most=ENTRIES),
        "page": page,
        "maker": maker_of(collection),
        "own": is_own(request.principal, collection),
        "operator": request.principal.is_operator,
        "sharing": sharing(collection),
    }
    return render(request, "marketplace/collection.html", context)


@require_safe
def feed(request: SiteRequest, slug: str) -> HttpResponse:
    """RSS of what was put into it last."""
    collection = seen(request.principal, slug)
    items = [
        Item(one.listing.name, reverse("marketplace:entry", args=[one.listing.slug]),
             " ".join(filter(None, (one.note, one.listing.summary, f"({by_line(one.listing)})"))),
             one.created_at, f"{collection.pk}:{one.listing_id}")
        for one in newest_entries(collection, FEED)
    ]  # fmt: skip
    said = collection.text or _("A collection by %s") % maker_of(collection)
    return feed_response(request, collection.title, address(collection), said, items, public=collection.public)


@require_safe
def card(request: SiteRequest, slug: str) -> HttpResponse:
    """`/marketplace/collections/<slug>/card.png`."""
    collection = seen(request.principal, slug)
    shown = int(getattr(collection, "shown", 0))
    above = _("Collection by %s") % maker_of(collection)
    response = HttpResponse(
        plain_card_png(Card(str(shown), above, "Crossroads", collection.title, collection.text)),
        content_type="image/png",
    )
    patch_cache_control(response, public=collection.public, private=not collection.public, max_age=3600)
    return response


@person_page
def report(request: PersonRequest, slug: str) -> HttpResponse:
    collection = seen(request.principal, slug)
    form = CollectionReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            report_collection(actor=request.principal, collection=collection, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Reported. The operator looks at it."))
            return redirect(address(collection))
    context = {"collection": collection, "form": form}
    return render(request, "marketplace/collection_report.html", context, status=400 if form.errors else 200)


def seen(principal: Principal, slug: str) -> Collection:
    """The collection, if this person may see it. Says so where the operator hid it from one who has its address."""
    found = find_collection(principal, slug)
    if found is None:
        hidden = Collection.objects.filter(slug=slug, public=True, hidden_at__isnull=False).exists()
        if hidden:
            raise NotFoundProblem(_("The operator hid this collection."))
        raise Http404
    return found


def address(collection: Collection) -> str:
    return reverse("marketplace:collection", args=[collection.slug])


def sharing(collection: Collection) -> dict[str, str]:
    """For marketplace/sharing_head.html. One that is not public is not offered to search engines."""
    return {
        "title": collection.title,
        "text": collection.text or _("A collection by %s") % maker_of(collection),
        "url": absolute(address(collection)),
        "picture": absolute(reverse("marketplace:collection-card", args=[collection.slug])),
        "hidden": "" if collection.public and collection.hidden_at is None else "yes",
        "feed": absolute(reverse("marketplace:collection-feed", args=[collection.slug])),
    }
