"""What a catalogue hands over when somebody connects one of its servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proxy.importers.drafts import ServerDraft, Transport, Variable, fill_draft


@dataclass(frozen=True, kw_only=True)
class ServerTemplate:
    """A known server. Texts may hold `${fill:NAME}` for each of `variables` (Variable.mark)."""

    slug: str
    """The catalogue's name for it; kept as `Server.catalogue`."""
    title: str
    transport: Transport
    letters: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values of `${secret:NAME}` in `args` and `url`, where the catalogue has filled in secrets itself."""
    variables: tuple[Variable, ...] = ()


def draft_from_catalogue(template: ServerTemplate, values: Mapping[str, str]) -> ServerDraft:
    """The draft of a known server with `values` filled in; `draft.missing` tells what still lacks."""
    draft = ServerDraft(
        title=template.title,
        transport=template.transport,
        letters=template.letters,
        command=template.command,
        args=template.args,
        env=template.env,
        url=template.url,
        headers=template.headers,
        hidden=template.hidden,
        catalogue=template.slug,
        variables=template.variables,
    )
    return fill_draft(draft, values)
