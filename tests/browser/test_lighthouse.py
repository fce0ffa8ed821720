"""Lighthouse, as it sees a phone: at least 95 in all four categories on the home page, a hub and the calls."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.people import Visitor
from tests.browser.test_weight import cookies
from tests.node import tools

LEAST = 95
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
ATTEMPTS = 3
"""The score of speed depends on what else the machine does; the best of a few is the page's own."""
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"


@pytest.mark.node
@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", ["/", "/w/demo/hubs/main/", "/w/demo/calls/"])
def test_scores(demo_visitor: Visitor, chromium: str, tmp_path: Path, path: str) -> None:
    os.environ["CHROME_PATH"] = chromium
    best: dict[str, float] = {}
    report: dict[str, Any] = {}
    for _ in range(ATTEMPTS):
        report = _run(demo_visitor, path, tmp_path / "report.json")
        found = {name: round(report["categories"][name]["score"] * 100) for name in CATEGORIES}
        best = {name: max(best.get(name, 0), score) for name, score in found.items()}
        if min(best.values()) >= LEAST:
            break
    print(f"\n{path}: {best}")
    assert min(best.values()) >= LEAST, (best, _complaints(report))


def _run(visitor: Visitor, path: str, target: Path) -> dict[str, Any]:
    # The home page is what a stranger sees.
    headers = {} if path == "/" else {"Cookie": cookies(visitor)}
    command = tools.command(
        "lighthouse", visitor.site.url + path, "--quiet", "--output=json", f"--output-path={target}",
        f"--chrome-flags={FLAGS}", f"--extra-headers={json.dumps(headers)}",
    )  # fmt: skip
    done = tools.run(command, timeout_s=120)
    assert done.returncode == 0, done.stderr[-2000:]
    report: dict[str, Any] = json.loads(target.read_text())
    assert report["finalDisplayedUrl"].endswith(path)
    return report


def _complaints(report: dict[str, Any]) -> list[str]:
    return [
        f"{audit['id']}: {audit.get('displayValue') or audit['title']}"
        for audit in report["audits"].values()
        if audit["score"] is not None and audit["score"] < 0.9
    ]
