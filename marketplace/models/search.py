"""The search index: what of listings is found by. Written by marketplace.services.search_index alone.

Words and meaning stand in two tables, because scores move daily and a row that moves is written anew in every index.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import HalfVectorField, HnswIndex

from core.embedding import DIMENSIONS
from marketplace.models.listings import Listing

TIERS = (64_000, 8_000)
"""Documents of tier 1 and better, and of tier 2: the best by score. Very common words are looked for there alone."""


class SearchCombo(models.Model):
    """One combination of facet values that documents have, with how many have it. A few thousand at most."""

    key = models.TextField(unique=True)
    """Facet values in order, with `|` between them: marketplace.search.facets."""
    documents = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.key


class SearchDocument(models.Model):
    """A shown listing as search sees it. What orders lists is copied from the listing."""

    listing = models.OneToOneField(Listing, primary_key=True, on_delete=models.CASCADE, related_name="document")
    words = SearchVectorField()
    """Lexemes by weight: A name, B tags, C summary, D tools and readme; in every language it has."""
    text_hash = models.CharField(max_length=32)
    """Of the texts: unchanged ones are not taken apart again."""
    combo = models.ForeignKey(SearchCombo, on_delete=models.PROTECT, related_name="+", db_index=False)
    tier = models.PositiveSmallIntegerField(default=0)
    score = models.FloatField(default=0)
    rating_low = models.FloatField(default=0)
    workspaces = models.PositiveIntegerField(default=0)
    trend = models.FloatField(default=0)
    published_at = models.DateTimeField()

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="search_words", fastupdate=False),
            GinIndex(OpClass("words", "tsvector_ops"), name="search_words_1", condition=models.Q(tier__gte=1)),
            GinIndex(OpClass("words", "tsvector_ops"), name="search_words_2", condition=models.Q(tier__gte=2)),
            models.Index(fields=["combo"], name="search_combo"),
            models.Index(fields=["-score", "-listing"], name="search_best", include=["combo"]),
            models.Index(fields=["-rating_low", "-listing"], name="search_rated", include=["combo"]),
            models.Index(fields=["-published_at", "-listing"], name="search_newest", include=["combo"]),
            models.Index(fields=["-workspaces", "-listing"], name="search_used", include=["combo"]),
            models.Index(fields=["-trend", "-listing"], name="search_trend", include=["combo"]),
        ]

    def __str__(self) -> str:
        return self.listing_id


class SearchMeaning(models.Model):
    """The English text of a listing as a vector: core.embedding."""

    listing = models.OneToOneField(Listing, primary_key=True, on_delete=models.CASCADE, related_name="meaning")
    vector = HalfVectorField(dimensions=DIMENSIONS)
    text_hash = models.CharField(max_length=32)

    class Meta:
        indexes = [
            HnswIndex(fields=["vector"], name="search_meaning", m=12, ef_construction=48, opclasses=["halfvec_ip_ops"])
        ]

    def __str__(self) -> str:
        return self.listing_id


class SearchWord(models.Model):
    """A lexeme of the index and how many documents have it: weights words, mends slips, completes beginnings."""

    word = models.CharField(max_length=60, primary_key=True)
    documents = models.IntegerField()
    grams = ArrayField(models.CharField(max_length=3), default=list)
    """Its trigrams with an edge at both ends; empty for what nobody mistypes."""

    class Meta:
        indexes = [
            GinIndex(fields=["grams"], name="search_grams"),
            models.Index(OpClass("word", "text_pattern_ops"), name="search_word_start"),
        ]

    def __str__(self) -> str:
        return self.word


class SearchState(models.Model):
    """One row: what processes keep in memory is read again when `generation`, a number by chance, has moved."""

    generation = models.BigIntegerField(default=1)
    documents = models.IntegerField(default=0)
    words_at = models.DateTimeField(null=True)
    """When the words were last counted, with `words_documents` documents there."""
    words_documents = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"generation {self.generation}"


class SearchPending(models.Model):
    """A listing that changed and is not indexed again yet. The same one may stand here twice."""

    id = models.BigAutoField(primary_key=True)
    listing = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.listing
