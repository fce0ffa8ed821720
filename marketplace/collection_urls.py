"""Routes of collections, publishers and comparisons, joined in marketplace.urls before the listings' own."""

from __future__ import annotations

from django.urls import path

from marketplace.views import collection_moderation, collections, compare, maps, own_collections, publisher_page

ROOT = "marketplace/collections/"
ONE = f"{ROOT}<slug:slug>/"
PUBLISHER = "marketplace/publishers/<slug:slug>/"

collection_urls = [
    path(ROOT, collections.list_page, name="collections"),
    path(ONE, collections.show, name="collection"),
    path(f"{ONE}feed.rss", collections.feed, name="collection-feed"),
    path(f"{ONE}card.png", collections.card, name="collection-card"),
    path(f"{ONE}report/", collections.report, name="collection-report"),
    path(f"{ONE}edit/", own_collections.edit, name="collection-edit"),
    path(f"{ONE}change/", own_collections.change, name="collection-change"),
    path(f"{ONE}delete/", own_collections.delete, name="collection-delete"),
    path("me/collections/", own_collections.list_page, name="own-collections"),
    path("me/collections/new/", own_collections.new, name="collection-new"),
    path("marketplace/compare/", compare.compare_page, name="compare"),
    path("marketplace/<slug:slug>/save/", own_collections.save, name="save"),
    path(PUBLISHER, publisher_page.show, name="publisher"),
    path(f"{PUBLISHER}follow/", publisher_page.follow, name="publisher-follow"),
    path(f"{PUBLISHER}feed.rss", publisher_page.feed, name="publisher-feed"),
    path("me/following/", publisher_page.following, name="following"),
    path("operator/moderation/collections/<str:id>/", collection_moderation.moderate, name="moderation-collection"),
    path("sitemap-collections.xml", maps.collection_map, name="sitemap-collections"),
    path("sitemap-publishers.xml", maps.publisher_map, name="sitemap-publishers"),
]
