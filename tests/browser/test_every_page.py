"""Every page: accessible, inside the screen, at 390 and 1280 px, light and dark, and silent in the console."""

from __future__ import annotations

import pytest

from tests.browser.addresses import acted_addresses, plain_addresses
from tests.browser.checks import check_page
from tests.browser.world import World


@pytest.mark.timeout(600)
def test_every_page(world: World) -> None:
    problems = [problem for address in plain_addresses(world) for problem in check_page(address)]
    assert problems == []


@pytest.mark.timeout(300)
def test_what_pages_show_after_something_was_done(world: World) -> None:
    problems = [problem for address in acted_addresses(world) for problem in check_page(address)]
    assert problems == []
