"""One whole site for these tests, as `make run` starts it, with people in it; and Debian's chromium.

The site has stores of its own in a folder of its own. Nothing of it is measured by coverage: it is timed here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import Visitor
from tests.browser.world import World, build_world
from tests.launch.whole_site import Site
from tests.peers.fixtures import Peer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs chromium, and this machine has none (`make browser` installs it)")
    return found


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """Playwright's loop runs in this thread, in which Django would refuse the queries of other tests."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield found
        found.close()


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """A running site with the demo."""
    with tempfile.TemporaryDirectory(prefix="cr-browser-") as folder, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COV")]:
            patch.delenv(name)
        site = Site(Path(folder) / "data", DEMO="1")
        # The name that its own links have: cookies are kept by name.
        site.url = f"http://localhost:{site.port}"
        try:
            site.wait_ready()
            yield site
        finally:
            site.close()


@pytest.fixture(scope="package")
def peer() -> Iterator[Peer]:
    """A server over HTTP on this machine, with tools of every kind."""
    found = Peer("showing")
    yield found
    found.stop()


@pytest.fixture(scope="package")
def operator(browser: Browser, site: Site) -> Visitor:
    """Who opened the set-up link that the start printed."""
    found = Visitor.arrive(browser, site)
    found.set_up()
    return found


@pytest.fixture(scope="package")
def demo_visitor(browser: Browser, site: Site) -> Visitor:
    found = Visitor.arrive(browser, site)
    found.enter_demo()
    return found


@pytest.fixture(scope="package")
def world(browser: Browser, site: Site, operator: Visitor, demo_visitor: Visitor, peer: Peer) -> World:
    return build_world(browser, site, operator, demo_visitor, peer)
