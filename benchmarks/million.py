"""A catalogue as large as one likes, made by perturbing the listings that are there.

    from benchmarks.million import make_listings
    make_listings(1_000_000)          # into the database of the settings; a million takes some minutes

Names lose, swap or misspell words and gain those of others, summaries are spliced within a category, counts and dates
are spread as real ones are. Rows go straight to Postgres: no signal is sent, and the search index is not built.
"""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from django.db import connection, transaction

from core.bulk import copy_rows
from core.ids import new_id
from marketplace.importers.texts import cut, slug_of
from marketplace.models import Listing, Publisher

SOURCE = "bench"
PUBLISHERS_PER_LISTING = 0.05
MANY = 100_000
"""From how many on the indexes are built anew."""
NEWEST = datetime(2026, 6, 1, tzinfo=UTC)
_STAGE = (
    "id, template, publisher, slug, name, summary, tags, translations, state, published_at, installs, workspaces, "
    "runs, runs_ok, rating_count, rating_mean, rating_low, rating_high, health, score, trend, source_key"
)


class Made(msgspec.Struct, frozen=True):
    """How many listings there are now of this making, and how long it took."""

    count: int
    seconds: float


class _Template(msgspec.Struct, frozen=True):
    id: str
    name: str
    summary: str
    category: str
    tags: list[str]
    translations: dict[str, dict[str, object]]


def make_listings(count: int, *, seed: int = 7, log: Callable[[str], object] | None = None) -> Made:
    """`count` listings of source `bench`, each with one version. Needs some real listings to start from."""
    began = time.monotonic()
    tell = log or (lambda text: None)
    templates = _templates()
    if not templates:
        raise ValueError("There are no listings to perturb: import some first.")
    chance = random.Random(seed)
    with transaction.atomic(), connection.cursor() as cursor:
        _quicken()
        publishers = _publishers(max(1, int(count * PUBLISHERS_PER_LISTING)), chance)
        tell(f"{len(publishers):,} publishers after {time.monotonic() - began:.0f} s")
        cursor.execute(_STAGE_SQL)
        with cursor.copy(f"COPY stage ({_STAGE}) FROM STDIN") as copy:
            for row in _rows(count, templates, publishers, chance):
                copy.write_row(row)
        tell(f"rows made after {time.monotonic() - began:.0f} s")
        cursor.execute("ANALYZE stage")
        again = _drop_aids() if count >= MANY else []
        cursor.execute(_LISTING_SQL)
        tell(f"listings after {time.monotonic() - began:.0f} s")
        cursor.execute(_SHAPES_SQL)
        cursor.execute(_VERSION_SQL)
        tell(f"versions after {time.monotonic() - began:.0f} s")
        for statement in again:
            cursor.execute(statement)
        cursor.execute("DROP TABLE stage")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_listing, marketplace_listingversion, marketplace_publisher")
    seconds = round(time.monotonic() - began, 1)
    tell(f"done after {seconds:.0f} s")
    return Made(Listing.objects.filter(source=SOURCE).count(), seconds)


def remove_listings() -> None:
    """Take out what `make_listings` made."""
    with transaction.atomic(), connection.cursor() as cursor:
        _quicken()
        cursor.execute(
            "DELETE FROM marketplace_listingversion v USING marketplace_listing l WHERE v.listing_id = l.id "
            "AND l.source = %s",
            [SOURCE],
        )
        cursor.execute("DELETE FROM marketplace_listing WHERE source = %s", [SOURCE])
        cursor.execute("DELETE FROM marketplace_publisher WHERE source = %s", [SOURCE])


def _quicken() -> None:
    """Nothing here needs to survive a crash half-way."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")


def _drop_aids() -> list[str]:
    """Take away foreign keys, and indexes that hold no constraint; what makes them again. Checking and sorting a
    million rows at once is quicker than one by one."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what still waits to be checked would be in the way
        cursor.execute(_INDEXES_SQL)
        indexes = cursor.fetchall()
        cursor.execute(_KEYS_SQL)
        keys = cursor.fetchall()
        for table, name, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    made = [definition for _name, definition in indexes]
    return made + [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in keys]


def _templates() -> list[_Template]:
    rows = Listing.objects.filter(state=Listing.State.LIVE).exclude(source=SOURCE).order_by("id")
    return [_Template(*row) for row in rows.values_list("id", "name", "summary", "category", "tags", "translations")]


def _publishers(count: int, chance: random.Random) -> list[str]:
    names = list(Publisher.objects.exclude(source=SOURCE).values_list("name", flat=True)) or ["Publisher"]
    made = []
    for number in range(count):
        name = f"{cut(chance.choice(names), 60)} {chance.choice('abcdefghijkmnpqrstuvwxyz')}{number}"
        slug = f"{slug_of(name, 40)}-b{number}".strip("-")
        made.append(
            Publisher(slug=slug, name=name, letters=name[:2].upper(), source=SOURCE, source_key=f"bench:{slug}")
        )
    copy_rows(Publisher, made)
    return [row.id for row in made]


def _rows(
    count: int, templates: list[_Template], publishers: list[str], chance: random.Random
) -> Iterator[tuple[object, ...]]:
    by_category: dict[str, list[_Template]] = defaultdict(list)
    for template in templates:
        by_category[template.category].append(template)
    translated = {template.id: json.dumps(template.translations, ensure_ascii=False) for template in templates}
    for number in range(count):
        template = chance.choice(templates)
        other = chance.choice(by_category[template.category])
        name = _name(template.name, other.name, chance)
        runs = int(chance.paretovariate(0.7)) if chance.random() < 0.4 else 0
        runs = min(runs, 5_000_000)
        ratings = min(int(chance.paretovariate(0.9)) - 1, 5_000)
        mean = min(5.0, max(1.0, chance.gauss(4.0, 0.7))) if ratings else 0.0
        spread = 1.2 / (ratings + 1) ** 0.5
        yield (
            new_id("lst"),
            template.id,
            publishers[int(len(publishers) * chance.random() ** 2)],
            f"{slug_of(name, 60) or template.category}-m{number}",
            name,
            _summary(template.summary, other.summary, chance),
            _tags(template.tags, other.tags, chance),
            translated[template.id],
            "live" if chance.random() < 0.97 else chance.choice(("deprecated", "quarantine", "removed")),
            NEWEST - timedelta(minutes=int(900_000 * chance.random() ** 1.5)),
            runs // 20,
            min(runs // 50, 20_000),
            runs,
            int(runs * (0.8 + 0.2 * chance.random())),
            ratings,
            mean,
            max(0.0, mean - spread),
            min(5.0, mean + spread),
            chance.choice(("good", "good", "good", "poor", "unknown", "unprobed")),
            chance.random() ** 2,
            chance.random() ** 4,
            f"m{number}",
        )


def _name(name: str, other: str, chance: random.Random) -> str:
    words, more = name.split(), other.split()
    match chance.randrange(6):
        case 0:
            words = [*words, chance.choice(more)]
        case 1:
            words[chance.randrange(len(words))] = chance.choice(more)
        case 2 if len(words) > 1:
            words.pop(chance.randrange(len(words)))
        case 3:
            words = [_misspelt(word, chance) if number == 0 else word for number, word in enumerate(words)]
        case 4:
            words = [*words[: len(words) // 2 + 1], *more[len(more) // 2 :]]
        case _:
            words = [*words, str(chance.randrange(2, 30))]
    return cut(" ".join(words), 100)


def _misspelt(word: str, chance: random.Random) -> str:
    if len(word) < 4:
        return word
    at = chance.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _summary(one: str, other: str, chance: random.Random) -> str:
    words, more = one.split(), other.split()
    start = chance.randrange(len(words) // 2, len(words) + 1) if words else 0
    return cut(" ".join([*words[:start], *more[chance.randrange(len(more) // 2 + 1) :]]), 300)


def _tags(one: list[str], other: list[str], chance: random.Random) -> list[str]:
    both = sorted({*one, *other})
    return chance.sample(both, min(len(both), 4))


_TABLES = "('marketplace_listing'::regclass, 'marketplace_listingversion'::regclass)"
_INDEXES_SQL = (
    "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
    f"WHERE indrelid IN {_TABLES} AND NOT indisunique"
)
_KEYS_SQL = (
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
    f"WHERE conrelid IN {_TABLES} AND contype = 'f'"
)
_STAGE_SQL = """
CREATE TEMPORARY TABLE stage (
    id varchar, template varchar, publisher varchar, slug varchar, name varchar, summary varchar, tags varchar[],
    translations jsonb, state varchar, published_at timestamptz, installs int, workspaces int, runs bigint,
    runs_ok bigint, rating_count int, rating_mean float8, rating_low float8, rating_high float8, health varchar,
    score float8, trend float8, source_key varchar
)
"""
_STAGED = sorted({name.strip() for name in _STAGE.split(",")} - {"template", "publisher"})
_COMPUTED = {
    "publisher_id": "s.publisher",
    "source": f"'{SOURCE}'",
    "current_id": "'lsv_' || substr(s.id, 5)",
    "created_at": "s.published_at",
    "updated_at": "s.published_at",
    "state_at": "s.published_at",
    "featured": "NULL",
}


def _listing_sql() -> str:
    """Columns that are not staged come from the template, whatever a later migration adds."""
    columns = [str(field.column) for field in Listing._meta.local_concrete_fields if not field.generated]
    values = [_COMPUTED.get(column) or (f"s.{column}" if column in _STAGED else f"t.{column}") for column in columns]
    return (
        f"INSERT INTO marketplace_listing ({', '.join(columns)}) SELECT {', '.join(values)} "
        "FROM stage s JOIN marketplace_listing t ON t.id = s.template"
    )


_LISTING_SQL = _listing_sql()
_SHAPES_SQL = """
CREATE TEMPORARY TABLE shapes ON COMMIT DROP AS
SELECT t.id, v.version, v.version_key,
    CASE WHEN t.kind = 'assistant'
        THEN jsonb_build_object('kind', 'assistant', 'instructions', left(v.package->>'instructions', 400))
        WHEN length(v.package::text) > 1500 THEN v.package - 'tools'
        ELSE v.package END AS package,
    CASE WHEN length(v.manifest::text) > 1000 THEN v.manifest - 'tools' ELSE v.manifest END AS manifest
FROM marketplace_listing t JOIN marketplace_listingversion v ON v.id = t.current_id
WHERE t.id IN (SELECT DISTINCT template FROM stage)
"""
"""Small packages, made once: a million whole ones would be gigabytes of the same texts."""
_VERSION_SQL = """
INSERT INTO marketplace_listingversion (
    id, listing_id, version, version_key, package, content_hash, manifest, texts, readme, notes, state, findings,
    scanned_at, decided_by, decision_note, published_at, created_by, created_at, updated_at, copy_bands
)
SELECT 'lsv_' || substr(s.id, 5), s.id, v.version, v.version_key, v.package, md5(s.id) || md5(s.slug), v.manifest, '{}',
    s.summary, '', 'live', '[]', s.published_at, '', '', s.published_at, '', s.published_at, s.published_at, '{}'
FROM stage s JOIN shapes v ON v.id = s.template
ORDER BY s.id
"""
