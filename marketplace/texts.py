"""What a listing says of itself: one typed value that a draft, a version and the listing's columns share."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from marketplace.catalogue.labels import CATEGORIES

LANGUAGE = r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,2}$"
ADDRESS = r"^$|^https?://[^\s<>\"]{1,490}$"

Language = Annotated[str, msgspec.Meta(pattern=LANGUAGE, max_length=10)]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Summary = Annotated[str, msgspec.Meta(max_length=300)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Translation(_Strict, frozen=True, kw_only=True):
    name: Name
    summary: Summary = ""
    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)] = ()


class Texts(_Strict, frozen=True, kw_only=True):
    """The fields have the sizes and meanings of the listing's columns of the same names."""

    name: Name
    summary: Summary = ""
    letters: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{2}$")]
    category: str = "other"
    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)] = ()
    languages: Annotated[tuple[Language, ...], msgspec.Meta(max_length=30)] = ("en",)
    translations: dict[Language, Translation] = {}
    licence: Annotated[str, msgspec.Meta(max_length=60)] = ""
    homepage: Annotated[str, msgspec.Meta(pattern=ADDRESS)] = ""
    repository: Annotated[str, msgspec.Meta(pattern=ADDRESS)] = ""

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise ValueError(f"the category {self.category!r} is not one of ours")


FIELDS = Texts.__struct_fields__


def read_texts(value: Any) -> Texts:
    """Raises msgspec.ValidationError, whose text names the field."""
    return msgspec.convert(value, Texts)


def texts_json(texts: Texts) -> dict[str, Any]:
    """As a column gives it back: comparable with what is stored."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(texts))
    return values


def texts_of_draft(draft: dict[str, Any]) -> Texts:
    """The texts in a listing's draft, without what else stands there. Raises msgspec.ValidationError."""
    return read_texts({name: value for name, value in draft.items() if name in FIELDS})
