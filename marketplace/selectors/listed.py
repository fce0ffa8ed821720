"""A listing by the name in its address, and what its page tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from accounts.models import User, Workspace
from assistants.models import ModelProvider
from core.decision import BUILT_IN
from marketplace.catalogue.labels import RUNTIMES, SIGN_IN
from marketplace.catalogue.schema import Stdio, Transport
from marketplace.manifest_words import widened
from marketplace.models import Install, Listing, ListingAlias, ListingVersion
from marketplace.packages import AssistantPackage, Manifest, Package, ServerPackage, read_manifest
from marketplace.selectors.needs import model_words
from marketplace.selectors.plans import servers_by_listing
from marketplace.selectors.ways import way_names

MOST_VERSIONS = 20
MOST_TARGETS = 50


@dataclass(frozen=True)
class Target:
    """A workspace into which this person may install. `install`: it is there already."""

    workspace: Workspace
    install: Install | None


@dataclass(frozen=True)
class Line:
    """One thing that it needs, and whether the workspace has it: there, added, missing, or "" where nobody knows."""

    label: str
    state: str = ""
    word: str = ""
    letters: str = ""
    slug: str = ""


@dataclass(frozen=True)
class VersionRow:
    version: ListingVersion
    adds: tuple[str, ...]
    first: bool


@dataclass(frozen=True)
class Way:
    """How a server is reached, in plain words."""

    title: str
    kind: str
    runs: str
    line: str
    transport: Transport


def find_listing(slug: str) -> Listing | None:
    """By its slug or a former one, in whatever state; with its current version and publisher."""
    rows = Listing.objects.select_related("current", "publisher__workspace").defer("draft")
    found = rows.filter(slug=slug).first()
    if found is None:
        alias = ListingAlias.objects.filter(slug=slug).values_list("listing_id", flat=True).first()
        found = rows.filter(pk=alias).first() if alias else None
    return found


def targets_of(user: object, listing: Listing) -> list[Target]:
    """The person's workspaces, teams before their own, by name. Two queries."""
    if not isinstance(user, User):
        return []
    roles = [role for role, actions in BUILT_IN.roles.items() if "install.manage" in actions]
    own = list(
        Workspace.objects.filter(memberships__user=user, memberships__role__in=roles, suspended_at=None).order_by(
            "-kind", "name", "id"
        )[:MOST_TARGETS]
    )
    there = {
        one.workspace_id: one for one in Install.objects.filter(workspace__in=own, listing=listing, removed_at=None)
    }
    return [Target(workspace, there.get(workspace.id)) for workspace in own]


def versions_of(listing: Listing, names: dict[str, str]) -> list[VersionRow]:
    """The live versions, the newest first, each with what it may do more than the one before it."""
    rows = list(
        listing.versions.filter(state=ListingVersion.State.LIVE)
        .defer("package", "texts", "readme", "findings")
        .order_by("-version_key")[: MOST_VERSIONS + 1]
    )
    manifests: list[Manifest] = [read_manifest(row.manifest) for row in rows]
    found = []
    for at, row in enumerate(rows[:MOST_VERSIONS]):
        first = at + 1 >= len(rows)
        adds = [] if first else widened(manifests[at + 1], manifests[at], names)
        found.append(VersionRow(row, tuple(adds), first))
    return found


def needed_names(package: Package) -> dict[str, str]:
    """Slug of each listing whose tools an assistant needs -> its name; one that is gone keeps its slug."""
    if not isinstance(package, AssistantPackage):
        return {}
    slugs = list(dict.fromkeys(need.listing for need in package.tools))
    known = dict(Listing.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}
    return {slug: known.get(slug, slug) for slug in slugs}


def lines_of(package: Package, names: dict[str, str], workspace: Workspace | None) -> list[Line]:
    """What it needs; with a workspace, what of that is there."""
    if isinstance(package, ServerPackage):
        return list(_server_lines(package))
    own = servers_by_listing(workspace.id) if workspace and names else {}
    letters = dict(Listing.objects.filter(slug__in=names).values_list("slug", "letters")) if names else {}
    found = []
    for slug, name in names.items():
        state, word = "", ""
        if workspace is not None:
            state, word = ("there", _("connected")) if slug in own else ("added", _("will be added"))
        found.append(Line(name, state, word, letters.get(slug, ""), slug if slug in letters else ""))
    return found


def _server_lines(package: ServerPackage) -> Iterable[Line]:
    ways = package.transports
    runtimes = dict.fromkeys(str(RUNTIMES[way.runtime]) for way in ways if isinstance(way, Stdio))
    if runtimes and not any(not isinstance(way, Stdio) for way in ways):
        yield Line(_(" or ").join(runtimes))
    easiest = next((way for way in ways if way.sign_in == "none"), ways[0])
    if easiest.sign_in != "key":  # which key it is stands among what it needs
        yield Line(str(SIGN_IN[easiest.sign_in]))
    yield from (Line(thing) for thing in package.requires)


def model_line(package: Package, workspace: Workspace | None) -> str:
    """Which model answers, in a few words; "" for a server."""
    if not isinstance(package, AssistantPackage):
        return ""
    klass = model_words()[package.model]
    said = _("yours, of the class %(class)s") % {"class": klass}
    if workspace is not None and not ModelProvider.objects.filter(workspace=workspace).exists():
        said = _("none connected yet; class %(class)s") % {"class": klass}
    return _("%(said)s, or the offline one") % {"said": said} if package.works_offline else said


def ways_of(package: ServerPackage) -> list[Way]:
    names = way_names(package.transports)
    return [_way(transport, name) for transport, name in zip(package.transports, names, strict=True)]


def _way(transport: Transport, name: str) -> Way:
    return Way(
        title=name,
        kind=transport.kind,
        runs=str(RUNTIMES[transport.runtime]) if isinstance(transport, Stdio) else "",
        line=_command(transport) if isinstance(transport, Stdio) else transport.url,
        transport=transport,
    )


def _command(transport: Stdio) -> str:
    parts: Sequence[str] = [
        part for group in transport.args for part in ((group,) if isinstance(group, str) else group)
    ]
    command = "python" if transport.runtime == "python" else transport.command
    return " ".join([command, *parts])


def hosts_of(manifest: Manifest) -> list[str]:
    """Where it sends what it is given, in words."""
    words = {"model": _("your model"), "*": _("an address that you fill in")}
    return [str(words.get(host, host)) for host in manifest.hosts]


def language_names(tags: Sequence[str]) -> list[str]:
    """Languages by the names that they have in themselves; a tag that is not known stays as it is."""
    found = []
    for tag in tags:
        try:
            found.append(str(get_language_info(tag.lower())["name_local"]))
        except KeyError:
            found.append(tag)
    return found
