"""What somebody with bad intentions sends: cursors and ids that nobody gave out, results that want to be a page."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from core.components.markdown import markdown
from core.ids import is_id
from proxy.importers.drafts import ServerDraft
from proxy.models import Server
from proxy.results import parts_of
from proxy.services.hubs import create_hub
from proxy.services.runs import run_discovery
from proxy.services.servers import connect_server
from tests.cast import cast
from tests.peers.fixtures import Peers
from tests.proxy.conftest import tool_of
from tests.site.conftest import Things, things

__all__ = ["cast", "things"]

API = "/api/v1/workspaces/acme"
LISTS = ("calls", "servers", "hubs", "tools", "keys", "members", "runs", "webhooks", "deliveries")
FAR = f"call_7{'z' * 25}"
"""Shaped like an id, of the year 10889."""


def cursor(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


HOSTILE = {
    "not base64": "@@@@",
    "not ASCII": "\U0001f600",
    "padding alone": "====",
    "another version": cursor(b"2:call_1"),
    "no text": cursor(b"1:\xff\xfe"),
    "a lone surrogate": cursor(b"1:\xed\xa0\x80"),
    "NUL": cursor(b"1:a\0b"),
    "empty": cursor(b"1:"),
    "SQL": cursor(b"1:' OR 1=1; DROP TABLE proxy_call; --"),
    "an object": cursor(b'1:{"$gt": ""}'),
    "the last character": cursor("1:\U0010ffff".encode()),
    "long": cursor(b"1:" + b"x" * 6000),
    "far in the future": cursor(f"1:{FAR}".encode()),
}


@pytest.fixture
def owner(things: Things) -> Client:
    browser = things.cast.browser("owner")
    browser.raise_request_exception = False
    return browser


@pytest.mark.parametrize("how", HOSTILE)
def test_a_tampered_cursor_is_refused_or_finds_what_one_may_see(owner: Client, how: str) -> None:
    for name in LISTS:
        answer = owner.get(f"{API}/{name}", {"cursor": HOSTILE[how]})
        assert answer.status_code in (200, 400), name
        if answer.status_code == 400:
            assert answer.json()["errors"][0]["field"] == "cursor"


def test_a_cursor_of_another_workspace_opens_nothing(things: Things, owner: Client) -> None:
    theirs = things.cast.browser("outsider").get("/api/v1/workspaces").json()["data"][0]["slug"]
    with_it = cursor(f"1:{things.ids['call']}x".encode())
    for slug, found in (("acme", 200), (theirs, 404)):
        assert owner.get(f"/api/v1/workspaces/{slug}/calls", {"cursor": with_it}).status_code == found


@pytest.mark.parametrize(
    "value", [FAR, "call_" + "0" * 26, "call_\0", "../../etc", "<script>", "%", "call_" + "z" * 26]
)
def test_an_id_that_nobody_made_is_not_found(owner: Client, value: str) -> None:
    quoted = value.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    for address in (f"/w/acme/calls/{quoted}/", f"{API}/calls/{quoted}", f"{API}/calls/{quoted}/payload"):
        assert owner.get(address).status_code == 404, address
    for name in ("before", "open", "hub", "server", "tool", "range", "user", "key"):
        assert owner.get("/w/acme/calls/", {name: value}).status_code == 200, name
    for name in ("servers-after", "servers-before", "servers-sort", "sort", "after"):
        assert owner.get("/w/acme/servers/", {name: value}).status_code == 200, name


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_the_calendar_are_moments_too(owner: Client, moment: str) -> None:
    for name in ("since", "until"):
        assert owner.get(f"{API}/calls", {name: moment}).status_code in (200, 400)


def test_an_id_has_a_date() -> None:
    assert not is_id(FAR)
    assert is_id(f"call_76ez6fk000{'0' * 16}")
    assert not is_id(f"call_76ez6fk001{'0' * 16}")


# -- results that want to be a page

MARKDOWN = """
# Hello

<script>alert(1)</script><img src=x onerror=alert(2)><iframe src="https://evil.example"></iframe>
<a href="javascript:alert(3)" onclick="alert(4)">x</a><style>*{display:none}</style><base href="//evil.example">

[a](javascript:alert(5)) [b](JaVaScRiPt:alert(6)) [c](data:text/html;base64,PHNjcmlwdD4=) [d](vbscript:x)
[e](java&#115;cript:alert(7)) [f](\x01javascript:alert(8)) [g]( javascript:alert(9)) [h][i]
<javascript:alert(10)> <data:text/html,x>

![p](https://evil.example/seen.png) ![q](data:image/svg+xml;base64,PHN2Zz4=) ![r](javascript:alert(11))

[i]: data:text/html,<script>alert(12)</script> "onmouseover=alert(13)"

- <svg onload=alert(14)><math><mtext></p><style><img src=x onerror=alert(15)></style>

```html
</code></pre><script>alert(16)</script>
```
"""


class Looked(HTMLParser):
    """What a browser would see that can act: elements and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _value in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")]


ACTING = {"script", "img", "iframe", "style", "base", "svg", "math", "object", "embed", "form", "meta", "link", "video"}


def assert_harmless(html: str, *, ours: frozenset[str] = frozenset()) -> None:
    seen = Looked(html)
    acting = (seen.tags & ACTING) - ours
    assert not acting
    assert not [name for name in seen.names if name.startswith("on") or name == "style"]
    for address in seen.addresses:
        scheme = re.sub(r"[\s\x00-\x1f]", "", address).partition(":")[0].lower()
        assert scheme not in {"javascript", "data", "vbscript", "blob", "file"}, address


def test_hostile_markdown_is_only_text() -> None:
    assert_harmless(markdown(MARKDOWN))
    assert_harmless(markdown(MARKDOWN.replace("\n", " ")))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("engine")
def test_the_inspector_shows_a_hostile_result_as_text(things: Things, peers: Peers) -> None:
    draft = ServerDraft(title="Peer", transport="http", url=peers.start("plain").url, timeout_ms=8000)
    server = connect_server(actor=things.cast.principal("owner"), workspace=things.cast.workspace, draft=draft)
    run_discovery(server_id=server.id)
    tool = tool_of(Server.objects.get(pk=server.pk), "echo")
    browser, address = things.cast.browser("owner"), f"/w/acme/tools/{tool.id}/"
    for text in (MARKDOWN, "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</code><script>x</script>"):
        page = browser.post(address, {"do": "call", "args.text": text}).content.decode()
        part = page.partition('id="result"')[2].partition("</main>")[0]
        assert "Hello" in part or "alert" in part or "script" in part, "it is shown"
        assert not Looked(part).tags & {"script", "iframe", "style", "base", "object", "embed", "math"}
        assert "evil.example" not in "".join(Looked(part).addresses)
        assert not [name for name in Looked(part).names if name.startswith("on")]


PNG = base64.b64encode(b"\x89PNG").decode()


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "mimeType": "image/svg+xml", "data": base64.b64encode(b"<svg onload=alert(1)>").decode()},
        {"type": "image", "mimeType": "text/html", "data": base64.b64encode(b"<script>alert(1)</script>").decode()},
        {"type": "image", "mimeType": 'image/png" onerror="alert(1)', "data": PNG},
        {"type": "image", "mimeType": "image/png;base64,AAAA,text/html", "data": PNG},
        {"type": "image", "mimeType": "IMAGE/PNG", "data": PNG},
        {"type": "image", "mimeType": "image/png", "data": 'AAAA" onerror="alert(1)'},
        {"type": "image", "mimeType": "image/png", "data": "AAAA\n<script>"},
        {"type": "audio", "mimeType": "audio/wav", "data": '"><script>alert(1)</script>'},
        {"type": "audio", "mimeType": "text/html", "data": PNG},
        {"type": "resource_link", "uri": "javascript:alert(1)", "name": "<b onclick=alert(1)>click</b>"},
        {"type": "resource_link", "uri": "data:text/html,<script>alert(1)</script>", "name": "click"},
        {"type": "resource", "resource": {"uri": "javascript:alert(1)", "mimeType": "text/html", "text": "<script>x"}},
        {"type": "resource", "resource": {"uri": "ui://x", "mimeType": "text/html", "blob": PNG}},
        {"type": "<script>alert(1)</script>", "x": "</script><script>alert(1)</script>"},
    ],
)
def test_no_block_of_a_result_becomes_a_picture_or_a_link_of_its_choice(block: dict[str, Any]) -> None:
    (part,) = parts_of({"content": [block]})
    assert part.kind in {"text", "markdown", "binary", "link", "json"}
    assert not part.data
    shown = render_to_string("proxy/result_part.html", {"part": part}, RequestFactory().get("/"))
    assert_harmless(shown, ours=frozenset({"svg"}))  # the icon of the button that copies


def test_what_a_picture_may_be_is_a_picture() -> None:
    (part,) = parts_of({"content": [{"type": "image", "mimeType": "image/png", "data": PNG}]})
    seen = Looked(render_to_string("proxy/result_part.html", {"part": part}, RequestFactory().get("/")))
    assert seen.addresses == [f"data:image/png;base64,{PNG}"]


def test_names_of_a_server_that_want_to_be_a_page_are_text(things: Things) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    Server.objects.filter(pk=things.server.pk).update(
        title=evil[:80], problem=evil, problem_kind="exited", state="broken", instructions=evil, server_name=evil
    )
    type(things.tool).objects.filter(pk=things.tool.pk).update(name=evil, title=evil, description=evil, alias="")
    create_hub(actor=things.cast.principal("owner"), workspace=things.cast.workspace, title=evil[:80], slug="evil")
    browser = things.cast.browser("owner")
    for path in ("", "servers/", "servers/up/", "tools/", f"tools/{things.tool.id}/", "hubs/", "hubs/main/", "usage/"):
        page = browser.get(f"/w/acme/{path}").content.decode()
        assert "<script>alert" not in page, path
        assert "onerror" not in Looked(page).names, path
