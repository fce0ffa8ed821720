"""Reads the built-in catalogue: `data/<category>.toml`, checked strictly, once per process."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from marketplace.catalogue.schema import CatalogueFile, Entry

DATA = Path(__file__).resolve().parent / "data"


class CatalogueProblem(Exception):
    """A catalogue file that cannot be used; says which file, which entry and why."""


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every entry by slug, in the order of the files' names and within a file. Raises CatalogueProblem."""
    return load_folder(DATA)


def entries() -> tuple[Entry, ...]:
    """Every entry."""
    return tuple(catalogue().values())


def find(slug: str) -> Entry | None:
    """The entry of this slug, or None."""
    return catalogue().get(slug)


def load_folder(folder: Path) -> Mapping[str, Entry]:
    """Read every `*.toml` of a folder. Raises CatalogueProblem."""
    found: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.toml")):
        for entry in _read(path):
            if entry.slug in found:
                raise CatalogueProblem(f"{path.name}: the slug {entry.slug} is used twice")
            found[entry.slug] = entry
    if not found:
        raise CatalogueProblem(f"no catalogue in {folder}")
    return MappingProxyType(found)


def _read(path: Path) -> Iterator[Entry]:
    try:
        document = msgspec.convert(tomllib.loads(path.read_text("utf-8")), CatalogueFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CatalogueProblem(f"{path.name}: {error}") from error
    if document.category != path.stem:
        raise CatalogueProblem(f"{path.name}: holds the category {document.category}")
    for position, fields in enumerate(document.server, 1):
        try:
            yield msgspec.convert({**fields, "category": document.category}, Entry)
        except msgspec.ValidationError as error:
            raise CatalogueProblem(f"{path.name}, {fields.get('slug', f'entry {position}')}: {error}") from error
