"""The manual: the Markdown files of `docs/`, rendered for the site. Links between the files work on disk and here.

Rendering knows no request and no template; `core.docs` serves what it makes. A page is rendered once per version of
its file. HTML in the source is shown as text, and what comes out is sanitized all the same.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from secrets import token_urlsafe

import nh3
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.components.code import code_block

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "/docs/"
IMAGES = "docs/images/"

CONTENTS = (
    (
        _("Start"),
        {
            "index": "docs/index.md",
            "connect": "docs/connect.md",
            "hubs": "docs/hubs.md",
            "assistants": "docs/assistants.md",
            "marketplace": "docs/marketplace.md",
            "installing": "docs/installing.md",
            "ratings": "docs/ratings.md",
            "evidence": "docs/evidence.md",
            "publishing": "docs/publishing.md",
            "api": "docs/api.md",
        },
    ),
    (
        _("Run it"),
        {
            "configuration": "docs/configuration.md",
            "operations": "docs/operations.md",
            "importing": "docs/importing.md",
            "security": "docs/security.md",
            "performance": "docs/performance.md",
        },
    ),
    (
        _("How it is built"),
        {
            "architecture": "docs/architecture.md",
            "decisions": "docs/decisions.md",
            "changelog": "CHANGELOG.md",
            "contributing": "CONTRIBUTING.md",
            "licence": "LICENSE",
        },
    ),
)
"""Groups of pages in the order of the side: slug -> file below the root."""

PAGES: Mapping[str, str] = {slug: path for _label, pages in CONTENTS for slug, path in pages.items()}
_SLUGS = {path: slug for slug, path in PAGES.items()}
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "hr", "img", "li", "ol", "p", "s", "strong", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "table": {"tabindex"},
    "td": {"class"},
    "th": {"class", "scope"},
}


@dataclass(frozen=True)
class Heading:
    """An entry of a page's own contents. `level` is 2 or 3."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Page:
    """A rendered page: `html` is safe and begins after the title."""

    slug: str
    title: str
    lead: str
    """The first paragraph as plain text: for search engines and lists."""
    html: str
    headings: Sequence[Heading]


def page_url(slug: str) -> str:
    return PREFIX if slug == "index" else f"{PREFIX}{slug}/"


def page(slug: str) -> Page | None:
    """The page of this name, or None."""
    path = PAGES.get(slug)
    if path is None or not (ROOT / path).is_file():
        return None
    return _rendered(slug, path, (ROOT / path).stat().st_mtime_ns, get_language() or "")


@lru_cache(maxsize=64)
def _rendered(slug: str, path: str, _version: int, _language: str) -> Page:
    source = (ROOT / path).read_text("utf-8")
    return render(slug, path, source if path.endswith(".md") else f"# Licence\n\n```text\n{source}\n```\n")


def render(slug: str, path: str, source: str) -> Page:
    """Render one file. `path` is its place below the root, from which its links are resolved."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = markdown.parse(source)
    title, tokens = _take_title(tokens)
    headings = _anchor_headings(tokens)
    _resolve_links(tokens, posixpath.dirname(path))
    _mark_tables(tokens)
    blocks = _take_code(tokens)
    lead = next((_plain(token) for token in tokens if token.type == "inline"), "")
    html = str(markdown.renderer.render(tokens, markdown.options, {}))
    safe = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None)
    for mark, block in blocks.items():
        safe = safe.replace(f"<hr>{mark}", block)
    return Page(slug, title, lead, safe, tuple(headings))


def _take_title(tokens: list[Token]) -> tuple[str, list[Token]]:
    if len(tokens) >= 3 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return _plain(tokens[1]), tokens[3:]
    return "", tokens


def _anchor_headings(tokens: list[Token]) -> list[Heading]:
    """Give every heading an id of its own, and list those of level 2 and 3."""
    taken: set[str] = set()
    found = []
    for token, inline in pairwise(tokens):
        if token.type != "heading_open":
            continue
        text = _plain(inline)
        anchor = _free(anchor_of(text), taken)
        token.attrSet("id", anchor)
        if token.tag in {"h2", "h3"}:
            found.append(Heading(int(token.tag[1]), text, anchor))
    return found


def anchor_of(text: str) -> str:
    """The anchor that code hosts make of a heading too, so that links with `#` work in both places."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain)) or "section"


def _free(anchor: str, taken: set[str]) -> str:
    found, number = anchor, 0
    while found in taken:
        number += 1
        found = f"{anchor}-{number}"
    taken.add(found)
    return found


def _resolve_links(tokens: Sequence[Token], folder: str) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", resolve(str(child.attrGet("href") or ""), folder))
            elif child.type == "image":
                child.attrSet("src", resolve(str(child.attrGet("src") or ""), folder))
                child.attrSet("loading", "lazy")


def resolve(target: str, folder: str) -> str:
    """Where a link of a file in `folder` leads on the site; what leads elsewhere stays as it is."""
    path, mark, anchor = target.partition("#")
    if not path or "://" in path or path.startswith(("/", "mailto:")):
        return target
    place = posixpath.normpath(posixpath.join(folder, path))
    if place in _SLUGS:
        return page_url(_SLUGS[place]) + mark + anchor
    return PREFIX + place.removeprefix("docs/") if place.startswith(IMAGES) else target


def _mark_tables(tokens: Sequence[Token]) -> None:
    """The content policy forbids style attributes, so that alignment becomes a class."""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("tabindex", "0")  # It scrolls where it is too wide, so a keyboard must reach it.
        elif token.type in {"th_open", "td_open"}:
            style = str(token.attrs.pop("style", ""))
            if style == "text-align:right":
                token.attrSet("class", "r")
            if token.type == "th_open":
                token.attrSet("scope", "col")


def _take_code(tokens: Sequence[Token]) -> dict[str, str]:
    """Take the blocks of code out, so that the component that draws them elsewhere draws them here: mark -> HTML."""
    blocks: dict[str, str] = {}
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            number = len(blocks) + 1
            mark = f"[code-{token_urlsafe(12)}]"
            label = _("Example %(number)s") % {"number": number}
            blocks[mark] = str(code_block(token.content.rstrip("\n"), token.info.strip() or "text", label=label))
            token.type, token.tag, token.content = "html_block", "", f"<hr>{mark}"
    return blocks


def _plain(inline: Token) -> str:
    return "".join(child.content if child.type != "softbreak" else " " for child in inline.children or ())
