"""What services of servers and hubs answer instead of doing their work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import PermissionProblem, ServiceProblem, Text


class DraftProblem(ServiceProblem):
    """A server's or hub's values cannot be used; `errors` says which and why, by field."""

    code = "invalid"
    status = 400

    def __init__(self, errors: Mapping[str, Sequence[Text]]) -> None:
        first = next(iter(errors.values()))[0]
        super().__init__(first, errors=errors)


class StdioRefused(PermissionProblem):
    """This workspace may not run commands here."""

    code = "stdio_refused"


class LimitProblem(ServiceProblem):
    """There are as many as there may be."""

    code = "limit"


@dataclass(frozen=True)
class Clash:
    """Two features of a hub that would have one name. `holder` has it, `other` came later."""

    name: str
    kind: str
    holder: str
    """The holder as `server: tool`."""
    other: str


class ClashProblem(ServiceProblem):
    """A hub would offer two things under one name."""

    code = "clash"

    def __init__(self, clashes: Sequence[Clash]) -> None:
        first = clashes[0]
        self.clashes = tuple(clashes)
        sentence = _(
            "%(other)s would be called “%(name)s” on this hub, and so is %(holder)s. "
            "Give one of them another name, or leave one out."
        )
        more = _(" %(count)d more names clash.") if len(clashes) > 1 else ""
        values = {"other": first.other, "name": first.name, "holder": first.holder, "count": len(clashes) - 1}
        super().__init__(str(sentence) % values + str(more) % values)
