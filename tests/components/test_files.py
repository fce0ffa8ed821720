"""What is committed fits together: classes, icons, fonts, vendored files, and a content policy without exceptions."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = (STATIC / "css" / "app.css").read_text()
APPS = ("core", "accounts", "billing", "proxy", "marketplace")
PYTHON = sorted((ROOT / "core" / "components").glob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    listed = set((STATIC / "src" / "icons.txt").read_text().split())
    used = {
        name
        for path in TEMPLATES
        for name in re.findall(r"""(?:\{% icon |icon=|picture_icon=)["']([a-z0-9-]+)["']""", path.read_text())
    }
    code = "".join(path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py"))
    used |= set(re.findall(r"""icon(?:_name)?=["']([a-z0-9-]+)["']""", code))
    used |= set(re.findall(r"""register_place\([^)]*?["']([a-z0-9-]+)["'],\s*\d+""", code.replace("gettext_lazy(", "")))
    assert sprite == listed
    assert used <= sprite


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_needs_no_exception_from_the_content_policy(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in script or re.search(r'type="application/(ld\+)?json"', script)
    assert not re.search(r"https?://(?!www\.w3\.org)[^\s\"'<]*\.(?:js|css|woff2?)", text)


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_a_component_writes_no_style(path: Path) -> None:
    assert not re.search(r"style=|onclick=|<script", path.read_text())


def test_every_class_of_the_components_is_in_the_stylesheet() -> None:
    known = {name.replace("\\", "") for name in re.findall(r"\.((?:[a-zA-Z_-]|\\.)(?:[\w-]|\\.)*)", CSS)}
    hooks = {"line-of"}
    missing = {}
    for path in [*(ROOT / "templates" / "components").glob("*.html"), *(ROOT / "templates").glob("*.html"), *PYTHON]:
        for value in re.findall(r'(?:class|css)="([^"]*)"', path.read_text()):
            if path.suffix == ".html" and "{%" in value:
                value = re.sub(r"\{%.*?%\}", " ", value)
            for name in re.sub(r"\{[^}]*\}+", " ", value).split():
                if re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", name) and name not in known | hooks:
                    missing[name] = path.name
    assert not missing


def test_vendored_files_are_what_their_list_says() -> None:
    rows = (STATIC / "vendor" / "VERSIONS").read_text().splitlines()
    listed = {name: digest for digest, name, *_ in (row.split() for row in rows)}
    assert set(listed) == {path.name for path in (STATIC / "vendor").iterdir()} - {"VERSIONS"}
    for name, digest in listed.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest


def test_what_is_built_names_no_source_map_and_only_fonts_that_exist() -> None:
    for path in (STATIC / "css" / "app.css", *(STATIC / "vendor").glob("*.js")):
        assert "sourceMappingURL" not in path.read_text()
    for url in re.findall(r"url\(([^)]+)\)", CSS):
        if not url.startswith(("data:", '"data:', "#")):
            assert (STATIC / "css" / url.strip("\"'")).resolve().is_file()


def test_the_page_stays_light() -> None:
    sizes = {
        "css": len(gzip.compress((STATIC / "css" / "app.css").read_bytes(), 9)),
        "scripts": sum(
            len(gzip.compress(path.read_bytes(), 9)) for path in [*STATIC.glob("vendor/*.js"), STATIC / "js" / "app.js"]
        ),
        "fonts": sum(path.stat().st_size for path in STATIC.glob("fonts/*.woff2")),
        "icons": len(gzip.compress((STATIC / "icons.svg").read_bytes(), 9)),
    }
    assert sizes["css"] < 25_000
    assert sum(sizes.values()) < 92_000, sizes


def test_the_lock_file_names_no_host() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
