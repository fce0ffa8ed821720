"""The draft of a listing's next version: tidied, and told field by field what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from core.errors import InvalidProblem, Text
from marketplace.importers.texts import letters_of
from marketplace.packages import Package, read_package
from marketplace.texts import FIELDS, texts_json, texts_of_draft
from proxy.errors import DraftProblem

MAX_README, MAX_NOTES = 50_000, 4_000


def checked_draft(draft: Mapping[str, Any]) -> dict[str, Any]:
    """The draft with tidied texts. Raises InvalidProblem with every field that cannot be used."""
    tidied = dict(draft)
    for name in ("name", "summary", "licence", "homepage", "repository"):
        tidied[name] = " ".join(str(draft.get(name) or "").split())
    for name in ("readme", "notes", "version"):
        tidied[name] = str(draft.get(name) or "").strip()
    tidied["tags"] = list(dict.fromkeys(" ".join(str(tag).lower().split()) for tag in draft.get("tags") or ()))
    tidied["letters"] = str(draft.get("letters") or letters_of(tidied["name"])).upper()
    _check_sizes(tidied)
    try:
        texts = texts_of_draft(tidied)
    except msgspec.ValidationError as problem:
        raise _invalid(str(problem)) from None
    return tidied | texts_json(texts)


def _check_sizes(draft: Mapping[str, Any]) -> None:
    errors: dict[str, list[Text]] = {}
    if not draft["name"]:
        errors["name"] = [_("Give it a name of at most 100 characters.")]
    if len(draft["readme"]) > MAX_README:
        errors["readme"] = [_("Use at most 50,000 characters.")]
    if len(draft["notes"]) > MAX_NOTES:
        errors["notes"] = [_("Use at most 4,000 characters.")]
    for name in ("name", "summary", "readme", "notes", "licence"):
        if "\0" in draft[name]:
            errors.setdefault(name, []).append(_("NUL characters cannot be used."))
    if errors:
        raise DraftProblem(errors)


_FIELD_SENTENCES: Mapping[str, Text] = {
    "name": _("Give it a name of at most 100 characters."),
    "summary": _("Use at most 300 characters."),
    "letters": _("Two letters or digits, for its square."),
    "tags": _("At most 20 tags of at most 40 characters each."),
    "languages": _("Write language codes such as en or pt-BR."),
    "translations": _("A translation has a language code, a name, a summary and tags."),
    "homepage": _("Write the whole address, beginning with https://"),
    "repository": _("Write the whole address, beginning with https://"),
    "licence": _("Use at most 60 characters."),
}


def _invalid(problem: str) -> InvalidProblem:
    """msgspec names the field as `$.summary` at the end of its sentence."""
    path = problem.rpartition("`$")[2].strip("`.")
    field = path.split("[")[0].split(".")[0]
    if field not in FIELDS:
        field = "category" if "category" in problem else ""
    sentence = _("Choose one of the categories.") if field == "category" else _FIELD_SENTENCES.get(field, problem)
    return InvalidProblem(sentence, field=field)


def checked_package(value: Any) -> Package:
    """The draft's package. Raises InvalidProblem."""
    try:
        return read_package(value)
    except msgspec.ValidationError as problem:
        raise InvalidProblem(_("The package cannot be used: %s.") % problem, field="package") from None
