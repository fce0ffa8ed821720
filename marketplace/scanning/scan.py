"""The scan of texts: quick, pure, the same in the editor's preview, at submission and in the job."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from marketplace.packages import AssistantPackage, Package, ServerPackage
from marketplace.scanning.findings import Finding, sorted_findings
from marketplace.scanning.hidden import find_hidden
from marketplace.scanning.markdown_texts import find_hostile_markdown
from marketplace.scanning.parts import Part, parts_of
from marketplace.scanning.poison import find_oversize, find_poison
from marketplace.scanning.secret_texts import find_secrets
from marketplace.texts import Texts

_PRIVATE_ID = re.compile(r"\b(?:hub|mdl|srv|key|ast|wsp|usr|ftr|cnv)_[0-7][0-9a-hjkmnp-tv-z]{25}\b")
_VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}")
LEAST_INSTRUCTIONS = 20


def scan_texts(package: Package, texts: Texts, readme: str = "", notes: str = "") -> list[Finding]:
    """What stands in the texts of a version, the gravest first."""
    return sorted_findings(_findings(package, texts, readme, notes))


def _findings(package: Package, texts: Texts, readme: str, notes: str) -> Iterator[Finding]:
    for part in parts_of(package, texts, readme, notes):
        yield from find_secrets(part)
        yield from find_hidden(part)
        yield from find_poison(part)
        yield from find_oversize(part)
        yield from find_hostile_markdown(part)
        yield from _private_ids(part)
    yield from _whole(package, texts, readme)


def _private_ids(part: Part) -> Iterator[Finding]:
    if _PRIVATE_ID.search(part.text):
        yield Finding(
            code="private_id", severity="warn", where=part.where,
            sentence=_("It names something of your own workspace by its id, which means nothing to others."),
        )  # fmt: skip


def _whole(package: Package, texts: Texts, readme: str) -> Iterator[Finding]:
    """What is not wrong in one place, but with the version as it is."""
    if isinstance(package, AssistantPackage):
        yield from _assistant(package)
    elif isinstance(package, ServerPackage) and not package.tools:
        yield _info("no_tools", "tools", _("The server's tools are not known, so that nobody sees what it can do."))
    if not texts.summary:
        yield Finding(code="no_summary", severity="warn", where="summary", sentence=_("It has no summary."))
    if not readme:
        yield _info("no_readme", "readme", _("It has no description."))
    if not texts.licence:
        yield _info("no_licence", "licence", _("It names no licence."))


def _assistant(package: AssistantPackage) -> Iterator[Finding]:
    if len(package.instructions.strip()) < LEAST_INSTRUCTIONS:
        yield Finding(
            code="no_instructions", severity="warn", where="instructions",
            sentence=_("It has hardly any instructions."),
        )  # fmt: skip
    known = {variable.name for variable in package.variables}
    for name in sorted(set(_VARIABLE.findall(package.instructions)) - known):
        sentence = _("The instructions use {{%(name)s}}, which is no variable.") % {"name": name}
        yield _info("unknown_variable", "instructions", sentence)
    if not package.examples:
        yield _info("no_examples", "examples", _("It has no examples, so that nothing is tried on it."))


def _info(code: str, where: str, sentence: str) -> Finding:
    return Finding(code=code, severity="info", where=where, sentence=sentence)
