"""Helpers for text: counting, comparing, sorting, JSON, regular expressions, hashes, encodings and names."""

from __future__ import annotations

import asyncio
import base64
import binascii
import difflib
import hashlib
import json
import math
import re
import sys
import unicodedata
import uuid
import zlib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from proxy.bundled.toolbox import Gives, Takes, Toolbox, ToolProblem

toolbox = Toolbox()

Text = Annotated[str, Meta(max_length=1_000_000)]
ShortText = Annotated[str, Meta(max_length=200_000)]
_MAX_LINES = 5000
_REGEX_LIMIT_S = 2.0
_WORDS_A_MINUTE = 230
# Letters that no decomposition turns into plain ones.
_LETTERS = {ord(letter): plain for letter, plain in (("æ", "ae"), ("ø", "o"), ("đ", "d"), ("ł", "l"), ("œ", "oe"))}


class CountText(Takes):
    text: Text


class Counts(Gives):
    characters: int
    characters_without_spaces: int
    bytes: Annotated[int, Meta(description="In UTF-8")]
    words: int
    lines: int
    sentences: int
    reading_minutes: float


@toolbox.tool("Count text")
def count_text(asked: CountText) -> Counts:
    """Count characters, words, lines and sentences of a text, and estimate how long it takes to read."""
    text = asked.text
    words = len(re.findall(r"\w+(?:['\u2019-]\w+)*", text))
    return Counts(
        characters=len(text),
        characters_without_spaces=sum(not character.isspace() for character in text),
        bytes=len(text.encode()),
        words=words,
        lines=len(text.splitlines()),
        sentences=len(re.findall(r"[.!?\u2026]+(?=\s|$)|[\u3002\uff01\uff1f]", text)) or int(bool(text.strip())),
        reading_minutes=math.ceil(words / _WORDS_A_MINUTE * 10) / 10,
    )


class CompareTexts(Takes):
    old: ShortText
    new: ShortText
    context: Annotated[int, Meta(ge=0, le=20, description="Unchanged lines shown around each change")] = 3


class Comparison(Gives):
    same: bool
    added: Annotated[int, Meta(description="Lines")]
    removed: Annotated[int, Meta(description="Lines")]
    diff: Annotated[str, Meta(description="Unified diff")]


@toolbox.tool("Compare texts")
def compare_texts(asked: CompareTexts) -> Comparison:
    """Compare two texts line by line, as a unified diff."""
    old, new = asked.old.splitlines(), asked.new.splitlines()
    if max(len(old), len(new)) > _MAX_LINES:
        raise ToolProblem(f"Texts of up to {_MAX_LINES} lines can be compared.")
    lines = list(difflib.unified_diff(old, new, "old", "new", lineterm="", n=asked.context))
    return Comparison(
        same=old == new,
        added=sum(line.startswith("+") for line in lines[2:]),
        removed=sum(line.startswith("-") for line in lines[2:]),
        diff="\n".join(lines),
    )


class SortLines(Takes):
    text: Text
    by: Literal["text", "number", "length"] = "text"
    descending: bool = False
    unique: bool = False


class Lines(Gives):
    text: str
    lines: int


@toolbox.tool("Sort lines")
def sort_lines(asked: SortLines) -> Lines:
    """Sort the lines of a text by text (upper and lower case alike), by the first number in them, or by length."""
    lines = asked.text.splitlines()
    if asked.unique:
        lines = list(dict.fromkeys(lines))
    keys = {"text": str.casefold, "number": _first_number, "length": len}
    lines.sort(key=keys[asked.by], reverse=asked.descending)  # type: ignore[arg-type]
    return Lines(text="\n".join(lines), lines=len(lines))


def _first_number(line: str) -> float:
    found = re.search(r"-?\d{1,300}(?:\.\d{1,300})?", line)
    return float(found[0]) if found else math.inf


class FormatJson(Takes):
    text: Text
    indent: Annotated[int, Meta(ge=0, le=8, description="0 puts everything on one line")] = 2
    sort_keys: bool = False


class FormattedJson(Gives):
    valid: bool
    text: Annotated[str, Meta(description="The formatted JSON; empty when it is not valid")] = ""
    problem: Annotated[str, Meta(description="What is wrong and where; empty when it is valid")] = ""


@toolbox.tool("Format JSON")
def format_json(asked: FormatJson) -> FormattedJson:
    """Check whether a text is valid JSON and say where it is not; format it, or put it on one line."""
    separators = (",", ": ") if asked.indent else (",", ":")
    try:
        value = json.loads(asked.text, parse_constant=_no_constant)
        text = json.dumps(
            value, indent=asked.indent or None, sort_keys=asked.sort_keys, ensure_ascii=False, separators=separators
        )
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        return FormattedJson(valid=False, problem=f"{problem.msg} at {where}.")
    except (ValueError, RecursionError) as problem:
        return FormattedJson(valid=False, problem=str(problem))
    return FormattedJson(valid=True, text=text)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


class TryRegex(Takes):
    pattern: Annotated[str, Meta(description="In Python's syntax", max_length=2000)]
    text: ShortText
    flags: list[Literal["ignore_case", "multiline", "dot_all", "verbose"]] = []
    replace: Annotated[str, Meta(max_length=2000)] | None = None


class Match(Gives):
    text: str
    start: int
    end: int
    groups: list[str]
    named: dict[str, str]


class Matches(Gives):
    total: int
    matches: Annotated[list[Match], Meta(description="The first hundred")]
    replaced: Annotated[str | None, Meta(description="The text with the replacement made")] = None


@toolbox.tool("Test a regular expression")
async def test_regex(asked: TryRegex) -> Matches:
    """Find every match of a regular expression in a text, and replace them if wanted. Gives up after two seconds."""
    worker = str(Path(__file__).with_name("regex_worker.py"))
    wish = {**msgspec.to_builtins(asked), "most": 100}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", worker,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        answer, _ = await asyncio.wait_for(process.communicate(json.dumps(wish).encode()), _REGEX_LIMIT_S)
    except TimeoutError:
        raise ToolProblem("The pattern takes too long on this text: it backtracks too much.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    found = msgspec.json.decode(answer or b'{"error":"The pattern could not be run."}')
    if "error" in found:
        raise ToolProblem(found["error"])
    return msgspec.convert(found, Matches)


class HashText(Takes):
    text: Text
    algorithm: Literal["sha256", "sha512", "sha3_256", "blake2b", "sha1", "md5", "crc32"] = "sha256"


class Hash(Gives):
    hash: Annotated[str, Meta(description="Hexadecimal")]
    algorithm: str


@toolbox.tool("Hash a text")
def hash_text(asked: HashText) -> Hash:
    """The hash of a text's UTF-8 bytes. md5, sha1 and crc32 are for checksums, not for security."""
    data = asked.text.encode()
    if asked.algorithm == "crc32":
        return Hash(hash=f"{zlib.crc32(data):08x}", algorithm=asked.algorithm)
    return Hash(hash=hashlib.new(asked.algorithm, data, usedforsecurity=False).hexdigest(), algorithm=asked.algorithm)


class MakeUuid(Takes):
    count: Annotated[int, Meta(ge=1, le=100)] = 1
    name: Annotated[str, Meta(description="With a name, always the same UUID for it (version 5)", max_length=1000)] = ""
    namespace: Literal["url", "dns", "oid", "x500"] = "url"


class Uuids(Gives):
    uuids: list[str]


@toolbox.tool("Make UUIDs", idempotent=False)
def make_uuid(asked: MakeUuid) -> Uuids:
    """Random UUIDs (version 4), or the one that belongs to a name (version 5)."""
    if asked.name:
        spaces = {
            "url": uuid.NAMESPACE_URL, "dns": uuid.NAMESPACE_DNS, "oid": uuid.NAMESPACE_OID, "x500": uuid.NAMESPACE_X500
        }  # fmt: skip
        return Uuids(uuids=[str(uuid.uuid5(spaces[asked.namespace], asked.name))])
    return Uuids(uuids=[str(uuid.uuid4()) for _ in range(asked.count)])


class Base64(Takes):
    text: Text
    direction: Literal["encode", "decode"] = "encode"
    url_safe: bool = False


class Coded(Gives):
    text: str


@toolbox.tool("Base64")
def base64_text(asked: Base64) -> Coded:
    """Encode a text as base64, or decode base64 that holds UTF-8 text. Decoding takes both alphabets."""
    if asked.direction == "encode":
        encode = base64.urlsafe_b64encode if asked.url_safe else base64.b64encode
        return Coded(text=encode(asked.text.encode()).decode())
    plain = "".join(asked.text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return Coded(text=base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        raise ToolProblem("This is no base64 of a UTF-8 text.") from None


class MakeSlug(Takes):
    text: Annotated[str, Meta(max_length=2000)]
    longest: Annotated[int, Meta(ge=1, le=200)] = 60
    separator: Literal["-", "_"] = "-"


class Slug(Gives):
    slug: str


@toolbox.tool("Make a slug")
def make_slug(asked: MakeSlug) -> Slug:
    """A name for URLs and files from any text: lower case, plain letters and digits, words apart."""
    known = asked.text.casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", known).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = asked.separator.join(words)
    while len(slug) > asked.longest and len(words) > 1:
        words.pop()
        slug = asked.separator.join(words)
    if not slug:
        raise ToolProblem("The text holds no letters or digits that a slug could be made of.")
    return Slug(slug=slug[: asked.longest])
