"""A domain is proved by a TXT record too: found, not found, and every way in which name servers fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings

from accounts.permissions import SYSTEM
from config.env import SettingProblem, read_environment
from core.errors import ServiceProblem
from marketplace.gateways import records
from marketplace.gateways.proofs import look_for
from marketplace.gateways.records import RecordProblem, record_name, text_records
from marketplace.models import Claim, Publisher
from marketplace.services.claims import check_claim, start_claim
from tests.cast import Cast, cast
from tests.marketplace import publishing
from tests.peers.name_server import NameServer, name_server

__all__ = ["cast"]
DOMAIN, NAME = "shop.invalid", "_crossroads.shop.invalid"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """The only name server there is; it is not waited for long."""
    with name_server() as found:
        monkeypatch.setattr(settings, "ENV", replace(settings.ENV, dns_servers=(("127.0.0.1", found.port),)))
        monkeypatch.setattr(records, "TIMEOUT_S", 0.2)
        monkeypatch.setattr(records, "LIFETIME_S", 0.5)
        yield found


def claimed(cast: Cast, publisher: Publisher | None = None) -> Claim:
    by = publisher or publishing.new_publisher(cast.workspace)
    return start_claim(actor=SYSTEM, workspace=cast.workspace, publisher=by, method="domain", subject=DOMAIN)


def test_a_domain_is_proved_by_a_record(cast: Cast, names: NameServer) -> None:
    claim = claimed(cast)
    names.records[NAME] = [["v=spf1 -all"], [claim.token]]
    claim = check_claim(actor=SYSTEM, claim=claim)
    publisher = Publisher.objects.get()
    assert (claim.state, publisher.proof, publisher.proved_as) == ("proved", "domain", DOMAIN)
    assert names.asked == [("udp", NAME)]


def test_a_record_in_pieces_is_put_together(cast: Cast, names: NameServer) -> None:
    claim = claimed(cast)
    names.records[NAME] = [[claim.token[:20], claim.token[20:]]]
    assert check_claim(actor=SYSTEM, claim=claim).state == "proved"


def test_an_answer_too_long_for_a_datagram_is_asked_for_again(cast: Cast, names: NameServer) -> None:
    claim = claimed(cast)
    names.fault = "cut"
    names.records[NAME] = [["x" * 250] * 4, [claim.token]]
    assert check_claim(actor=SYSTEM, claim=claim).state == "proved"
    assert names.asked == [("udp", NAME), ("tcp", NAME)]


@pytest.mark.parametrize("said", [
    "crossroads-verify=somebody-elses", "{token}x", "x{token}", "{token} {token}", "{upper}", "",
])  # fmt: skip
def test_no_other_record_proves_it(cast: Cast, names: NameServer, said: str) -> None:
    claim = claimed(cast)
    names.records[NAME] = [[said.format(token=claim.token, upper=claim.token.upper())]]
    claim = check_claim(actor=SYSTEM, claim=claim)
    assert claim.state == "failed"
    assert f"No TXT record of {NAME} is the line." in claim.problem
    assert not Publisher.objects.get().proof


def test_records_of_another_name_prove_nothing(cast: Cast, names: NameServer) -> None:
    claim = claimed(cast)
    for name in (DOMAIN, "invalid", "_crossroads.invalid", f"_crossroads.evil.{DOMAIN}"):
        names.records[name] = [[claim.token]]
    claim = check_claim(actor=SYSTEM, claim=claim)
    assert claim.state == "failed"
    assert f"{NAME} has no TXT record." in claim.problem


@pytest.mark.parametrize(("fault", "words"), [
    ("silent", "No name server answered within"), ("forged", "No name server answered within"),
    ("garbage", "name server"), ("failed", "no usable answer"),
])  # fmt: skip
def test_a_name_server_that_fails_proves_nothing_and_is_not_waited_for(
    cast: Cast, names: NameServer, fault: str, words: str
) -> None:
    claim = claimed(cast)
    names.fault, names.records[NAME] = fault, [[claim.token]]
    claim = check_claim(actor=SYSTEM, claim=claim)
    assert claim.state == "failed"
    assert words in claim.problem
    names.fault = ""
    assert check_claim(actor=SYSTEM, claim=claim).state == "proved"


def test_what_another_publisher_proved_stays_theirs(cast: Cast, names: NameServer) -> None:
    claim = claimed(cast)
    names.records[NAME] = [[claim.token]]
    Publisher.objects.create(slug="first", name="First", letters="FI", proof="domain", proved_as=DOMAIN)
    with pytest.raises(ServiceProblem, match="another publisher"):
        check_claim(actor=SYSTEM, claim=claim)


def test_an_address_with_a_port_has_no_record(names: NameServer) -> None:
    assert record_name("localhost:8000") == record_name("localhost") == ""
    look_for("domain", "localhost:1", "token")
    assert names.asked == []


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, names: NameServer) -> None:
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, dns_servers=(("127.0.0.1", 1),)))
    with pytest.raises(RecordProblem):
        text_records(NAME)


def test_the_page_and_the_api_name_the_record(cast: Cast) -> None:
    claim = claimed(cast)
    publisher = Publisher.objects.get()
    page = cast.browser("admin").get(f"/w/acme/publish/publishers/{publisher.slug}/").content.decode()
    assert NAME in page
    answer: Any = cast.browser("admin").get(f"/api/v1/workspaces/acme/publishers/{publisher.id}/claims").json()
    assert [one["record"] for one in answer if one["id"] == claim.id] == [NAME]


def test_chosen_name_servers_are_read_from_the_environment() -> None:
    kept = {
        "SECRET_KEY": "x" * 40, "MASTER_KEY": "m", "DATABASE_URL": "postgres://h/d", "REDIS_URL": "redis://h/0",
    }  # fmt: skip
    found = read_environment({**kept, "DNS_SERVERS": "9.9.9.9, 127.0.0.1:5353,[::1]:53,::1"}).dns_servers
    assert found == (("9.9.9.9", 53), ("127.0.0.1", 5353), ("::1", 53), ("::1", 53))
    for wrong in ("dns.example.com", "1.2.3.4:x", "1.2.3"):
        with pytest.raises(SettingProblem):
            read_environment({**kept, "DNS_SERVERS": wrong})
