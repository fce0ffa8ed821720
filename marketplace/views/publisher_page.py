"""The public page of a publisher, following it, and what those whom one follows published."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import PersonRequest
from accounts.pages import person_page
from core.errors import ServiceProblem
from core.http import SiteRequest
from core.links import absolute
from core.pages import say_problem
from marketplace.models import Publisher
from marketplace.selectors import publisher_page as selectors
from marketplace.selectors.rows import rows_of
from marketplace.services import following as services
from marketplace.views.feed_parts import Item, feed_response

NEWS = 30


@require_safe
def show(request: SiteRequest, slug: str) -> HttpResponse:
    publisher = _publisher(slug)
    pages = Paginator(selectors.listings_by(publisher), selectors.PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "publisher": publisher,
        "proof": selectors.proof_of(publisher),
        "followers": selectors.followers_of(publisher),
        "follow": selectors.follow_of(request.principal.user_id, publisher),
        "page": page,
        "rows": rows_of(list(page.object_list), request.user),
        "count": pages.count,
        "sharing": {
            "title": publisher.name,
            "text": _("Assistants and MCP servers by %s") % publisher.name,
            "url": absolute(_address(publisher)),
            "picture": "",
            "hidden": "yes" if publisher.suspended_at else "",
            "feed": absolute(reverse("marketplace:publisher-feed", args=[publisher.slug])),
        },
    }
    return render(request, "marketplace/publisher.html", context)


@require_POST
@person_page
def follow(request: PersonRequest, slug: str) -> HttpResponse:
    """`do`: follow, unfollow, mails, quiet. Back to the publisher's page, or to the list from where it came."""
    publisher = _publisher(slug)
    actor = request.principal
    try:
        match request.POST.get("do", "follow"):
            case "follow":
                services.follow_publisher(actor=actor, publisher=publisher)
                messages.success(request, _("You follow %s. A mail tells of what it publishes.") % publisher.name)
            case "unfollow":
                services.unfollow_publisher(actor=actor, publisher=publisher)
                messages.success(request, _("You no longer follow %s.") % publisher.name)
            case "mails" | "quiet" as what:
                services.set_mails(actor=actor, publisher=publisher, mails=what == "mails")
            case _other:
                raise Http404
    except ServiceProblem as problem:
        say_problem(request, problem)
    back = request.POST.get("next", "")
    own = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if own else _address(publisher))


@require_safe
def feed(request: SiteRequest, slug: str) -> HttpResponse:
    """RSS of what it published last: new listings and versions."""
    publisher = _publisher(slug)
    items = [
        Item(f"{one.listing.name} {one.version.version}", one.url, one.version.notes or one.listing.summary,
             one.version.published_at, one.version.pk)
        for one in selectors.read_published(selectors.published_by(publisher)[: selectors.FEED])
    ]  # fmt: skip
    said = _("What %s publishes on Crossroads.") % publisher.name
    return feed_response(request, publisher.name, _address(publisher), said, items)


@person_page
def following(request: PersonRequest) -> HttpResponse:
    """Whom one follows and what they published; a POST switches the mails of all."""
    if request.method == "POST":
        services.set_mails(actor=request.principal, mails=request.POST.get("do") == "mails")
        messages.success(request, _("Saved."))
        return redirect("marketplace:following")
    pages = Paginator(selectors.published_for(request.user.id), NEWS)
    page = pages.get_page(request.GET.get("page"))
    follows = list(selectors.follows_of(request.user.id))
    context = {
        "follows": follows,
        "page": page,
        "news": selectors.read_published(page.object_list),
        "mails": any(one.mails for one in follows),
    }
    return render(request, "marketplace/following.html", context)


def _publisher(slug: str) -> Publisher:
    found = selectors.find_publisher(slug)
    if found is None:
        raise Http404
    return found


def _address(publisher: Publisher) -> str:
    return reverse("marketplace:publisher", args=[publisher.slug])
