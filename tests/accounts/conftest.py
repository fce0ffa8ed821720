import pytest

from core import health
from tests.cast import cast  # noqa: F401


@pytest.fixture
def only_core_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The health page without the checks of higher apps, which start an engine of their own."""
    own = {name: check for name, check in health._checks.items() if check[1].__module__ == "core.health"}
    monkeypatch.setattr(health, "_checks", own)
