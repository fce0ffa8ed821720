"""The built-in catalogue of servers as drafts of listings: source `stock`."""

from __future__ import annotations

from mcp import types

from marketplace.catalogue.schema import Entry, Stdio
from marketplace.importers.drafts import Author, ListingDraft
from marketplace.importers.texts import repository_key, slug_of, web_address
from marketplace.packages import ServerPackage, ToolDefinition
from proxy.bundled.server import bundled_tools

SOURCE = "stock"


def stock_author(name: str) -> Author:
    """The publisher of a built-in entry, as we call it. Nobody proved that it is them."""
    return Author(key=f"stock:{slug_of(name)}", name=name)


def draft_of_entry(entry: Entry) -> ListingDraft:
    bundled = any(isinstance(transport, Stdio) and transport.runtime == "python" for transport in entry.transports)
    homepage = web_address(entry.homepage)
    return ListingDraft(
        key=f"server:{entry.slug}",
        kind="server",
        name=entry.name,
        summary=entry.summary,
        category=entry.category,
        package=ServerPackage(
            transports=entry.transports,
            tools=tuple(map(_tool, bundled_tools())) if bundled else (),
            requires=entry.requires,
            bundled=bundled and entry.offline,
        ),
        author=stock_author(entry.publisher),
        readme=entry.description.strip(),
        tags=entry.tags,
        licence="" if entry.licence == "hosted" else entry.licence,
        homepage=homepage,
        repository=homepage if repository_key(homepage) else "",
        deprecated=entry.archived,
        offline=entry.offline,
        reads_only=not entry.writes,
        slug=entry.slug,
        letters=entry.letters,
    )


def _tool(known: types.Tool) -> ToolDefinition:
    hints = known.annotations
    return ToolDefinition(
        name=known.name,
        description=known.description or "",
        input_schema=known.input_schema,
        read_only=bool(hints and hints.read_only_hint),
    )
