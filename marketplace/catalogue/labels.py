"""The words of the catalogue for people: categories, needs, runtimes, sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

from django.utils.translation import gettext_lazy as _

from marketplace.catalogue.schema import Category, Runtime, SignIn

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Need = Literal["at_once", "key", "oauth", "offline", "read_only", "hosted", "local"]

CATEGORIES: Mapping[str, _StrPromise] = {
    "essentials": _("Essentials"),
    "work": _("Work and messages"),
    "business": _("Money and customers"),
    "marketing": _("Marketing"),
    "writing": _("Writing"),
    "languages": _("Languages and translation"),
    "learning": _("Learning"),
    "knowledge": _("Knowledge and research"),
    "life": _("Health and daily life"),
    "places": _("Home, maps and travel"),
    "fun": _("Games and leisure"),
    "design": _("Design and media"),
    "ai": _("AI and agents"),
    "code": _("Code and delivery"),
    "web": _("Web and browsers"),
    "databases": _("Databases"),
    "data": _("Data and analysis"),
    "cloud": _("Cloud and infrastructure"),
    "monitoring": _("Monitoring"),
    "security": _("Security"),
    "other": _("Other"),
}
"""One list for assistants and servers, in the order in which pages show it."""

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

assert set(get_args(Category)) <= set(CATEGORIES)
