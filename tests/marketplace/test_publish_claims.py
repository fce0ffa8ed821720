"""Publishers prove who they are; imported ones are claimed by the same proof and no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from accounts.permissions import SYSTEM
from accounts.services import create_workspace
from core.clock import now
from core.errors import InvalidProblem, PermissionProblem, ServiceProblem
from core.models import Event
from marketplace.gateways.proofs import checked_domain, checked_repository, proof_address
from marketplace.models import Claim, Publisher
from marketplace.services.claims import check_claim, claimable, start_claim
from tests.cast import Cast, cast
from tests.marketplace import publishing
from tests.marketplace.files_peer import FilesPeer, files_peer

__all__ = ["cast"]


@pytest.fixture
def peer() -> Iterator[FilesPeer]:
    with files_peer() as found:
        yield found


def imported(website: str, key: str = "") -> Publisher:
    return Publisher.objects.create(
        slug="far", name="Far Away", letters="FA", website=website, source="import:list", source_key=key
    )


def test_a_domain_is_proved_by_a_file(cast: Cast, peer: FilesPeer) -> None:
    admin = cast.principal("admin")
    publisher = publishing.new_publisher(cast.workspace)
    claim = start_claim(
        actor=admin, workspace=cast.workspace, publisher=publisher, method="domain", subject=peer.netloc
    )
    again = start_claim(
        actor=admin, workspace=cast.workspace, publisher=publisher, method="domain", subject=peer.netloc
    )
    assert again == claim

    claim = check_claim(actor=admin, claim=claim)
    assert claim.state == "failed"
    assert "404" in claim.problem

    peer.files["/.well-known/crossroads.txt"] = "crossroads-verify=somebody-elses\n"
    assert "does not hold the line" in check_claim(actor=admin, claim=claim).problem

    peer.files["/.well-known/crossroads.txt"] += f"{claim.token}\n"
    claim = check_claim(actor=admin, claim=claim)
    publisher.refresh_from_db()
    assert (claim.state, publisher.proof, publisher.proved_as) == ("proved", "domain", peer.netloc)
    assert Event.objects.filter(type="publisher.verified", target=publisher.id).count() == 1


def test_a_repository_is_proved_by_a_file(cast: Cast, peer: FilesPeer) -> None:
    publisher = publishing.new_publisher(cast.workspace)
    subject = f"{peer.url}/acme/tools"
    claim = start_claim(
        actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="repository", subject=f"{subject}.git"
    )
    peer.files["/acme/tools/raw/HEAD/crossroads.txt"] = claim.token
    assert check_claim(actor=SYSTEM, claim=claim).state == "proved"


def test_an_imported_publisher_is_claimed_by_its_own_proof_alone(cast: Cast, peer: FilesPeer) -> None:
    publisher = imported(f"{peer.url}/far")
    listing = publishing.add_listed_server("faraway", publisher=publisher)
    with pytest.raises(InvalidProblem, match="Nothing that was imported"):
        start_claim(
            actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="domain", subject="evil.example.com"
        )
    publisher.website = "https://shop.example.org/about"
    publisher.save()
    assert claimable(publisher, "domain") == ["shop.example.org"]
    claim = start_claim(
        actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="domain", subject="shop.example.org"
    )
    Claim.objects.filter(pk=claim.pk).update(subject=peer.netloc)
    claim.refresh_from_db()
    peer.files["/.well-known/crossroads.txt"] = claim.token
    with pytest.raises(InvalidProblem):
        check_claim(actor=SYSTEM, claim=claim)
    publisher.refresh_from_db()
    assert publisher.workspace is None
    assert listing.publisher_id == publisher.id


def test_a_claimed_publisher_belongs_to_the_workspace_and_to_nobody_else(cast: Cast, peer: FilesPeer) -> None:
    publisher = imported(f"{peer.url}/someone")
    Publisher.objects.filter(pk=publisher.pk).update(website="https://localhost/")
    publisher.refresh_from_db()
    claim = Claim.objects.create(
        publisher=publisher, workspace=cast.workspace, method="domain", subject="localhost", created_by="",
        token="crossroads-verify=x",
    )  # fmt: skip
    other = create_workspace(actor=SYSTEM, name="Other", slug="other", owner=cast.users["outsider"])
    late = start_claim(actor=SYSTEM, workspace=other, publisher=publisher, method="domain", subject="localhost")
    publisher.workspace, publisher.proof, publisher.proved_as = cast.workspace, "domain", "localhost"
    publisher.save()
    with pytest.raises(ServiceProblem, match="belongs to somebody"):
        start_claim(actor=SYSTEM, workspace=other, publisher=publisher, method="domain", subject="localhost")
    assert claim.state == late.state == "waiting"


@pytest.mark.parametrize("subject", ["https://github.com/far/tools", "https://GitHub.com/Far/other.git"])
def test_an_owner_at_a_code_host_is_proved_by_any_of_its_repositories(cast: Cast, subject: str) -> None:
    publisher = imported("https://github.com/far", "github.com/far")
    claim = start_claim(
        actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="repository", subject=subject
    )
    assert claim.subject.startswith("https://github.com/far/")
    for wrong in ("https://github.com/farther/tools", "https://gitlab.com/far/tools"):
        with pytest.raises(InvalidProblem):
            start_claim(actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="repository", subject=wrong)
    with pytest.raises(InvalidProblem):
        start_claim(actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="domain", subject="github.com")


def test_what_one_publisher_proved_another_cannot(cast: Cast) -> None:
    Publisher.objects.create(slug="first", name="First", letters="FI", proof="domain", proved_as="shop.example.com")
    publisher = publishing.new_publisher(cast.workspace)
    with pytest.raises(ServiceProblem, match="another publisher"):
        start_claim(
            actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="domain", subject="shop.example.com"
        )


def test_an_old_claim_is_over(cast: Cast, peer: FilesPeer) -> None:
    publisher = publishing.new_publisher(cast.workspace)
    claim = start_claim(
        actor=SYSTEM, workspace=cast.workspace, publisher=publisher, method="domain", subject=peer.netloc
    )
    Claim.objects.filter(pk=claim.pk).update(created_at=now() - timedelta(days=15))
    claim.refresh_from_db()
    with pytest.raises(ServiceProblem, match="too old"):
        check_claim(actor=SYSTEM, claim=claim)
    assert peer.asked == []


def test_who_may_claim(cast: Cast) -> None:
    publisher = publishing.new_publisher(cast.workspace)
    for who in ("member", "viewer", "outsider", "operator", "anonymous"):
        with pytest.raises(PermissionProblem):
            start_claim(
                actor=cast.principal(who), workspace=cast.workspace, publisher=publisher, method="domain",
                subject="shop.example.com",
            )  # fmt: skip


@pytest.mark.parametrize(
    "subject", ["", "nodots", "github.com", "a b.example", "1.2.3.4", "example.com/path?x=1 y", "-a.example"]
)
def test_what_is_no_domain_of_ones_own_is_refused(subject: str) -> None:
    with pytest.raises(InvalidProblem):
        checked_domain(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "https://github.com/one",
        "http://github.com/a/b",
        "https://github.com/../b",
        "ftp://x.example/a/b",
        "https://u:p@x.example/a/b",
    ],
)
def test_what_is_no_repository_is_refused(subject: str) -> None:
    with pytest.raises(InvalidProblem):
        checked_repository(subject)


def test_addresses_are_tidied() -> None:
    assert checked_domain("https://Shop.Example.com/") == "shop.example.com"
    assert checked_domain("bücher.example") == "xn--bcher-kva.example"
    assert checked_repository("https://GitHub.com/Acme/Tools.git/".removesuffix("/")) == "https://github.com/acme/tools"
    assert proof_address("domain", "shop.example.com") == "https://shop.example.com/.well-known/crossroads.txt"
    assert proof_address("repository", "https://github.com/a/b") == "https://github.com/a/b/raw/HEAD/crossroads.txt"
