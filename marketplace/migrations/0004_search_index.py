"""The search index: words, meanings, facets, and what waits to be indexed."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import pgvector.django.halfvec
import pgvector.django.indexes
from pgvector.django import VectorExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0003_imports"),
    ]

    operations = [
        VectorExtension(),
        migrations.CreateModel(
            name="SearchCombo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField(unique=True)),
                ("documents", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SearchPending",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("listing", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="SearchState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("generation", models.BigIntegerField(default=1)),
                ("documents", models.IntegerField(default=0)),
                ("words_at", models.DateTimeField(null=True)),
                ("words_documents", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SearchMeaning",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="meaning",
                        serialize=False,
                        to="marketplace.listing",
                    ),
                ),
                ("vector", pgvector.django.halfvec.HalfVectorField(dimensions=384)),
                ("text_hash", models.CharField(max_length=32)),
            ],
            options={
                "indexes": [
                    pgvector.django.indexes.HnswIndex(
                        ef_construction=48, fields=["vector"], m=12, name="search_meaning", opclasses=["halfvec_ip_ops"]
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("documents", models.IntegerField()),
                (
                    "grams",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=3), default=list, size=None
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["grams"], name="search_grams"),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass("word", "text_pattern_ops"), name="search_word_start"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="document",
                        serialize=False,
                        to="marketplace.listing",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("text_hash", models.CharField(max_length=32)),
                ("tier", models.PositiveSmallIntegerField(default=0)),
                ("score", models.FloatField(default=0)),
                ("rating_low", models.FloatField(default=0)),
                ("workspaces", models.PositiveIntegerField(default=0)),
                ("trend", models.FloatField(default=0)),
                ("published_at", models.DateTimeField()),
                (
                    "combo",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="marketplace.searchcombo",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["words"], name="search_words"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("words", "tsvector_ops"),
                        condition=models.Q(("tier__gte", 1)),
                        name="search_words_1",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("words", "tsvector_ops"),
                        condition=models.Q(("tier__gte", 2)),
                        name="search_words_2",
                    ),
                    models.Index(fields=["combo"], name="search_combo"),
                    models.Index(fields=["-score", "-listing"], include=("combo",), name="search_best"),
                    models.Index(fields=["-rating_low", "-listing"], include=("combo",), name="search_rated"),
                    models.Index(fields=["-published_at", "-listing"], include=("combo",), name="search_newest"),
                    models.Index(fields=["-workspaces", "-listing"], include=("combo",), name="search_used"),
                    models.Index(fields=["-trend", "-listing"], include=("combo",), name="search_trend"),
                ],
            },
        ),
    ]
