"""How installed listings are used: counted by day, once, whoever counts again."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from assistants.models import Conversation, Run
from assistants.signals import run_finished
from core.clock import now
from core.ids import new_id
from marketplace.models import Install, ListingUse
from marketplace.services.installing import install_listing, uninstall
from marketplace.services.uses import count_calls
from tests.cast import Cast, cast
from tests.marketplace import installs

__all__ = ["cast"]


def put(cast: Cast, slug: str) -> Install:
    listing = installs.list_server(slug)
    assert listing.current
    return install_listing(actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current)


def add_call(cast: Cast, server: str, outcome: str = "answered", *, days: int = 0, method: str = "tools/call") -> None:
    at = now() - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO proxy_call (id, month, workspace, hub, server, method, name, outcome, started_at, duration_us)"
            " VALUES (%s, %s, %s, 'hub_x', %s, %s, 'search', %s, %s, 12000)",
            [new_id("call"), at.date().replace(day=1), cast.workspace.id, server, method, outcome, at],
        )


def end_run(install: Install, state: str, channel: str = "chat") -> None:
    assistant = install.assistant
    assert assistant
    conversation = Conversation.objects.create(
        workspace=install.workspace, assistant=assistant, principal="usr_x", channel=channel
    )
    run = Run.objects.create(
        workspace=install.workspace, conversation=conversation, assistant=assistant, channel=channel, principal={},
        state=state, started_at=now() - timedelta(seconds=2), finished_at=now(),
    )  # fmt: skip
    run_finished.send(sender=Run, run=run)


def test_calls_of_an_installed_server_are_counted_once(cast: Cast) -> None:
    install, other = put(cast, "orders"), put(cast, "other")
    assert install.server
    server = install.server.id
    for outcome in ("answered", "answered", "tool_error", "cancelled"):
        add_call(cast, server, outcome)
    add_call(cast, server, method="tools/list")
    add_call(cast, "srv_elsewhere")
    assert count_calls() == 1
    assert count_calls() == 0
    use = ListingUse.objects.get()
    assert (use.listing_id, use.workspace, use.day) == (install.listing_id, cast.workspace.id, now().date())
    assert (use.runs, use.runs_ok, use.duration_ms) == (3, 2, 36)
    assert other.listing_id != use.listing_id
    add_call(cast, server)
    assert count_calls() == 1
    assert ListingUse.objects.get().runs == 4


def test_what_was_uninstalled_keeps_its_calls_of_the_day(cast: Cast) -> None:
    install = put(cast, "orders")
    assert install.server
    add_call(cast, install.server.id)
    uninstall(actor=cast.principal("admin"), install=install)
    listing = install.listing
    assert listing.current
    again = install_listing(actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current)
    assert again.server
    add_call(cast, again.server.id)
    count_calls()
    assert ListingUse.objects.get().runs == 2


def test_old_days_are_left_alone(cast: Cast) -> None:
    install = put(cast, "orders")
    assert install.server
    add_call(cast, install.server.id, days=4)
    assert count_calls() == 0


def test_runs_of_an_installed_assistant_are_counted(cast: Cast) -> None:
    listing = installs.list_assistant(tools=())
    assert listing.current
    install = install_listing(
        actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current, values={"shop": "Acme"}
    )
    for state in (Run.State.DONE, Run.State.DONE, Run.State.FAILED, Run.State.CANCELLED):
        end_run(install, state)
    end_run(install, Run.State.DONE, "trial")
    end_run(install, Run.State.DONE, "check")
    use = ListingUse.objects.get()
    assert (use.runs, use.runs_ok) == (3, 2)
    assert 5_500 < use.duration_ms < 6_500
