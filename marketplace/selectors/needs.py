"""The checklist of an install: what is there, what is added with it, what somebody fills in, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Workspace
from assistants.models import ModelProvider
from assistants.services.settings import model_of_class
from core.decision import Principal
from marketplace.catalogue.labels import RUNTIMES
from marketplace.catalogue.schema import Remote, Stdio, Transport
from marketplace.models import Listing
from marketplace.packages import AssistantPackage, ServerPackage
from marketplace.selectors.ways import program_is_there, refusal_of
from proxy.importers.drafts import Variable
from proxy.models import Server

INSTALL, SKIP = "install", "skip"
"""In place of a server's id: install the listing in the same step, or do without it."""


@dataclass(frozen=True)
class Need:
    """One line of the checklist. `url` is where a missing thing is mended."""

    kind: str
    """server, program, key, value, sign_in, model or other."""
    label: str
    state: Literal["there", "added", "fill", "optional", "missing"]
    sentence: str = ""
    url: str = ""
    letters: str = ""


@dataclass(frozen=True)
class ServerChoice:
    """A listed server that an assistant's tools come from, and what may stand for it here."""

    slug: str
    listing: Listing | None
    """None: it is not in the marketplace any more."""
    tools: tuple[str, ...]
    optional: bool
    there: tuple[Server, ...]
    chosen: str
    """A server's id, INSTALL or SKIP."""
    way: int = 0
    variables: tuple[Variable, ...] = ()
    """What must be filled in to install it."""
    refusal: str = ""

    @property
    def name(self) -> str:
        return self.listing.name if self.listing else self.slug

    @property
    def letters(self) -> str:
        return self.listing.letters if self.listing else self.slug[:2].upper()

    @property
    def can_install(self) -> bool:
        return self.listing is not None and not self.refusal


def server_needs(
    actor: Principal, workspace: Workspace, listing: Listing, package: ServerPackage, way: int
) -> Iterable[Need]:
    transport = package.transports[way]
    if refusal := refusal_of(actor, workspace, listing, transport):
        yield Need("policy", _("Running a command"), "missing", refusal)
    if isinstance(transport, Stdio):
        yield _program(transport)
    elif isinstance(transport, Remote):
        yield Need("program", _("Where it runs"), "there", _("At its publisher; nothing is started on this machine."))
    yield from _filled(transport)
    if transport.sign_in == "oauth":
        yield Need(
            "sign_in",
            _("A sign-in with %(name)s") % {"name": transport.sign_in_with},
            "missing",
            _("Crossroads cannot sign in for you at such servers yet. Where its publisher gives out tokens, connect it "
              "by address with an Authorization header."),
            reverse("proxy:server-connect", args=[workspace.slug]),
        )  # fmt: skip
    for thing in package.requires:
        yield Need("other", thing, "fill", _("Crossroads cannot see whether it is there."))


def _program(transport: Stdio) -> Need:
    label = str(RUNTIMES[transport.runtime])
    if transport.runtime == "python":
        return Need("program", _("A program"), "there", _("It comes with Crossroads."))
    if program_is_there(transport):
        return Need("program", label, "there", _("%s is on this machine.") % transport.runtime)
    return Need(
        "program", label, "missing", _("%s was not found on this machine. Have it installed there.") % transport.runtime
    )


def _filled(transport: Transport) -> Iterable[Need]:
    for known in transport.variables:
        kind = "key" if known.secret else "value"
        if known.required and not known.default:
            yield Need(kind, known.label, "fill", _("You fill it in below."))
        else:
            yield Need(kind, known.label, "optional", _("If you like."))


def assistant_needs(workspace: Workspace, package: AssistantPackage, servers: Iterable[ServerChoice]) -> Iterable[Need]:
    yield model_need(workspace, package)
    for choice in servers:
        yield _server_need(workspace, choice)
    for variable in package.variables:
        kind = "key" if variable.kind == "secret" else "value"
        needed = variable.required and not variable.default
        said = _("You fill it in below.") if needed else _("If you like.")
        yield Need(kind, variable.label, "fill" if needed else "optional", said)


def model_need(workspace: Workspace, package: AssistantPackage) -> Need:
    """By class, from the workspace's default provider."""
    provider = ModelProvider.objects.filter(workspace=workspace, is_default=True).first()
    name = model_of_class(provider, package.model) if provider else ""
    url = reverse("assistants:models", args=[workspace.slug])
    label = _("A model of the class %(class)s") % {"class": model_words().get(package.model, package.model)}
    if provider is not None and name:
        said = _("%(name)s of %(provider)s.") % {"name": name, "provider": provider.name}
        return Need("model", label, "there", said, url)
    if package.works_offline:
        said = _("None is connected. It is useful with the built-in offline model, too.")
        return Need("model", label, "optional", said, url)
    if provider is not None:
        return Need("model", label, "missing", _("%s names no model for a class yet.") % provider.name, url)
    said = _("None is connected. Until then the built-in offline model answers: it calls tools and writes no prose.")
    return Need("model", label, "missing", said, url)


def model_words() -> Mapping[str, str]:
    """What the classes are called, in the language of whoever reads it."""
    return {"fast": _("fast"), "balanced": _("balanced"), "best": _("best")}


def _server_need(workspace: Workspace, choice: ServerChoice) -> Need:
    if choice.there:
        said = _("Connected as %(name)s.") % {"name": choice.there[0].title}
        url = reverse("proxy:server", args=[workspace.slug, choice.there[0].slug])
        return Need("server", choice.name, "there", said, url, choice.letters)
    if choice.listing is None:
        said = _("It is not in the marketplace any more. Connect a server of the same kind yourself.")
        url = reverse("proxy:server-connect", args=[workspace.slug])
        return Need("server", choice.name, "optional" if choice.optional else "missing", said, url, choice.letters)
    url = reverse("marketplace:entry", args=[choice.slug])
    if choice.refusal:
        return Need(
            "server", choice.name, "optional" if choice.optional else "missing", choice.refusal, url, choice.letters
        )
    return Need("server", choice.name, "added", _("It is installed with it."), url, choice.letters)
