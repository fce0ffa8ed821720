"""The demo sign-in: on this machine only, and never through a proxy."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.services import create_person
from core.permissions import SYSTEM


@pytest.fixture(autouse=True)
def _demo(db: None, settings: LazySettings) -> None:
    settings.DEMO = True
    create_person(actor=SYSTEM, email="demo@example.com", name="Demo", is_demo=True)


def enter(host: str = "localhost:8000", address: str = "127.0.0.1", **headers: str) -> int:
    client = Client(SERVER_NAME=host.partition(":")[0], REMOTE_ADDR=address)
    return int(client.post("/demo/", headers={"Host": host, **headers}).status_code)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_a_browser_on_this_machine_enters(host: str) -> None:
    assert enter(host) == 302


def test_the_demo_person_is_signed_in() -> None:
    client = Client()
    assert client.post("/demo/", headers={"Host": "localhost"})["Location"] == "/enter/"
    assert client.get("/enter/", headers={"Host": "localhost"})["Location"] == "/w/demo/"


@pytest.mark.parametrize("address", ["192.168.1.7", "10.0.0.1", "2001:db8::1", ""])
def test_another_machine_does_not(address: str) -> None:
    assert enter(address=address) == 404


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"]
)
def test_what_came_through_a_proxy_does_not(name: str) -> None:
    assert enter(**{name: "127.0.0.1"}) == 404


def test_another_host_does_not(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert enter("attacker.example.com") == 404
    assert enter("127.0.0.1.example.com") == 404


def test_it_may_be_off(settings: LazySettings) -> None:
    settings.DEMO = False
    assert enter() == 404


def test_it_needs_a_post() -> None:
    assert Client().get("/demo/").status_code == 405


def test_a_post_needs_the_token() -> None:
    assert Client(enforce_csrf_checks=True).post("/demo/", headers={"Host": "localhost"}).status_code == 403
