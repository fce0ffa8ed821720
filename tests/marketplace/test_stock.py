"""The assistants that come with Crossroads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from accounts.permissions import SYSTEM
from marketplace.catalogue.labels import CATEGORIES
from marketplace.catalogue.loader import find
from marketplace.importers.stock_assistants import TOOLBOX, StockAssistant, draft_of_assistant, stock_assistants
from marketplace.models import Listing, ListingVersion
from marketplace.packages import AssistantPackage, package_json, read_package
from marketplace.services.stock import sync_catalogue
from proxy.bundled.server import Bundled

STOCK = stock_assistants()


def test_there_are_enough_and_six_need_no_model() -> None:
    assert len(STOCK) >= 40
    assert sum(one.works_offline for one in STOCK) >= 6
    assert len({one.slug for one in STOCK}) == len({one.name for one in STOCK}) == len(STOCK)


@pytest.mark.parametrize("one", STOCK, ids=lambda one: one.slug)
def test_each_is_whole(one: StockAssistant, tmp_path: Path) -> None:
    draft = draft_of_assistant(one)
    assert isinstance(draft.package, AssistantPackage)
    assert draft.category in CATEGORIES
    assert read_package(json.loads(json.dumps(package_json(draft.package)))) == draft.package
    known = set(Bundled(tmp_path)._toolbox.tools)
    for need in draft.package.tools:
        assert need.tool in known if need.listing == TOOLBOX else find(need.listing) is not None
        assert need.listing == TOOLBOX or need.optional, "nobody has that server from the start"
    named = set(re.findall(r"\{\{(\w+)\}\}", draft.package.instructions))
    assert named <= {variable.name for variable in draft.package.variables}


@pytest.mark.django_db
def test_they_are_listed_once_however_often_they_are_synced() -> None:
    sync_catalogue(actor=SYSTEM)
    listed = Listing.objects.filter(source="stock", kind="assistant", state=Listing.State.LIVE)
    assert listed.count() == len(STOCK)
    versions = ListingVersion.objects.count()
    sync_catalogue(actor=SYSTEM)
    assert ListingVersion.objects.count() == versions
