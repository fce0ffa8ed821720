"""Links that lead nowhere. Addresses of private networks are told apart: nobody else could open them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from core.net import FetchError, NetPolicy, fetch
from marketplace.scanning.findings import Finding
from marketplace.scanning.parts import Part

MOST = 30
TIMEOUT_S = 8.0
AT_ONCE = 6
_LINK = re.compile(r"https?://[^\s<>\"'`()\[\]{}|\\^]+")
_GONE = frozenset({404, 410})
_KINDS = frozenset({"markdown", "address"})
_SAMPLE = re.compile(r"https?://(?:[\w.-]+\.)?(?:example\.(?:com|org|net)|[\w-]+\.(?:example|test|invalid))(?:[:/]|$)")


def dead_links(parts: Iterable[Part]) -> list[Finding]:
    """One finding for each link that is gone. Asks at most thirty, six at once; the rest are not asked."""
    places: dict[str, Part] = {}
    for part in parts:
        if part.kind in _KINDS and not part.where.startswith("transports"):
            for link in _LINK.findall(part.text):
                places.setdefault(link.rstrip(".,;:!?*_"), part)
    wanted = dict(list(places.items())[:MOST])
    answers = asyncio.run(_ask_all(list(wanted)))
    return [_finding(part, link, *answers[link]) for link, part in wanted.items() if answers[link][0]]


def _finding(part: Part, link: str, why: str, sure: bool) -> Finding:
    return Finding(
        code="dead_link",
        severity="warn" if sure and part.kind == "address" else "info",
        where=part.where,
        sentence=_("%(link)s leads nowhere: %(why)s") % {"link": link[:200], "why": why},
    )


async def _ask_all(links: list[str]) -> dict[str, tuple[str, bool]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(link: str) -> tuple[str, bool]:
        async with gate:
            return await _problem(link)

    found = await asyncio.gather(*(ask(link) for link in links))
    return dict(zip(links, found, strict=True))


async def _problem(link: str) -> tuple[str, bool]:
    """Why a link is dead, and whether its own server says so; "" when it is not, or cannot be told: a slow or
    unwilling site is no reason to doubt, and an installation without a network finds no name at all."""
    if _SAMPLE.match(link):
        return "", False
    policy = NetPolicy(settings.ENV.allow_networks)
    try:
        reply = await fetch(link, policy=policy, timeout_s=TIMEOUT_S, max_bytes=2_000_000, max_redirects=5)
    except FetchError as error:
        return (error.sentence if error.kind in ("not_found", "address", "refused") else ""), False
    return (_("it answers with %d.") % reply.status, True) if reply.status in _GONE else ("", False)
