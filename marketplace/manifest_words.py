"""A manifest in plain words: what it may do, what it asks for first, what it cannot do, and what an update adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.packages import Manifest, ManifestSecret, ManifestTool

FEW = 6
"""Names in one sentence; the rest are counted."""
Key = tuple[str, str]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences, the weightiest first. `needs` are the secrets that somebody must have."""

    may: tuple[str, ...]
    asks: tuple[str, ...]
    cannot: tuple[str, ...]
    needs: tuple[str, ...]


def sentences_of(manifest: Manifest, names: Mapping[str, str] | None = None) -> Said:
    """What a version may do. `names`: listing slug -> the name that people know it by."""
    names = names or {}
    return Said(
        may=tuple(_may(manifest, names)),
        asks=tuple(_asks(manifest, names)),
        cannot=tuple(_cannot(manifest)),
        needs=tuple(_needs(manifest.secrets)),
    )


def widened(old: Manifest, new: Manifest, names: Mapping[str, str] | None = None) -> list[str]:
    """What the new version may do or needs that the old one did not; [] when it only stays or shrinks."""
    added = Manifest(
        tools=tuple(_added(_by_tool(old.tools), new.tools)),
        hosts=tuple(host for host in new.hosts if host not in old.hosts),
        runs_program=new.runs_program if new.runs_program != old.runs_program else "",
    )
    known = {(secret.where, secret.name): secret for secret in old.secrets}
    secrets = [secret for secret in new.secrets if _is_new(known.get((secret.where, secret.name)), secret)]
    unasked = [
        tool for tool in new.tools if not tool.asks and (before := _by_tool(old.tools).get(_key(tool))) and before.asks
    ]
    found = [*_may(added, names or {}), *_asks(added, names or {}), *_needs(secrets)]
    if unasked:
        found.append(_("No longer ask before it calls %(tools)s") % {"tools": _list(unasked)})
    return found


def _added(before: Mapping[Key, ManifestTool], tools: Iterable[ManifestTool]) -> Iterable[ManifestTool]:
    for tool in tools:
        known = before.get(_key(tool))
        if known is None or (tool.writes and not known.writes):
            yield tool


def _is_new(known: ManifestSecret | None, secret: ManifestSecret) -> bool:
    return known is None or (secret.required and not known.required)


def _key(tool: ManifestTool) -> Key:
    return tool.listing, tool.tool


def _by_tool(tools: Iterable[ManifestTool]) -> dict[Key, ManifestTool]:
    return {_key(tool): tool for tool in tools}


def _may(manifest: Manifest, names: Mapping[str, str]) -> Iterable[str]:
    if manifest.runs_program:
        yield _("Run a program on this installation, with %(program)s") % {"program": manifest.runs_program}
    yield from _calls(manifest, lambda tool: tool.writes and not tool.asks, names, _WRITES)
    yield from _calls(manifest, lambda tool: not tool.writes and not tool.asks, names, _READS)
    hosts = [host for host in manifest.hosts if host not in ("*", "model")]
    if hosts:
        yield _("Send what it is given to %(hosts)s") % {"hosts": _few(hosts)}
    if "*" in manifest.hosts:
        yield _("Send what it is given to an address that you fill in")
    if "model" in manifest.hosts:
        yield _("Send the conversation to your workspace's model")


def _asks(manifest: Manifest, names: Mapping[str, str]) -> Iterable[str]:
    yield from _calls(manifest, lambda tool: tool.asks, names, _ASKED)


def _cannot(manifest: Manifest) -> Iterable[str]:
    if not manifest.tools:
        yield _("Call tools") if not manifest.runs_program else _("Call tools of other servers")
    elif not any(tool.writes for tool in manifest.tools):
        yield _("Change anything, as far as its tools say")
    if not manifest.hosts and not manifest.runs_program:
        yield _("Send anything elsewhere by itself")
    if not manifest.secrets:
        yield _("See a key or a password of yours")
    if not manifest.runs_program:
        yield _("Run a program on this installation")


def _needs(secrets: Sequence[ManifestSecret]) -> Iterable[str]:
    for secret in secrets:
        label = secret.label or secret.name
        yield label if secret.required else _("%(label)s, if you like") % {"label": label}


_WRITES, _READS, _ASKED = "writes", "reads", "asked"


def _calls(
    manifest: Manifest, fits: Callable[[ManifestTool], bool], names: Mapping[str, str], how: str
) -> Iterable[str]:
    """One sentence for each server."""
    by_listing: dict[str, list[ManifestTool]] = {}
    for tool in manifest.tools:
        if fits(tool):
            by_listing.setdefault(tool.listing, []).append(tool)
    for listing, tools in by_listing.items():
        said = {"tools": _list(tools), "server": names.get(listing, listing)}
        if how == _WRITES:
            sentence = (
                _("Read and change things with %(tools)s of %(server)s")
                if listing
                else _("Read and change things with %(tools)s")
            )
        elif how == _READS:
            sentence = _("Read with %(tools)s of %(server)s") if listing else _("Read with %(tools)s")
        else:
            sentence = (
                _("Call %(tools)s of %(server)s, once you allow it")
                if listing
                else _("Call %(tools)s, once you allow it")
            )
        yield sentence % said


def _list(tools: Sequence[ManifestTool]) -> str:
    return _few([tool.tool for tool in tools])


def _few(names: Sequence[str]) -> str:
    if len(names) <= FEW:
        return ", ".join(names)
    more = len(names) - FEW
    rest = ngettext("%(n)d more", "%(n)d more", more) % {"n": more}
    return f"{', '.join(names[:FEW])}, {rest}"
