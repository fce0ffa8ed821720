"""What other programs read of the marketplace: a feed of new listings and the map of the site."""

from __future__ import annotations

from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.http import SiteRequest
from marketplace.models import Listing
from marketplace.search.facets import FACETS
from marketplace.selectors.finding import Ask, find, hydrate
from marketplace.selectors.rows import by_line
from marketplace.views.market import read_ask

NEWEST = 50
MAP_PAGE = 10_000
"""Addresses of one page of the site's map; 50,000 are the most that readers take."""
FRONT = ("home", "marketplace:catalogue", "docs:index")


@require_safe
def new_feed(request: SiteRequest) -> HttpResponse:
    """RSS of what was listed last, with the marketplace's own filters: `?kind=server&category=code`."""
    chosen = read_ask(request.GET).chosen
    labels = ", ".join(str(FACETS[facet][1][value]) for facet, values in chosen.items() for value in values)
    listings = hydrate(find(Ask(chosen=chosen, order="new", size=NEWEST, facets=False)).ids)
    feed = Rss201rev2Feed(
        title=_("New on Crossroads: %(filters)s") % {"filters": labels} if labels else _("New on Crossroads"),
        link=absolute(reverse("marketplace:catalogue") + "?order=new"),
        description=_("Assistants and MCP servers in the order in which they were listed."),
        feed_url=absolute(request.get_full_path()),
    )
    for listing in listings:
        address = absolute(reverse("marketplace:entry", args=[listing.slug]))
        feed.add_item(
            title=listing.name,
            link=address,
            description=f"{listing.summary} ({by_line(listing)})",
            pubdate=listing.published_at,
            unique_id=listing.pk,
            unique_id_is_permalink=False,
            categories=listing.tags,
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    patch_cache_control(response, public=True, max_age=300)
    return response


@require_safe
def sitemap_index(request: SiteRequest) -> HttpResponse:
    """How many pages the map has. A page holds the listings between two ids, so that old pages stay as they are."""
    count = Listing.objects.filter(state=Listing.State.LIVE).count()
    pages = range(1, max(1, -(-count // MAP_PAGE)) + 1)
    paths = [reverse("marketplace:sitemap", args=[page]) for page in pages]
    paths += [reverse("marketplace:sitemap-collections"), reverse("marketplace:sitemap-publishers")]
    entries = (f"<sitemap><loc>{place(path)}</loc></sitemap>" for path in paths)
    return xml_response(f'<sitemapindex xmlns="{SPACE}">{"".join(entries)}</sitemapindex>')


@require_safe
def sitemap(request: SiteRequest, page: int) -> HttpResponse:
    """One page of the map: listings in the order in which they were made."""
    rows = Listing.objects.filter(state=Listing.State.LIVE).order_by("pk").values_list("slug", "updated_at")
    found = list(rows[(page - 1) * MAP_PAGE : page * MAP_PAGE])
    if not found and page > 1:
        raise Http404
    urls = [f"<url><loc>{place(reverse(name))}</loc></url>" for name in FRONT] if page == 1 else []
    urls += [
        f"<url><loc>{place(reverse('marketplace:entry', args=[slug]))}</loc><lastmod>{updated:%Y-%m-%d}</lastmod></url>"
        for slug, updated in found
    ]
    return xml_response(f'<urlset xmlns="{SPACE}">{"".join(urls)}</urlset>')


def absolute(path: str) -> str:
    """The address as others write it."""
    return f"{settings.ENV.public_url}{path}"


SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def place(path: str) -> str:
    return escape(absolute(path))


def xml_response(body: str) -> HttpResponse:
    response = HttpResponse(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}', content_type="application/xml")
    patch_cache_control(response, public=True, max_age=3600)
    return response
