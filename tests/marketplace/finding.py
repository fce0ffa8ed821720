"""Listings for tests of search: named, indexed at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.clock import now
from marketplace.catalogue.schema import Http
from marketplace.models import Listing, ListingVersion, Publisher
from marketplace.packages import AssistantPackage, Package, ServerPackage, package_json
from marketplace.semver import version_key
from marketplace.services.search_index import reindex_all

GERMAN = {"de-DE": {"name": "Rezepte-Assistent", "summary": "Schlägt gesunde Rezepte vor.", "tags": ["kochen"]}}
CHINESE = {"zh-CN": {"name": "塔罗牌占卜师", "summary": "为你解读塔罗牌。", "tags": ["占卜"]}}


def add_listing(slug: str, name: str, summary: str, **values: Any) -> Listing:
    """A live listing that is not indexed yet. `kind` is assistant where nothing else is said."""
    kind = values.pop("kind", "assistant")
    package: Package = AssistantPackage(instructions="Answer in two sentences.")
    if kind == "server":
        package = ServerPackage(transports=(Http(url=f"https://{slug}.example.com/mcp"),))
    publisher = (
        values.pop("publisher", None)
        or Publisher.objects.get_or_create(slug="makers", defaults={"name": "Makers", "letters": "MK"})[0]
    )
    age = timedelta(days=values.pop("days", 10))
    given = {"category": "code", "languages": ["en"], "needs": ["model"], "letters": "XX", **values}
    listing = Listing.objects.create(
        slug=slug, kind=kind, name=name, summary=summary, publisher=publisher, state="live",
        published_at=now() - age, **given,
    )  # fmt: skip
    listing.current = ListingVersion.objects.create(
        listing=listing, version="1.0.0", version_key=version_key("1.0.0"), package=package_json(package),
        content_hash="0" * 64, state="live", published_at=listing.published_at,
    )  # fmt: skip
    listing.save()
    return listing


def add_catalogue() -> dict[str, Listing]:
    """Eight listings, indexed."""
    rows = [
        add_listing("postgres", "Postgres", "Asks a PostgreSQL database in SQL.", kind="server", needs=["key"],
                    category="databases", reads_only=True, tags=["sql", "database"]),
        add_listing("mysql", "MySQL", "Asks a MySQL database.", kind="server", needs=["key"], category="databases"),
        add_listing("weather", "Weather", "The weather forecast for any place.", kind="server", needs=["none"],
                    category="places", offline=True, reads_only=True, tags=["forecast"]),
        add_listing("recipes", "Recipe Assistant", "Suggests healthy recipes.", category="life", translations=GERMAN,
                    languages=["en", "de-DE"], tags=["cooking"]),
        add_listing("tarot", "Tarot Diviner", "Reads tarot cards.", category="fun", translations=CHINESE,
                    languages=["en", "zh-CN"]),
        add_listing("reviewer", "Code Reviewer", "Reviews pull requests and finds bugs.", tags=["git", "review"]),
        add_listing("fastapi", "FastAPI Expert", "Writes web services with FastAPI.", days=1),
        add_listing("whether", "Decision Helper", "Says whether to do it.", category="life"),
    ]  # fmt: skip
    reindex_all()
    return {row.slug: row for row in rows}
