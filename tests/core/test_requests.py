"""Who is calling: the address past the proxies, the request's id, compression."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from core.middleware import CompressionMiddleware, RequestMiddleware
from core.requests import client_address, current_request


@pytest.mark.parametrize(
    ("forwarded", "remote", "proxies", "address"),
    [
        ("", "192.0.2.1", 0, "192.0.2.1"),
        ("198.51.100.7", "192.0.2.1", 0, "192.0.2.1"),
        ("198.51.100.7", "192.0.2.1", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", "192.0.2.1", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 10.0.0.1", "192.0.2.1", 2, "198.51.100.7"),
        ("198.51.100.7", "192.0.2.1", 3, "198.51.100.7"),
        ("", "192.0.2.1", 1, "192.0.2.1"),
        ("198.51.100.7:4711", "192.0.2.1", 1, "198.51.100.7"),
        ("[2001:db8::1]:443", "192.0.2.1", 1, "2001:db8::1"),
        ("::ffff:198.51.100.7", "192.0.2.1", 1, "198.51.100.7"),
        ("<script>", "192.0.2.1", 1, ""),
        ("", "", 0, ""),
    ],
)
def test_the_address_is_that_before_the_trusted_proxies(
    forwarded: str, remote: str, proxies: int, address: str
) -> None:
    assert client_address({"HTTP_X_FORWARDED_FOR": forwarded, "REMOTE_ADDR": remote}, proxies) == address


def test_every_answer_carries_the_requests_id() -> None:
    seen = []

    def page(request: HttpRequest) -> HttpResponse:
        seen.append(current_request())
        return HttpResponse("ok")

    answer = RequestMiddleware(page)(RequestFactory().get("/", headers={"User-Agent": "x" * 1000}))
    assert seen[0] is not None
    assert answer["X-Request-Id"] == seen[0].id
    assert seen[0].id.startswith("req_")
    assert len(seen[0].user_agent) == 300
    assert current_request() is None


def test_long_pages_are_compressed_and_streams_are_not() -> None:
    text = "crossroads " * 200
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})

    def stream() -> Iterator[str]:
        yield f"data: {text}\n\n"

    plain = CompressionMiddleware(lambda _request: HttpResponse(text))(request)
    assert isinstance(plain, HttpResponse)
    assert gzip.decompress(plain.content).decode() == text
    live = CompressionMiddleware(
        lambda _request: StreamingHttpResponse(stream(), content_type="text/event-stream; charset=utf-8")
    )(request)
    assert isinstance(live, StreamingHttpResponse)
    assert "Content-Encoding" not in live


def test_an_unknown_address_is_a_page_or_a_problem(db: None) -> None:
    page = Client().get("/nothing/here/")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    api = Client().get("/api/nothing")
    assert (api.status_code, api["Content-Type"]) == (404, "application/problem+json")
    assert api.json()["request_id"] == api["X-Request-Id"]


def test_an_address_with_a_zero_byte_leads_nowhere(db: None) -> None:
    """Postgres takes no NUL in a text, so such a name must not get as far as a query."""
    assert Client().get("/operator/outbox/%00/").status_code == 404
    api = Client().get("/api/v1/calls/%00")
    assert (api.status_code, api["Content-Type"]) == (404, "application/problem+json")


def test_a_foreign_host_is_refused(db: None) -> None:
    assert Client().get("/healthz", headers={"Host": "attacker.example.com"}).status_code == 400
