"""Claims: a workspace shows that it is who a publisher says to be, by a token at a domain or in a repository."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from accounts.permissions import in_workspace, require
from core.clock import now
from core.decision import Principal
from core.errors import InvalidProblem, ServiceProblem
from marketplace.gateways.proofs import SHARED, checked_domain, checked_repository, look_for
from marketplace.importers.texts import owner_of
from marketplace.models import Claim, Listing, Publisher
from marketplace.services.publishers import locked_publisher, record_publisher
from marketplace.signals import listings_changed

LIFETIME = timedelta(days=14)
MAX_WAITING = 10
METHODS = (Publisher.Proof.DOMAIN, Publisher.Proof.REPOSITORY)


def start_claim(*, actor: Principal, workspace: Workspace, publisher: Publisher, method: str, subject: str) -> Claim:
    """Begin to prove that `publisher` is `subject` (a domain or a repository's address).

    The publisher is the workspace's own, or one that an import made and nobody has claimed: that one can only be
    proved by what the import says of it. The claim's token is to be put there within a fortnight. Again, it gives
    the claim that waits. Raises InvalidProblem or ServiceProblem.
    """
    require(actor, "listing.manage", in_workspace(workspace, "publisher", publisher.id))
    subject = _checked_subject(method, subject)
    _refuse_foreign(workspace, publisher, method, subject)
    with transaction.atomic():
        publisher = locked_publisher(publisher)
        waiting = Claim.objects.filter(workspace=workspace, state__in=(Claim.State.WAITING, Claim.State.FAILED))
        same = waiting.filter(publisher=publisher, method=method, subject=subject).first()
        if same is not None:
            return same
        if waiting.count() >= MAX_WAITING:
            raise ServiceProblem(_("There are %d claims already. Finish one first.") % MAX_WAITING, code="limit")
        claim = Claim.objects.create(
            publisher=publisher, workspace=workspace, method=method, subject=subject,
            token=f"crossroads-verify={secrets.token_urlsafe(24)}", created_by=actor.user_id,
        )  # fmt: skip
        record_publisher("publisher.claim_started", actor, publisher, data={"subject": subject, "method": method})
    return claim


def check_claim(*, actor: Principal, claim: Claim) -> Claim:
    """Look for the token now. Found, the publisher is verified and belongs to the workspace; else `problem` says why
    not, and one may try again."""
    require(actor, "listing.manage", in_workspace(claim.workspace_id, "publisher", claim.publisher_id))
    if claim.state == Claim.State.PROVED:
        return claim
    if claim.state == Claim.State.EXPIRED or claim.created_at < now() - LIFETIME:
        Claim.objects.filter(pk=claim.pk).update(state=Claim.State.EXPIRED)
        raise ServiceProblem(_("This claim is too old. Begin a new one."), code="expired")
    looked = look_for(claim.method, claim.subject, claim.token)
    with transaction.atomic():
        publisher = locked_publisher(claim.publisher)
        claim = Claim.objects.select_for_update().get(pk=claim.pk)
        claim.checked_at, claim.problem = now(), looked.problem
        claim.state = Claim.State.PROVED if looked.found else Claim.State.FAILED
        if looked.found:
            _refuse_foreign(claim.workspace, publisher, claim.method, claim.subject)
            _verify(actor, publisher, claim)
        claim.save()
    return claim


def claimable(publisher: Publisher, method: str) -> list[str]:
    """What an imported publisher can be proved by: the domain of its website, or its name at a code host."""
    host, owner = owner_of(publisher.website)
    if method == Publisher.Proof.DOMAIN:
        return [host] if host and host not in SHARED else []
    owners = {f"https://{host}/{owner}/".lower()} if owner else set()
    for address in publisher.listings.exclude(repository="").values_list("repository", flat=True)[:200]:
        listed_host, listed_owner = owner_of(address)
        if listed_owner and publisher.source_key == f"{listed_host}/{listed_owner}".lower():
            owners.add(f"https://{listed_host}/{listed_owner}/".lower())
    return sorted(owners)


def _checked_subject(method: str, subject: str) -> str:
    if method not in METHODS:
        raise InvalidProblem(_("Choose domain or repository."), field="method")
    return checked_domain(subject) if method == Publisher.Proof.DOMAIN else checked_repository(subject)


def _refuse_foreign(workspace: Workspace, publisher: Publisher, method: str, subject: str) -> None:
    """Nobody takes over what somebody else proved, nor an imported publisher by another's proof."""
    if publisher.workspace_id not in (None, workspace.id) or publisher.proof == Publisher.Proof.BUILT_IN:
        raise ServiceProblem(_("This publisher belongs to somebody already."), code="taken")
    taken = Publisher.objects.filter(proof=method, proved_as=subject).exclude(pk=publisher.pk)
    if taken.exclude(workspace=workspace).exists():
        raise ServiceProblem(_("%s was proved by another publisher.") % subject, code="taken")
    if publisher.source and not publisher.proof:
        fitting = claimable(publisher, method)
        if method == Publisher.Proof.DOMAIN:
            fits = subject in fitting
        else:
            fits = any(subject.lower().startswith(owner) for owner in fitting)
        if not fits:
            raise InvalidProblem(
                _("Nothing that was imported ties %(name)s to this. It can be proved by: %(subjects)s")
                % {"name": publisher.name, "subjects": ", ".join(fitting) or "—"},
                field="subject",
            )


def _verify(actor: Principal, publisher: Publisher, claim: Claim) -> None:
    publisher.workspace = publisher.workspace or claim.workspace
    publisher.proof, publisher.proved_as, publisher.proved_at = claim.method, claim.subject, now()
    publisher.save(update_fields=["workspace", "proof", "proved_as", "proved_at", "updated_at"])
    others = Claim.objects.filter(publisher=publisher).exclude(pk=claim.pk).exclude(state=Claim.State.PROVED)
    others.exclude(workspace=claim.workspace).update(state=Claim.State.EXPIRED)
    record_publisher("publisher.verified", actor, publisher, data={"subject": claim.subject, "method": claim.method})
    ids = list(Listing.objects.filter(publisher=publisher).values_list("id", flat=True))
    if ids:
        listings_changed.send(Publisher, listing_ids=ids)
