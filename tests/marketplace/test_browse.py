"""The marketplace's pages, feed, map, pictures and API."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from marketplace.cards import wrapped
from marketplace.models import Collection, Install, Listing, Publisher
from marketplace.services.search_index import reindex_all
from marketplace.structured import structured_data
from tests.cast import Cast
from tests.marketplace.finding import add_catalogue, add_listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> dict[str, Listing]:
    cache.clear()
    return add_catalogue()


def page(address: str, client: Client | None = None) -> str:
    response = (client or Client()).get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_everything_chosen_stands_in_the_address(made: dict[str, Listing]) -> None:
    html = page("/marketplace/?q=database&kind=server&order=new&need=key")
    assert 'value="database"' in html
    assert html.count(" checked") == 2
    assert '<option value="new" selected>' in html
    assert 'href="?q=database&amp;order=new&amp;need=key"' in html
    assert html.index("Postgres") < len(html)
    assert "Tarot" not in html


def test_unknown_values_of_an_old_address_are_left_out(made: dict[str, Listing]) -> None:
    html = page("/marketplace/?kind=spaceship&order=sideways&page=x&category=code%00")
    assert " checked" not in html
    assert "Code Reviewer" in html


def test_rows_tell_what_is_measured(made: dict[str, Listing]) -> None:
    Listing.objects.filter(slug="postgres").update(
        rating_mean=4.4, rating_low=4.2, rating_high=4.6, rating_count=31, runs=9_102, runs_ok=9_083
    )
    Listing.objects.filter(slug="mysql").update(rating_count=3, runs=5, runs_ok=5)
    Publisher.objects.update(proof="domain")
    html = page("/marketplace/?category=databases")
    assert "31 ratings" in html
    assert "99.8 % of 9,102 runs succeeded" in html
    assert "(3 of 10)" in html
    assert html.count("runs succeeded") == 1
    assert html.count('<span class="sr">Verified publisher</span>') == 2
    assert "needs a key" in html


def test_what_is_mended_and_what_is_not_there_is_said(made: dict[str, Listing]) -> None:
    assert "<b>weather forecast</b>" in page("/marketplace/?q=wether+forcast")
    nothing = page("/marketplace/?q=qqqqzzzz+xxyyzz")
    assert "Nothing fits" in nothing
    assert "?q=postgres" in nothing
    narrowed = page("/marketplace/?q=tarot&kind=server&need=oauth")
    assert "Take a filter away" in narrowed


def test_text_is_escaped(made: dict[str, Listing]) -> None:
    html = page("/marketplace/?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in html


def test_a_member_sees_what_is_installed(made: dict[str, Listing], cast: Cast) -> None:
    listing = made["weather"]
    Install.objects.create(
        workspace=cast.workspace, listing=listing, version_id=listing.current_id, installed_by=cast.users["owner"].pk
    )
    assert "Installed" in page("/marketplace/?q=weather", cast.browser("member"))
    assert "Installed" not in page("/marketplace/?q=weather", cast.browser("outsider"))


@pytest.mark.parametrize("address", ["/marketplace/", "/marketplace/?q=wether+forcast&kind=server", "/"])
def test_pages_ask_the_database_little(address: str, made: dict[str, Listing], cast: Cast) -> None:
    client = cast.browser("member")
    page(address, client)
    with CaptureQueriesContext(connection) as queries:
        page(address, client)
    assert len(queries) <= 18 if address == "/" else len(queries) <= 15


def test_the_home_page_shows_picks_news_categories_and_collections(made: dict[str, Listing]) -> None:
    Listing.objects.filter(slug="tarot").update(featured=1)
    Listing.objects.update(trend=3.0)
    Collection.objects.create(slug="kitchen", title="In the kitchen", public=True, featured=1).listings.add(
        made["recipes"]
    )
    Collection.objects.create(slug="private", title="Not for you", public=False, featured=2).listings.add(made["tarot"])
    reindex_all()
    html = page("/")
    picks = html[html.index("From the marketplace") :]
    assert picks.index("Tarot Diviner") < picks.index("Trending")
    assert "Databases" in picks
    assert "In the kitchen" in picks
    assert "Not for you" not in picks
    assert "See all 8" in picks


def test_the_palette_finds_listings(made: dict[str, Listing]) -> None:
    html = page("/find/?q=posgres")
    assert "/marketplace/postgres/" in html


def test_the_feed_tells_of_new_listings_behind_filters(made: dict[str, Listing]) -> None:
    response = Client().get("/marketplace/new.rss?kind=assistant")
    assert response["Content-Type"].startswith("application/rss+xml")
    items = ElementTree.fromstring(response.content).findall("./channel/item")
    titles = [item.findtext("title") for item in items]
    assert titles[0] == "FastAPI Expert"
    assert len(titles) == 5
    assert "Postgres" not in titles


def test_the_map_names_every_live_listing(made: dict[str, Listing]) -> None:
    Listing.objects.filter(slug="tarot").update(state="deprecated")
    assert b"/sitemap-1.xml" in Client().get("/sitemap.xml").content
    body = Client().get("/sitemap-1.xml").content.decode()
    assert body.count("/marketplace/") == 8  # the marketplace itself, and seven of eight
    assert "/marketplace/postgres/" in body
    assert Client().get("/sitemap-2.xml").status_code == 404


def test_a_listing_has_a_picture_to_share(made: dict[str, Listing]) -> None:
    for slug in ("postgres", "reviewer"):
        response = Client().get(f"/marketplace/{slug}/card.png")
        assert response["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(response.content)).size == (1200, 630)
    Listing.objects.filter(slug="postgres").update(state="removed")
    assert Client().get("/marketplace/postgres/card.png").status_code == 404


def test_long_names_are_cut_where_they_no_longer_fit() -> None:
    from marketplace.cards import _font

    rows = wrapped("word " * 60, _font("inter", 34), 400, 2)
    assert len(rows) == 2
    assert rows[-1].endswith("…")


def test_structured_data_cannot_leave_its_script(made: dict[str, Listing]) -> None:
    hostile = add_listing("hostile", "</script><script>alert(1)</script>", "A & B")
    found = structured_data(hostile)
    assert "<" not in found["json_ld"]
    assert json.loads(found["json_ld"])["name"] == "</script><script>alert(1)</script>"


def test_the_api_answers_everybody(made: dict[str, Listing], cast: Cast) -> None:
    for api in (cast.api("anonymous"), cast.api("viewer", "read")):
        body = api.get("/api/v1/listings", {"q": "database", "kind": "server"}).json()
        assert {row["slug"] for row in body["data"]} >= {"postgres", "mysql"}
        assert body["facets"]["kind"]["server"] == body["total"]["count"]
        assert body["data"][0]["rating"] is None
        assert body["data"][0]["version"] == "1.0.0"


def test_the_api_pages_through_everything(made: dict[str, Listing], cast: Cast) -> None:
    for order in ("new", "fits", "used"):
        seen, cursor = [], ""
        while True:
            body = cast.api("anonymous").get("/api/v1/listings", {"limit": 3, "order": order, "cursor": cursor}).json()
            seen += [row["slug"] for row in body["data"]]
            if not (cursor := body["next"]):
                break
        assert sorted(seen) == sorted(made)


@pytest.mark.parametrize(
    "query", ["kind=spaceship", "order=up", "limit=0", "limit=x", "cursor=zzz", "cursor=WyInOyBEUk9QIiwgIngiXQ"]
)
def test_the_api_says_what_it_cannot_use(query: str, made: dict[str, Listing], cast: Cast) -> None:
    assert cast.api("anonymous").get(f"/api/v1/listings?{query}").status_code == 400


def test_the_api_tells_all_of_one_listing(made: dict[str, Listing], cast: Cast) -> None:
    body = cast.api("anonymous").get("/api/v1/listings/recipes").json()
    assert body["translations"]["de-DE"]["name"] == "Rezepte-Assistent"
    assert {"manifest", "readme", "publisher"} <= set(body)
    Listing.objects.filter(slug="recipes").update(state="quarantine")
    assert cast.api("anonymous").get("/api/v1/listings/recipes").status_code == 404


def test_the_api_holds_back_who_asks_too_often(
    made: dict[str, Listing], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketplace.api.throttling import PublicThrottle

    monkeypatch.setattr(PublicThrottle, "THROTTLE_RATES", {"public": "2/min", "key": "4/min"})
    answers = [cast.api("anonymous").get("/api/v1/listings") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert cast.api("viewer", "read").get("/api/v1/listings").status_code == 200
    cache.clear()
