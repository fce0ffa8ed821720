"""Names that two features of a hub would have: refused when somebody configures it, flagged when a server does it.

Only tools and prompts clash here. Two resources with one URI cannot be renamed: the first server in the hub's order
has it, and `proxy.compile` says so without a flag.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import msgspec

from core.events import record_event
from proxy.compile import Offer
from proxy.errors import Clash, ClashProblem
from proxy.models import Hub, HubFeature, HubServer
from proxy.selectors.offers import HubRows, hub_rows

_FLAGGED = ("tool", "prompt")
Key = tuple[str, str]


def refuse_clashes(before: HubRows | None, after: HubRows) -> None:
    """Raises ClashProblem for names that clash `after` a change and did not before it."""
    old = _groups(before) if before is not None else {}
    new = []
    for key, group in _groups(after).items():
        known = {offer.feature.id for offer in old.get(key, ())}
        if not known.issuperset(offer.feature.id for offer in group):
            # Whichever is offered now has the name; a flagged one came later.
            holder, other, *_more = sorted(group, key=lambda offer: offer.state != "offered")
            new.append(_clash(key, holder, other))
    if new:
        raise ClashProblem(new)


def reflag(hub: Hub, *, newcomers: Collection[str] = ()) -> bool:
    """Set and clear the flags of a hub's clashing features. True when one changed.

    Whoever had the name keeps it: features without a flag come before those with one, `newcomers` (feature ids that
    have just appeared) after all others; between equals the hub's order decides.
    """
    rows = hub_rows(hub)
    flags = {choice.feature_id: choice.clash_with for choice in rows.choices if choice.clash_with}
    wanted: dict[str, str] = {}
    told: list[Clash] = []
    for key, group in _groups(rows).items():
        ranked = sorted(group, key=lambda offer: (offer.feature.id in flags, offer.feature.id in newcomers))
        holder = ranked[0]
        for other in ranked[1:]:
            wanted[other.feature.id] = holder.feature.id
            if other.feature.id not in flags:
                told.append(_clash(key, holder, other))
    if wanted == flags:
        return False
    _store(hub, wanted, {offer.feature.id: offer.server.id for offer in rows.offers()})
    for clash in told:
        _tell(hub, clash)
    return True


def reflag_hubs(hubs: Iterable[Hub], *, newcomers: Collection[str] = ()) -> bool:
    """`reflag` for several hubs."""
    changed = [reflag(hub, newcomers=newcomers) for hub in hubs]
    return any(changed)


def with_hub(rows: HubRows, **changes: object) -> HubRows:
    """The rows as they would be after a change of the hub's own settings."""
    return replace(rows, hub=msgspec.structs.replace(rows.hub, **changes))


def _groups(rows: HubRows) -> dict[Key, list[Offer]]:
    """What would be offered under one name, in the hub's order, where it is more than one thing."""
    found: dict[Key, list[Offer]] = {}
    for offer in rows.offers():
        if offer.feature.kind in _FLAGGED and offer.state in ("offered", "clash"):
            found.setdefault((offer.feature.kind, offer.name), []).append(offer)
    return {key: group for key, group in found.items() if len(group) > 1}


def _clash(key: Key, holder: Offer, other: Offer) -> Clash:
    return Clash(name=key[1], kind=key[0], holder=_full(holder), other=_full(other))


def _full(offer: Offer) -> str:
    return f"{offer.server.title}: {offer.feature.alias or offer.feature.name}"


def _store(hub: Hub, wanted: dict[str, str], server_of: dict[str, str]) -> None:
    places = {place.server_id: place for place in HubServer.objects.filter(hub=hub)}
    stored = {choice.feature_id: choice for choice in HubFeature.objects.filter(hub_server__hub=hub)}
    for feature_id, choice in stored.items():
        if choice.clash_with and feature_id not in wanted:
            choice.clash_with = ""
            choice.save(update_fields=["clash_with"])
    for feature_id, holder in wanted.items():
        choice = stored.get(feature_id) or HubFeature(
            hub_server=places[server_of[feature_id]], feature_id=feature_id, offered=True
        )
        choice.clash_with = holder
        choice.save()


def _tell(hub: Hub, clash: Clash) -> None:
    record_event(
        type="hub.clash_found",
        actor=None,
        workspace_id=hub.workspace_id,
        target_kind="hub",
        target=hub.id,
        data={"name": hub.title, "tool": clash.name, "holder": clash.holder, "other": clash.other},
    )
