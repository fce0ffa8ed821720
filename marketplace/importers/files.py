"""Catalogue files: one JSON object a line. Which format it is shows in the first entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from core.errors import InvalidProblem
from marketplace.importers.assistants import read_assistant
from marketplace.importers.drafts import ListingDraft, Refused
from marketplace.importers.images import read_image
from marketplace.importers.packages import read_package
from marketplace.importers.registry import read_registry_entry
from marketplace.importers.reports import Row

MOST_LINE = 2_000_000
"""Bytes of one entry."""


class Format(msgspec.Struct, frozen=True):
    """How entries of one kind of file are read, and what the source is called."""

    name: str
    source: str
    fits: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any]], ListingDraft]


_ALL = (
    Format("lobehub", "import:lobehub", lambda row: "identifier" in row and "config" in row, read_assistant),
    Format("toolsdk", "import:toolsdk", lambda row: "packageName" in row, read_package),
    Format("docker", "import:docker", lambda row: "about" in row and "meta" in row, read_image),
    Format("registry", "import:registry", lambda row: "server" in row or "$schema" in row, read_registry_entry),
)
FORMATS: Mapping[str, Format] = {known.name: known for known in _ALL}


def read_lines(lines: Iterable[bytes], *, format: str = "auto") -> Iterator[ListingDraft | Row]:
    """Every entry as a draft with its line, or as a refusal. Raises InvalidProblem for a format that is not known."""
    known = None if format == "auto" else find_format(format)
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            row = _row(text)
            known = known or detect(row)
            yield msgspec.structs.replace(known.read(row), line=number)
        except Refused as refused:
            yield Row(number, _key(text), str(refused))


def read_rows(rows: Iterable[object], format: Format) -> Iterator[ListingDraft | Row]:
    """The same for entries that are JSON values already, without lines."""
    for row in rows:
        try:
            if not isinstance(row, dict):
                raise Refused("It is no JSON object.")
            yield format.read(row)
        except Refused as refused:
            yield Row(0, _name(row), str(refused))


def source_of(lines: Iterable[bytes], format: str = "auto") -> str:
    """What the source of a file is called: by its format, or by its first entry that has one. Raises InvalidProblem."""
    if format != "auto":
        return find_format(format).source
    for text in lines:
        try:
            return detect(_row(text)).source
        except Refused:
            continue
    raise InvalidProblem("No entry of the file has a format that can be imported.", field="file")


def find_format(name: str) -> Format:
    if name not in FORMATS:
        raise InvalidProblem(f"The format {name} is not known: it is one of {', '.join(FORMATS)}.", field="format")
    return FORMATS[name]


def detect(row: Mapping[str, Any]) -> Format:
    """The format that an entry has. Raises Refused."""
    for known in FORMATS.values():
        if known.fits(row):
            return known
    raise Refused("Its format is not one that can be imported.")


def _row(text: bytes) -> dict[str, Any]:
    if len(text) > MOST_LINE:
        raise Refused(f"The entry is larger than {MOST_LINE:,} bytes.")
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"The line is no JSON object: {error}.") from error


def _key(text: bytes) -> str:
    """What to call an entry that was refused."""
    try:
        row = msgspec.json.decode(text[:MOST_LINE], type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return _name(row)


def _name(row: object) -> str:
    told = row if isinstance(row, dict) else {}
    inner = told.get("server")
    told = inner if isinstance(inner, dict) else told
    names = (told.get(name) for name in ("identifier", "packageName", "name"))
    return next((name[:120] for name in names if isinstance(name, str)), "")
