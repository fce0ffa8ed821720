"""The assistants that come with Crossroads, written by us in `marketplace/stock/*.toml`, as drafts of listings."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec

from assistants.configuration import Example, ModelClass, Short, Variable
from marketplace.importers.drafts import ListingDraft
from marketplace.importers.stock import stock_author
from marketplace.packages import AssistantPackage, ToolNeed

FOLDER = Path(__file__).resolve().parents[1] / "stock"
TOOLBOX = "toolbox"
"""Slug of the bundled server's listing: `tools` are its."""


class StockAssistant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[assistant]]`."""

    slug: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
    name: Annotated[str, msgspec.Meta(max_length=60)]
    letters: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]
    category: str
    summary: Annotated[str, msgspec.Meta(max_length=120)]
    about: str
    instructions: Annotated[str, msgspec.Meta(min_length=300)]
    greeting: Short
    starters: tuple[Short, ...]
    tags: tuple[str, ...]
    model: ModelClass
    works_offline: bool = False
    languages: tuple[str, ...] = ("en",)
    tools: tuple[str, ...] = ()
    """Tools of the bundled server."""
    tools_that_ask: tuple[str, ...] = ()
    needs: tuple[ToolNeed, ...] = ()
    """Tools of other servers in the catalogue."""
    variables: tuple[Variable, ...] = ()
    examples: tuple[Example, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    assistant: tuple[StockAssistant, ...]


@lru_cache(maxsize=1)
def stock_assistants() -> tuple[StockAssistant, ...]:
    """All of them, in the order of files and of what stands in them. Raises msgspec.ValidationError."""
    files = sorted(FOLDER.glob("*.toml"))
    return tuple(
        one for path in files for one in msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File).assistant
    )


def draft_of_assistant(one: StockAssistant) -> ListingDraft:
    return ListingDraft(
        key=f"assistant:{one.slug}",
        kind="assistant",
        name=one.name,
        summary=one.summary,
        category=one.category,
        package=_package(one),
        author=stock_author("Crossroads"),
        readme=one.about.strip(),
        tags=one.tags,
        languages=one.languages,
        licence="Apache-2.0",
        offline=one.works_offline,
        reads_only=not one.tools_that_ask and not one.needs,
        slug=one.slug,
        letters=one.letters,
    )


def _package(one: StockAssistant) -> AssistantPackage:
    asking = tuple(ToolNeed(listing=TOOLBOX, tool=name, ask_first=True) for name in one.tools_that_ask)
    return AssistantPackage(
        instructions=one.instructions.strip(),
        greeting=one.greeting,
        starters=one.starters,
        model=one.model,
        works_offline=one.works_offline,
        tools=(*(ToolNeed(listing=TOOLBOX, tool=name) for name in one.tools), *asking, *one.needs),
        variables=one.variables,
        examples=one.examples,
    )
