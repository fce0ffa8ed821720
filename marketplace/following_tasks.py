"""Jobs of following."""

from __future__ import annotations

from datetime import timedelta

from core.schedule import timer
from marketplace.services.following import tell_followers


@timer("marketplace.tell_followers", every=timedelta(minutes=30))
def tell_of_news() -> None:
    tell_followers()
