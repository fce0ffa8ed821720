"""The manual: complete, without dead links on disk or on the site, and true about the environment."""

from __future__ import annotations

import os
import posixpath
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from core import manual
from core.webhooks.signing import new_secret, sign

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted({*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")})
PAGES = pytest.mark.parametrize("slug", manual.PAGES)
DOCUMENTS = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(source: str) -> set[str]:
    plain = FENCE.sub("", source)
    return {manual.anchor_of(re.sub(r"[`*]", "", text)) for text in re.findall(r"^#{2,4} (.+)$", plain, re.MULTILINE)}


def test_every_page_of_the_folder_is_in_the_contents() -> None:
    assert {f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")} <= set(manual.PAGES.values())


@DOCUMENTS
def test_links_lead_somewhere_on_disk(file: Path) -> None:
    for target in LINK.findall(FENCE.sub("", file.read_text("utf-8"))):
        path, _mark, anchor = target.partition("#")
        if "://" in target:
            continue
        aim = file.parent / path if path else file
        assert aim.exists(), f"{file.name}: {target}"
        if anchor:
            assert anchor in anchors(aim.read_text("utf-8")), f"{file.name}: {target}"


@PAGES
def test_a_page_is_served_and_its_links_lead_somewhere_on_the_site(client: Client, slug: str, db: None) -> None:
    url = manual.page_url(slug)
    answer = client.get(url)
    assert answer.status_code == 200
    assert "unsafe" not in answer["Content-Security-Policy"]
    text = answer.content.decode()
    page = manual.page(slug)
    assert page is not None
    assert f"<h1>{page.title}</h1>" in text
    for target in re.findall(r'<(?:a href|img src)="([^"]+)"', page.html):
        if "://" in target:
            continue
        path, _mark, anchor = target.partition("#")
        assert not path or path.startswith("/docs/"), target
        other = client.get(path or url)
        assert other.status_code == 200, target
        assert not anchor or f'id="{anchor}"' in other.content.decode(), target
        other.close()


@PAGES
def test_a_page_has_a_title_a_lead_and_one_id_for_each_heading(slug: str) -> None:
    page = manual.page(slug)
    assert page is not None
    assert page.title
    assert page.html
    ids = re.findall(r'id="([^"]+)"', page.html)
    assert len(set(ids)) == len(ids)
    assert all(heading.anchor in ids for heading in page.headings)


def test_the_index_stands_at_the_root_and_nowhere_else(client: Client, db: None) -> None:
    assert client.get("/docs/").status_code == 200
    assert client.get("/docs/index/").status_code == 404


@pytest.mark.parametrize("path", ["nothing/", "../config/", "images/nothing.svg", "images/..%2fconnect.md", "images/"])
def test_what_is_not_in_the_manual_is_not_found(client: Client, path: str, db: None) -> None:
    assert client.get(f"/docs/{path}").status_code == 404


def test_only_reading_is_allowed(client: Client, db: None) -> None:
    assert client.post("/docs/").status_code == 405


def test_a_picture_is_served_with_its_type(client: Client) -> None:
    answer = client.get("/docs/images/architecture.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert "max-age" in answer["Cache-Control"]
    assert answer.getvalue().startswith(b"<svg")


def test_the_side_marks_where_one_is(client: Client, db: None) -> None:
    text = client.get("/docs/hubs/").content.decode()
    assert '<a href="/docs/hubs/" aria-current="page">Hubs</a>' in text
    assert '<a href="/docs/connect/">Connect servers</a>' in text


def test_hostile_markdown_comes_out_harmless() -> None:
    source = (
        "# Title\n\n<script>alert(1)</script> <b onclick=x>b</b>\n\n[a](javascript:alert(1)) ![p](data:text/html,x)\n\n"
        "```html\n<img src=x onerror=y>\n```\n"
    )
    html = manual.render("x", "docs/x.md", source).html
    assert "<script" not in html
    assert "<b " not in html
    assert "&lt;b onclick=x&gt;" in html
    assert 'href="javascript' not in html
    assert 'src="data:' not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("target", "folder", "leads"),
    [
        ("hubs.md", "docs", "/docs/hubs/"),
        ("hubs.md#names", "docs", "/docs/hubs/#names"),
        ("index.md", "docs", "/docs/"),
        ("../CHANGELOG.md", "docs", "/docs/changelog/"),
        ("docs/hubs.md", "", "/docs/hubs/"),
        ("images/a.svg", "docs", "/docs/images/a.svg"),
        ("#names", "docs", "#names"),
        ("https://example.com/hubs.md", "docs", "https://example.com/hubs.md"),
        ("/api/docs/", "docs", "/api/docs/"),
        ("other.md", "docs", "other.md"),
    ],
)
def test_links_between_files_become_links_between_pages(target: str, folder: str, leads: str) -> None:
    assert manual.resolve(target, folder) == leads


def test_headings_of_one_name_get_anchors_of_their_own() -> None:
    page = manual.render("x", "docs/x.md", "# T\n\n## Same `thing`\n\n## Same thing\n\n#### Deep\n\n## Über, uns!\n")
    assert [heading.anchor for heading in page.headings] == ["same-thing", "same-thing-1", "über-uns"]
    assert page.lead == "Same thing"


def test_code_is_coloured_by_classes_and_kept_as_it_is() -> None:
    html = manual.render("x", "docs/x.md", '```json\n{"a": 1}\n```\n\n```nonsense\na < b\n```\n').html
    assert '<span class="n">1</span>' in html
    assert "a &lt; b" in html
    assert "style=" not in html


def test_numbers_in_tables_may_stand_on_the_right() -> None:
    html = manual.render("x", "docs/x.md", "| a | b |\n|---|--:|\n| 1 | 2 |\n").html
    assert '<th class="r" scope="col">b</th>' in html or '<th scope="col" class="r">b</th>' in html
    assert '<td class="r">2</td>' in html


def test_a_page_follows_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    file = tmp_path / "docs" / "hubs.md"
    monkeypatch.setattr(manual, "ROOT", tmp_path)
    assert manual.page("hubs") is None
    file.write_text("# One\n")
    first = manual.page("hubs")
    assert first is not None
    assert first.title == "One"
    assert manual.page("hubs") is first
    file.write_text("# Two, later\n")
    os.utime(file, ns=(1, 1))
    second = manual.page("hubs")
    assert second is not None
    assert second.title == "Two, later"


def names_read(*files: str) -> set[str]:
    text = "\n".join((ROOT / file).read_text("utf-8") for file in files)
    return set(re.findall(r"""\benv(?:\.get)?[,(\[]\s*"([A-Z][A-Z_]+)\"""", text))


def test_every_variable_of_the_environment_is_described_and_no_other() -> None:
    read = names_read(
        "config/env.py", "config/launch/options.py", "config/launch/environment.py", "proxy/owner/settings.py"
    )
    assert {"DATABASE_URL", "PORT", "OWNER_TOKEN", "STDIO_POLICY"} <= read
    source = (ROOT / "docs/configuration.md").read_text("utf-8")
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", source, re.MULTILINE))
    assert described == read


def test_links_are_normal_paths() -> None:
    assert all(posixpath.normpath(path) == path for path in manual.PAGES.values())


def test_the_receiver_of_webhooks_in_the_manual_works() -> None:
    source = (ROOT / "docs/api.md").read_text("utf-8")
    found = re.search(r"```python\n(.*?)```", source, re.DOTALL)
    assert found is not None
    namespace: dict[str, Any] = {}
    exec(found[1], namespace)
    secret, now, body = new_secret(), int(time.time()), b'{"type": "key.revoked"}'
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now)}
    headers["webhook-signature"] = "v1,AAAA " + sign(secret, "msg_1", now, body)
    assert namespace["is_genuine"](secret, headers, body)
    assert not namespace["is_genuine"](secret, headers, body + b" ")
    assert not namespace["is_genuine"](secret, headers | {"webhook-timestamp": str(now - 301)}, body)
