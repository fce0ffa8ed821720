"""The ways in which a listed server can be reached, as somebody of a workspace may take them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.models import Workspace
from core.decision import Principal
from marketplace.catalogue.filling import connection
from marketplace.catalogue.schema import Stdio, Transport
from marketplace.catalogue.schema import Variable as CatalogueVariable
from marketplace.models import Listing
from marketplace.packages import ServerPackage
from proxy.importers.drafts import Variable
from proxy.importers.templates import ServerTemplate, draft_from_catalogue
from proxy.services.stdio import as_bundled, is_bundled, stdio_refusal

LONGEST_TITLE = 80


def template_of(listing: Listing, transport: Transport) -> ServerTemplate:
    """The listing as proxy takes it: values stand as marks until somebody fills them in."""
    variables = tuple(_variable(variable) for variable in transport.variables)
    marks = {
        known.name: known.template.replace("{value}", variable.mark)
        for known, variable in zip(transport.variables, variables, strict=True)
    }
    made = connection(transport, marks)
    return ServerTemplate(
        slug=listing.slug,
        title=listing.name[:LONGEST_TITLE],
        letters=listing.letters,
        transport=made.transport,
        command=made.command,
        args=made.args,
        env=dict(made.env),
        url=made.url,
        headers=dict(made.headers),
        variables=variables,
    )


def refusal_of(actor: Principal, workspace: Workspace, listing: Listing, transport: Transport) -> str:
    """Why this way cannot run here, before any button is pressed; "" when it can."""
    template = template_of(listing, transport)
    if template.transport != "stdio":
        return ""
    draft = as_bundled(draft_from_catalogue(template, {}), workspace)
    return "" if is_bundled(draft, workspace) else stdio_refusal(actor, workspace)


def best_way(actor: Principal, workspace: Workspace, listing: Listing, package: ServerPackage) -> int:
    """The first way that may run here and that Crossroads can sign in to; else the first that may run; else 0."""
    open_ways = [
        number
        for number, transport in enumerate(package.transports)
        if not refusal_of(actor, workspace, listing, transport)
    ]
    easy = [number for number in open_ways if package.transports[number].sign_in != "oauth"]
    return next(iter([*easy, *open_ways]), 0)


def way_names(transports: Sequence[Transport]) -> list[str]:
    """What each way is called, each once."""
    names = [
        _("On this machine, with %(program)s") % {"program": transport.runtime}
        if isinstance(transport, Stdio) and transport.runtime != "python"
        else _("On this machine")
        if isinstance(transport, Stdio)
        else _("At its publisher")
        for transport in transports
    ]
    return [f"{name} ({at + 1})" if names.count(name) > 1 else name for at, name in enumerate(names)]


def program_is_there(transport: Stdio) -> bool:
    """Whether the program that starts it is found on this machine. Our own Python always is."""
    return transport.runtime == "python" or shutil.which(transport.runtime) is not None


def open_variables(transport: Transport) -> tuple[Variable, ...]:
    """What somebody has to fill in before it can be connected."""
    return tuple(_variable(known) for known in transport.variables if known.required and not known.default)


def _variable(known: CatalogueVariable) -> Variable:
    text = " ".join(part for part in (known.help, _example(known)) if part)
    return Variable(
        name=known.name,
        label=known.label,
        description=text,
        secret=known.secret,
        default=known.default,
        required=known.required,
    )


def _example(known: CatalogueVariable) -> str:
    return _("For example %(example)s") % {"example": known.example} if known.example else ""
