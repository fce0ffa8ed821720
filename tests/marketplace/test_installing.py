"""Installing: what a plan says, what comes of it, and that nothing stays behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import Workspace
from accounts.permissions import SYSTEM
from assistants.configuration import Variable, read_configuration
from assistants.models import Assistant
from assistants.services.assistants import delete_assistant
from assistants.services.providers import connect_provider
from assistants.services.values import opened_values
from core.errors import PermissionProblem, ServiceProblem
from core.models import Event, Job
from marketplace.models import Install, Listing
from marketplace.packages import ToolNeed
from marketplace.services.install_checks import check_workspace
from marketplace.services.installing import install_listing, plan_install, uninstall
from marketplace.services.lifecycle import L
from marketplace.signals import install_changed
from proxy.errors import DraftProblem, StdioRefused
from proxy.models import Hub, HubServer, Server
from proxy.services.secrets import opened_secrets
from proxy.services.servers import delete_server
from tests.cast import Cast, cast
from tests.marketplace import installs, publishing

__all__ = ["cast"]


def put(cast: Cast, listing: Listing, **more: Any) -> Install:
    assert listing.current
    return install_listing(actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current, **more)


def check(install: Install) -> Install:
    check_workspace(workspace_id=install.workspace_id)
    return Install.objects.select_related("assistant__deployed", "server").get(pk=install.pk)


def codes(install: Install) -> list[str]:
    return [step["code"] for step in install.steps]


def test_a_server_listing_becomes_a_server_on_a_hub(cast: Cast) -> None:
    listing = installs.list_server("orders", installs.KEYED)
    heard: list[str] = []

    def hear(sender: object, install: Install, **_more: object) -> None:
        heard.append(install.state)

    install_changed.connect(hear)
    install = put(cast, listing, values={"Authorization": "sk-secret-1"})
    server = install.server
    assert server is not None
    assert (server.url, server.catalogue) == ("https://orders.example.com/mcp", "orders")
    assert opened_secrets(server)["headers"] == {"Authorization": "Bearer sk-secret-1"}
    assert "sk-secret" not in json.dumps([install.mapping, install.steps])
    assert HubServer.objects.get(server=server).hub.slug == "main"
    assert (install.state, codes(install)) == ("needs_setup", ["asking"])
    listing.refresh_from_db()
    assert listing.installs == 1
    assert Event.objects.get(type="install.made").data["version"] == "1.0.0"

    installs.discover(server)
    assert Job.objects.filter(task="marketplace.check_installs", subject=cast.workspace.id).exists()
    assert check(install).state == "ready"
    assert heard == ["needs_setup", "ready"]


def test_a_plan_says_what_is_there_and_what_is_missing(cast: Cast) -> None:
    installs.list_server("orders", installs.KEYED)
    listing = installs.list_assistant(works_offline=False)
    admin = cast.principal("admin")
    plan = plan_install(actor=admin, workspace=cast.workspace, listing=listing)
    states = {need.kind: need.state for need in plan.needs}
    assert states == {"model": "missing", "server": "added", "value": "fill"}
    assert next(need.url for need in plan.needs if need.kind == "model") == "/w/acme/models/"
    assert plan.said.may[0] == "Read with search of Orders" or "Orders" in plan.said.may[0]

    connect_provider(
        actor=admin, workspace=cast.workspace, kind="openai", name="Ours", key="sk-1", classes={"balanced": "gpt-x"}
    )
    publishing.add_server(cast.workspace, "ours", catalogue="orders")
    plan = plan_install(actor=admin, workspace=cast.workspace, listing=listing)
    assert {need.kind: need.state for need in plan.needs} == {"model": "there", "server": "there", "value": "fill"}
    assert plan.ready
    assert Server.objects.count() == 1  # a plan does nothing


def test_an_assistant_brings_its_server_and_is_ready_once_that_answers(cast: Cast) -> None:
    installs.list_server("orders")
    listing = installs.list_assistant()
    install = put(cast, listing, values={"shop": "Acme"})
    assistant = install.assistant
    assert assistant is not None
    assert (assistant.install, assistant.deployed is not None) == (install.id, True)
    assert (install.state, codes(install), assistant.state) == ("needs_setup", ["asking"], "needs_setup")
    assert opened_values(assistant) == {"shop": "Acme"}
    server = Server.objects.get(catalogue="orders")
    assert Install.objects.get(server=server).listing.slug == "orders"

    installs.discover(server)
    install = check(install)
    assert (install.state, install.steps) == ("ready", [])
    assert install.assistant is not None
    assert install.assistant.state == "running"
    assert install.assistant.deployed is not None
    (tool,) = read_configuration(install.assistant.deployed.configuration).tools
    assert (tool.hub, tool.name) == (Hub.objects.get().id, "orders__search")
    assert not check_workspace(workspace_id=cast.workspace.id)  # again, it changes nothing


def test_a_server_that_is_there_already_is_used(cast: Cast) -> None:
    installs.list_server("orders")
    server = publishing.add_server(cast.workspace, "ours", catalogue="orders")
    publishing.add_hub(cast.workspace, server)
    listing = installs.list_assistant(tools=(ToolNeed(listing="orders", tool="search", ask_first=True),))
    install = put(cast, listing, values={"shop": "Acme"})
    assert install.state == "ready"
    assert Server.objects.count() == 1
    assert install.assistant
    (tool,) = install.assistant.draft["tools"]
    assert (tool["name"], tool["ask_first"]) == ("ours__search", True)


def test_what_is_left_out_is_found_when_it_comes(cast: Cast) -> None:
    installs.list_server("orders", installs.KEYED)
    install = put(cast, installs.list_assistant(variables=()))
    assert (install.state, codes(install)) == ("needs_setup", ["server"])  # its key was not given
    assert install.steps[0]["url"] == "/w/acme/install/orders/"
    server = publishing.add_server(cast.workspace, "ours", catalogue="orders")
    install = check(install)
    assert codes(install) == ["asking"]
    installs.discover(server, "other")
    install = check(install)
    assert codes(install) == ["hub"]
    publishing.add_hub(cast.workspace, server)
    assert check(install).state == "ready"


def test_a_missing_value_and_model_are_steps(cast: Cast) -> None:
    listing = installs.list_assistant(
        tools=(), works_offline=False, variables=(Variable(name="token", label="Token", kind="secret", required=True),),
        instructions="Help.",
    )  # fmt: skip
    install = put(cast, listing)
    assert codes(install) == ["value", "model"]
    assert install.assistant
    assert [step["code"] for step in install.assistant.steps] == ["value"]  # without a model, the offline one answers
    connect_provider(
        actor=SYSTEM, workspace=cast.workspace, kind="openai", name="Ours", key="sk-1", classes={"balanced": "gpt-x"}
    )
    assert Job.objects.filter(task="marketplace.check_installs").exists()
    assert codes(check(install)) == ["value"]


def test_a_command_is_refused_before_the_button(cast: Cast, settings: Any) -> None:
    listing = installs.list_server("orders", installs.RUNS)
    admin = cast.principal("admin")
    plan = plan_install(actor=admin, workspace=cast.workspace, listing=listing)
    assert "operator" in plan.refusal
    with pytest.raises(StdioRefused):
        put(cast, listing)
    assert not Install.objects.exists()
    page = cast.browser("admin").get("/w/acme/install/orders/").content.decode()
    assert "It cannot be installed here" in page
    assert 'value="install"' not in page


@pytest.mark.parametrize(
    ("state", "words"), [(L.REMOVED, "removed"), (L.QUARANTINE, "quarantine"), (L.DRAFT, "not in")]
)
def test_what_is_not_offered_is_refused_in_a_sentence(cast: Cast, state: str, words: str) -> None:
    listing = installs.list_server()
    Listing.objects.update(state=state)
    with pytest.raises(ServiceProblem) as caught:
        put(cast, listing)
    assert caught.value.code == "not_installable"
    assert words in str(caught.value)
    assert not Server.objects.exists()


def test_a_withdrawn_version_is_refused_and_a_deprecated_listing_warns(cast: Cast) -> None:
    listing = installs.list_server()
    assert listing.current
    listing.current.state = "withdrawn"
    listing.current.save()
    with pytest.raises(ServiceProblem, match="not offered any more"):
        put(cast, listing)
    listing.current.state = "live"
    listing.current.save()
    Listing.objects.update(state=L.DEPRECATED, state_reason="Take the other one.")
    listing.refresh_from_db()
    plan = plan_install(actor=cast.principal("admin"), workspace=cast.workspace, listing=listing)
    assert plan.warnings == ("Its publisher advises against it. Take the other one.",)
    assert put(cast, listing).server


def test_one_install_for_each_workspace_and_listing(cast: Cast) -> None:
    listing = installs.list_server()
    first = put(cast, listing)
    with pytest.raises(ServiceProblem) as caught:
        put(cast, listing)
    assert caught.value.code == "installed"
    assert Server.objects.count() == 1
    uninstall(actor=cast.principal("admin"), install=first)
    assert put(cast, listing).id != first.id


def test_a_missing_key_is_said_by_name_and_nothing_is_made(cast: Cast) -> None:
    listing = installs.list_server("orders", installs.KEYED)
    with pytest.raises(DraftProblem) as caught:
        put(cast, listing)
    assert list(caught.value.errors) == ["Authorization"]
    assert not Install.objects.exists()
    assert not Event.objects.filter(type="install.made").exists()


def test_members_may_not_install(cast: Cast) -> None:
    listing = installs.list_server()
    assert listing.current
    for who in ("member", "viewer", "outsider"):
        with pytest.raises(PermissionProblem):
            install_listing(actor=cast.principal(who), workspace=cast.workspace, version=listing.current)
    assert not Install.objects.exists()


def test_a_server_of_another_workspace_does_not_stand_in(cast: Cast) -> None:
    installs.list_server("orders")
    other = Workspace.objects.create(name="Other", slug="other")
    foreign = publishing.add_server(other, "ours", catalogue="orders")
    with pytest.raises(ServiceProblem, match="no such server"):
        put(cast, installs.list_assistant(), mapping={"servers": {"orders": foreign.id}})
    assert not Assistant.objects.exists()


def test_uninstalling_leaves_nothing(cast: Cast) -> None:
    installs.list_server("orders")
    install = put(cast, installs.list_assistant(), values={"shop": "Acme"})
    uninstall(actor=cast.principal("admin"), install=install, with_servers=True)
    assert not Assistant.objects.exists()
    assert not Server.objects.exists()
    assert not HubServer.objects.exists()
    assert set(Install.objects.values_list("state", flat=True)) == {"removed"}
    assert set(Listing.objects.values_list("installs", flat=True)) == {0}
    assert Event.objects.filter(type="install.removed").count() == 2
    uninstall(actor=cast.principal("admin"), install=install)  # again, it changes nothing
    assert Event.objects.filter(type="install.removed").count() == 2


def test_a_server_that_another_assistant_needs_stays(cast: Cast) -> None:
    installs.list_server("orders")
    first = put(cast, installs.list_assistant(), values={"shop": "Acme"})
    put(cast, installs.list_assistant("other-helper"), values={"shop": "Acme"})
    uninstall(actor=cast.principal("admin"), install=first, with_servers=True)
    assert Server.objects.count() == 1


def test_what_people_remove_elsewhere_is_uninstalled_too(cast: Cast) -> None:
    server_install = put(cast, installs.list_server("orders"))
    install = put(cast, installs.list_assistant(tools=()), values={"shop": "Acme"})
    assert server_install.server
    assert install.assistant
    delete_server(actor=cast.principal("admin"), server=server_install.server)
    delete_assistant(actor=cast.principal("admin"), assistant=install.assistant)
    assert check(server_install).state == "removed"
    assert check(install).state == "removed"
    assert set(Listing.objects.values_list("installs", flat=True)) == {0}
