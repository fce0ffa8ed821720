"""JSON schemas as people read them: each value's type in words, its limits, its choices, and the fields inside.

Pure. `Shapes(document).of(schema)` follows references and ends at loops; it takes any schema of OpenAPI 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from core.reference.limits import limits_of, shown
from core.reference.pointers import Node, follow, name_of, target
from core.reference.words import CHOICE, either, kind_in_words, kinds_of, split_choices

DEEPEST = 3
"""Named objects inside one another that are drawn in place; deeper ones are linked."""
DEEPEST_INLINE = 8
Trail = tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """One value of an enumeration, and what it means where the document says so."""

    value: str
    label: str = ""


@dataclass(frozen=True)
class Shape:
    """What a value looks like. `name` is that of the schema; `link` names one that is described elsewhere."""

    type: str
    description: str = ""
    name: str = ""
    link: str = ""
    choices: Sequence[Choice] = ()
    limits: Sequence[str] = ()
    fields: Sequence[Field] = ()
    variants: Sequence[Shape] = ()
    flags: frozenset[str] = field(default_factory=frozenset)
    """Of `readOnly`, `writeOnly`, `deprecated`."""

    @property
    def opens(self) -> bool:
        """Is there anything inside to show?"""
        return bool(self.fields or self.variants)


@dataclass(frozen=True)
class Field:
    name: str
    shape: Shape
    required: bool = False
    any_name: bool = False
    """It stands for all names of a map."""


def links_of(shape: Shape) -> Iterator[str]:
    """The names of all schemas that a shape leaves to be described elsewhere."""
    if shape.link:
        yield shape.link
    for inner in (*(each.shape for each in shape.fields), *shape.variants):
        yield from links_of(inner)


class Shapes:
    """Reads the schemas of one document."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._known: dict[str, Shape] = {}

    def named(self, name: str) -> Shape:
        """The schema of this name, drawn in place."""
        return self.of({"$ref": f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}"})

    def of(self, schema: Any, trail: Trail = ()) -> Shape:
        """The shape of a schema; `trail`: the named schemas that it is inside of."""
        if not isinstance(schema, Mapping):
            return Shape(_("nothing") if schema is False else _("anything"))
        if not trail and schema.keys() == {"$ref"}:
            reference = str(schema["$ref"])
            if reference not in self._known:
                self._known[reference] = self._read(schema, trail)
            return self._known[reference]
        return self._read(schema, trail)

    def _read(self, schema: Node, trail: Trail) -> Shape:
        merged, name, trail, ends = self._merged(schema, trail)
        if ends:
            return Shape(name, description=str(schema.get("description", "")), name=name, link=name)
        nullable, alternatives = self._alternatives(merged, trail)
        if len(alternatives) == 1:
            # The one that is left may be a named schema of its own, which the trail must know.
            beside = {key: value for key, value in merged.items() if key not in ("oneOf", "anyOf")}
            return _or_null(self.of({"allOf": [alternatives[0]], **beside}, trail), nullable)
        shape = self._alternated(merged, alternatives, trail) if alternatives else self._plain(merged, trail)
        if name and shape.fields and shape.type == _("object"):
            shape = replace(shape, type=name)
        return _or_null(replace(shape, name=name or shape.name), nullable)

    def _merged(self, schema: Node, trail: Trail) -> tuple[dict[str, Any], str, Trail, bool]:
        """The schema with references and `allOf` put in; its name; the trail; and whether it must only be linked."""
        merged: dict[str, Any] = {}
        name = ""
        if "$ref" in schema:
            name = name_of(str(schema["$ref"]))
            found = target(self._document, str(schema["$ref"]))
            if name in trail or (len(list(filter(None, trail))) >= DEEPEST and _is_object(found)):
                return {}, name, trail, True
            trail = (*trail, name)
            merged, deeper, trail, ends = self._merged(found if isinstance(found, Mapping) else {}, trail)
            if ends:
                return {}, deeper, trail, True
        inside = trail
        for part in schema.get("allOf") or ():
            inner, inner_name, deeper_trail, ends = self._merged(part if isinstance(part, Mapping) else {}, inside)
            trail = (*trail, *deeper_trail[len(inside) :])
            if ends and len(schema["allOf"]) == 1 and "properties" not in schema:
                return {}, inner_name, trail, True
            if ends:
                inner = {"description": _("Everything of %(name)s, too.") % {"name": inner_name}}
            name = name or (inner_name if len(schema["allOf"]) == 1 else "")
            merged = _joined(inner, merged)
        beside = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        return _joined(merged, beside), name, trail, False

    def _alternatives(self, merged: Node, trail: Trail) -> tuple[bool, list[Node]]:
        """May it be null, and the alternatives that are left: choices of values are joined into one."""
        parts = [part for key in ("oneOf", "anyOf") for part in merged.get(key) or () if isinstance(part, Mapping)]
        resolved = [follow(self._document, part) for part in parts]
        nullable = any(_only_null(each) for each in resolved)
        left = [(part, each) for part, each in zip(parts, resolved, strict=True) if not _only_null(each)]
        if len(left) > 1 and all("enum" in each or "const" in each for _part, each in left):
            values = [value for _part, each in left for value in each.get("enum", [each.get("const")])]
            about = "\n".join(str(each["description"]) for _part, each in left if each.get("description"))
            joined = {"enum": list(dict.fromkeys(values)), "type": left[0][1].get("type", "string")}
            return nullable, [{**joined, "description": about} if about else joined]
        return nullable, [part for part, _each in left]

    def _alternated(self, merged: Node, alternatives: Sequence[Node], trail: Trail) -> Shape:
        variants = [self.of(part, trail) for part in alternatives]
        titles = [str(follow(self._document, part).get("title", "")) for part in alternatives]
        named = [replace(each, name=each.name or title) for each, title in zip(variants, titles, strict=True)]
        base = self._plain({key: value for key, value in merged.items() if key not in ("oneOf", "anyOf")}, trail)
        anything = _("anything")
        kind = either([each.type for each in variants if each.type != anything]) or base.type
        return replace(base, type=kind, variants=named if any(_says_more(each) for each in named) else ())

    def _plain(self, merged: Node, trail: Trail) -> Shape:
        description, labels = split_choices(str(merged.get("description", "")))
        kinds, nullable = kinds_of(merged)
        values = [merged["const"]] if "const" in merged else list(merged.get("enum") or ())
        shape = Shape(
            kind_in_words(kinds, merged),
            description=description,
            choices=[Choice(shown(value), labels.get(str(value), "")) for value in values if value is not None],
            limits=limits_of(merged),
            flags=frozenset(flag for flag in ("readOnly", "writeOnly", "deprecated") if merged.get(flag)),
        )
        if "array" in kinds:
            shape = self._listed(shape, merged, trail)
        elif "object" in kinds:
            shape = self._opened(shape, merged, trail)
        return _or_null(shape, nullable or None in values)

    def _opened(self, shape: Shape, merged: Node, trail: Trail) -> Shape:
        """With the fields of an object."""
        if len(trail) > DEEPEST_INLINE:
            return shape
        trail = trail if merged.get("properties") is None else (*trail, "")
        required = set(merged.get("required") or ())
        fields = [
            Field(name, self.of(inner, trail), name in required)
            for name, inner in (merged.get("properties") or {}).items()
        ]
        # What must be given comes first; the order of the document holds within.
        fields.sort(key=lambda each: not each.required)
        more = merged.get("additionalProperties")
        if isinstance(more, Mapping) and more:
            inner = self.of(more, trail)
            if fields:
                fields.append(Field(_("any name"), inner, any_name=True))
                return replace(shape, fields=fields)
            return _of_many(replace(shape, type=_("map of %(type)s") % {"type": inner.type}), inner)
        return replace(shape, fields=fields)

    def _listed(self, shape: Shape, merged: Node, trail: Trail) -> Shape:
        """A list: what is said of its items is said of it."""
        tuple_items = merged.get("prefixItems")
        if tuple_items:
            fields = [Field(str(number), self.of(each, trail), True) for number, each in enumerate(tuple_items)]
            return replace(shape, fields=fields)
        items = merged.get("items")
        if items is None or len(trail) > DEEPEST_INLINE:
            return shape
        inner = self.of(items, trail)
        return _of_many(replace(shape, type=_("list of %(type)s") % {"type": inner.type}), inner)


def without(shape: Shape, flag: str) -> Shape:
    """The shape without the fields that have this flag: `readOnly` in a request, `writeOnly` in an answer."""
    fields = [replace(each, shape=without(each.shape, flag)) for each in shape.fields if flag not in each.shape.flags]
    return replace(shape, fields=fields, variants=[without(each, flag) for each in shape.variants])


def _of_many(shape: Shape, inner: Shape) -> Shape:
    """A list or map: what is said of what is in it is said of it."""
    each = [_("each %(limit)s") % {"limit": limit} for limit in inner.limits]
    return replace(
        shape,
        name=inner.name,
        link=inner.link,
        choices=inner.choices,
        limits=[*shape.limits, *each],
        fields=inner.fields,
        variants=inner.variants,
        description=shape.description or inner.description,
    )


def _is_object(schema: Any) -> bool:
    return isinstance(schema, Mapping) and any(key in schema for key in ("properties", "allOf", "oneOf", "anyOf"))


def _only_null(schema: Node) -> bool:
    return (
        schema.get("type") == "null" or schema.get("enum") == [None] or ("const" in schema and schema["const"] is None)
    )


def _joined(base: Node, over: Node) -> dict[str, Any]:
    """Two schemas that both hold. Fields are added up, the rest of `over` wins."""
    joined = {**base, **over}
    # What a field says of itself takes nothing from what its type says of its values.
    labels = [found[0] for found in CHOICE.finditer(str(base.get("description", "")))]
    if labels and over.get("description") and not CHOICE.search(str(over["description"])):
        joined["description"] = "\n".join([str(over["description"]), *labels])
    if "properties" in base and "properties" in over:
        joined["properties"] = {**base["properties"], **over["properties"]}
    if base.get("required") and over.get("required"):
        joined["required"] = [*base["required"], *over["required"]]
    if base.get("oneOf") and over.get("oneOf"):
        joined["oneOf"] = [*base["oneOf"], *over["oneOf"]]
    return joined


def _or_null(shape: Shape, nullable: bool) -> Shape:
    return replace(shape, type=_("%(type)s or null") % {"type": shape.type}) if nullable else shape


def _says_more(shape: Shape) -> bool:
    return bool(shape.opens or shape.link or shape.choices or shape.limits or shape.description)
