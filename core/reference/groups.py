"""The whole reference: operations in groups by their tag, and the objects that each group answers with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.reference.examples import Examples
from core.reference.inputs import Try, try_of
from core.reference.operations import Operation, slug_of
from core.reference.pointers import Node, operations_of
from core.reference.reader import OperationReader
from core.reference.samples import samples
from core.reference.shapes import Shape, Shapes, links_of, without

PROBLEM = "Problem"
"""The object that the index describes, since every operation may answer with it."""


@dataclass(frozen=True)
class Described:
    """A named object, with an example of it."""

    name: str
    shape: Shape
    example: Any


@dataclass(frozen=True)
class Shown:
    """An operation with what a page adds to it."""

    operation: Operation
    samples: Sequence[Any]
    trial: Try


@dataclass(frozen=True)
class Group:
    """`slug` stands in the address."""

    slug: str
    title: str
    description: str
    operations: Sequence[Shown]
    objects: Sequence[Described]


class Reference:
    """Everything that the pages show of one OpenAPI document. `site`: the address that the examples begin with."""

    def __init__(self, document: Node, site: str) -> None:
        self.document = document
        self.site = site
        self._shapes = Shapes(document)
        self._examples = Examples(document)
        self.groups: Mapping[str, Group] = {group.slug: group for group in self._grouped()}

    def operations(self) -> Iterator[tuple[Group, Operation]]:
        for group in self.groups.values():
            for shown in group.operations:
                yield group, shown.operation

    def _grouped(self) -> Iterator[Group]:
        reader = OperationReader(self.document)
        by_tag: dict[str, list[Operation]] = {}
        for path, method, node, shared in operations_of(self.document):
            operation = reader.read(path, method, node, shared)
            by_tag.setdefault(operation.tag, []).append(operation)
        told = {str(tag.get("name")): tag for tag in self.document.get("tags") or () if isinstance(tag, Mapping)}
        taken: set[str] = set()
        # Those without a tag come last; the others by name, since nobody knows the order in which apps were written.
        for tag in sorted(by_tag, key=lambda name: (not name, name.casefold())):
            about = told.get(tag, {})
            slug = _free(slug_of(tag), taken)
            title = str(about.get("x-displayName") or _title(tag))
            yield self._group(slug, title, str(about.get("description") or ""), by_tag[tag])

    def _group(self, slug: str, title: str, description: str, operations: Sequence[Operation]) -> Group:
        shown = [Shown(operation, samples(operation, self.site), try_of(operation)) for operation in operations]
        return Group(slug, title, description, shown, list(self._objects(operations)))

    def _objects(self, operations: Sequence[Operation]) -> Iterator[Described]:
        """The objects of the answers, and all that these or the requests leave to be described elsewhere."""
        answers = [answer for operation in operations for answer in (*operation.answers, *operation.problems)]
        shapes = [answer.shape for answer in answers if answer.shape is not None and not answer.object]
        shapes += [operation.body.shape for operation in operations if operation.body]
        shapes += [each.field.shape for operation in operations for each in operation.parameters]
        wanted = [answer.object for answer in answers if answer.object and answer.object != PROBLEM]
        wanted += [link for shape in shapes for link in links_of(shape)]
        seen: set[str] = set()
        while wanted:
            name = wanted.pop(0)
            if name in seen:
                continue
            seen.add(name)
            shape = without(self._shapes.named(name), "writeOnly")
            wanted += links_of(shape)
            schema = {"$ref": f"#/components/schemas/{name}"}
            yield Described(name, shape, self._examples.of(schema))


def _title(tag: str) -> str:
    plain = tag.replace("_", " ").replace("-", " ").strip()
    return plain[:1].upper() + plain[1:] if plain else _("Other")


def _free(slug: str, taken: set[str]) -> str:
    found, number = slug, 1
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    taken.add(found)
    return found
