"""What holds for every page, in every width and theme."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Literal

from playwright.sync_api import Page

from tests.browser.addresses import Address
from tests.node.tools import script

REFUSED = "the server responded with a status of 4"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1280, 390)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@cache
def _axe() -> str:
    return script("axe-core", "axe.min.js").read_text()


def check_page(address: Address) -> list[str]:
    """All problems of one page, each as a line."""
    address.visitor.complaints.clear()
    page = address.open()
    problems = problems_of(page)
    # A refusal is told by the page itself; the bare picture of a mail names no icon.
    own = (f"({page.url})", "/favicon.ico)")
    problems += [said for said in address.visitor.complaints if not (REFUSED in said and said.endswith(own))]
    return [f"{address}: {problem}" for problem in problems]


def problems_of(page: Page) -> list[str]:
    """Of a page as it stands now."""
    page.evaluate(_axe())
    problems = []
    for width, theme in product(WIDTHS, THEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        problems += [f"{width} {theme}: {problem}" for problem in _looked_at(page)]
    return problems


def _looked_at(page: Page) -> list[str]:
    found = []
    if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        found.append(f"wider than the screen: {page.evaluate(_WIDE)}")
    said = page.evaluate(_RUN, TAGS)
    for violation in said["violations"]:
        nodes = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
        why = violation["nodes"][0]["failureSummary"].replace("\n", " ")
        found.append(f"{violation['id']} at {nodes[:4]}: {why}")
    return found


_RUN = """only => axe.run({runOnly: only, resultTypes: ['violations']})"""
_WIDE = """[...document.querySelectorAll('body *')]
    .filter(part => part.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(part => part.tagName + '.' + part.className)"""
