"""The words of the catalogue for people: categories, needs, runtimes, sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

from django.utils.translation import gettext_lazy as _

from marketplace.catalogue.schema import Category, Runtime, SignIn

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Need = Literal["at_once", "key", "oauth", "offline", "read_only", "hosted", "local"]

CATEGORIES: Mapping[Category, _StrPromise] = {
    "essentials": _("Essentials"),
    "code": _("Code and delivery"),
    "cloud": _("Cloud and infrastructure"),
    "databases": _("Databases"),
    "monitoring": _("Monitoring"),
    "web": _("Web and browsers"),
    "knowledge": _("Knowledge and research"),
    "work": _("Work and messages"),
    "business": _("Money and customers"),
    "design": _("Design and media"),
    "places": _("Home, maps and travel"),
}

NEEDS: Mapping[Need, _StrPromise] = {
    "at_once": _("Works at once"),
    "key": _("Needs a key"),
    "oauth": _("Needs a sign-in"),
    "offline": _("Works offline"),
    "read_only": _("Only reads"),
    "hosted": _("Runs elsewhere"),
    "local": _("Runs on this machine"),
}

RUNTIMES: Mapping[Runtime, _StrPromise] = {
    "npx": _("Node.js with npx"),
    "uvx": _("uv, which brings uvx"),
    "docker": _("Docker"),
    "python": _("Nothing: it comes with Crossroads"),
}

SIGN_IN: Mapping[SignIn, _StrPromise] = {
    "none": _("No account needed"),
    "key": _("Needs a key"),
    "oauth": _("Needs a sign-in"),
}

assert set(CATEGORIES) == set(get_args(Category))
