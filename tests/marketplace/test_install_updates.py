"""Updates of installs: told with what they change, taken only when somebody says so."""

from __future__ import annotations

from typing import Any

import pytest

from assistants.configuration import Variable, read_configuration
from assistants.models import Assistant
from assistants.services.assistants import save_draft
from assistants.services.values import opened_values
from core.errors import PermissionProblem, ServiceProblem
from core.models import Event
from marketplace.catalogue.schema import Http
from marketplace.catalogue.schema import Variable as ServerVariable
from marketplace.models import Install, Listing, ListingVersion
from marketplace.packages import AssistantPackage, ServerPackage, ToolDefinition, ToolNeed
from marketplace.services.installing import install_listing
from marketplace.services.updating import (
    NoUpdate,
    accept_update,
    difference_of,
    dismiss_update,
    is_dismissed,
    update_of,
)
from proxy.errors import DraftProblem
from proxy.services.secrets import opened_secrets
from tests.cast import Cast, cast
from tests.marketplace import installs, publishing

__all__ = ["cast"]
TOKEN = ServerVariable(name="Authorization", where="header", label="Key", secret=True, template="Bearer {value}")


def put(cast: Cast, listing: Listing, **more: Any) -> Install:
    assert listing.current
    made = install_listing(actor=cast.principal("admin"), workspace=cast.workspace, version=listing.current, **more)
    return again(made)


def again(install: Install) -> Install:
    related = ("workspace", "listing__current", "listing__publisher", "version", "server", "assistant__deployed")
    return Install.objects.select_related(*related).get(pk=install.pk)


def keyed(url: str, *variables: ServerVariable) -> ServerPackage:
    return ServerPackage(transports=(Http(url=url, variables=variables or (TOKEN,), sign_in="key"),))


def installed_assistant(cast: Cast) -> tuple[Listing, Install]:
    installs.list_server("orders")
    server = publishing.add_server(cast.workspace, "ours", catalogue="orders", tools=("search", "refund"))
    publishing.add_hub(cast.workspace, server)
    listing = installs.list_assistant()
    return listing, put(cast, listing, values={"shop": "Acme"})


def newer(listing: Listing, **values: Any) -> ListingVersion:
    package: dict[str, Any] = {
        "instructions": "Help with orders of {{shop}}. Pay back what is owed.",
        "works_offline": True,
        "tools": (ToolNeed(listing="orders", tool="search"), ToolNeed(listing="orders", tool="refund")),
        "variables": (Variable(name="shop", label="Shop", required=True),),
    }
    return installs.add_version(listing, AssistantPackage(**(package | values)), notes="It can pay back.")


def test_an_update_says_first_what_it_may_do_more(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    assert difference_of(install) is None
    newer(listing)
    install = again(install)
    assert install.version.version == "1.0.0"  # nothing is taken by itself
    difference = difference_of(install)
    assert difference is not None
    assert difference.widened == ("Read and change things with refund of Orders",)
    assert difference.notes == (("1.1.0", "It can pay back."),)
    assert [title for title, _before, _after in difference.texts] == ["Instructions", "Tools"]
    page = cast.browser("admin").get(f"/w/acme/installs/{install.id}/").content.decode()
    assert page.index("Read and change things with refund of Orders") < page.index("Pay back what is owed")
    assert "1.1.0 is available" in cast.browser("viewer").get("/w/acme/installs/").content.decode()


def test_taking_it_deploys_the_new_instructions_and_keeps_values(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    version = newer(listing)
    install = accept_update(actor=cast.principal("admin"), install=install, version=version)
    assert (install.version.version, install.state) == ("1.1.0", "ready")
    assistant = Assistant.objects.get()
    assert assistant.deployed
    assert assistant.deployed.number == 2
    configuration = read_configuration(assistant.deployed.configuration)
    assert configuration.instructions.endswith("Pay back what is owed.")
    assert [tool.name for tool in configuration.tools] == ["ours__search", "ours__refund"]
    assert opened_values(assistant) == {"shop": "Acme"}
    event = Event.objects.get(type="install.updated")
    assert (event.data["before"], event.data["version"]) == ("1.0.0", "1.1.0")
    with pytest.raises(NoUpdate):
        accept_update(actor=cast.principal("admin"), install=install)


def test_what_was_changed_here_is_said(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    assert install.assistant
    draft = install.assistant.draft | {"instructions": "My own words on {{shop}}."}
    save_draft(actor=cast.principal("admin"), assistant=install.assistant, configuration=draft, revision=None)
    newer(listing)
    difference = difference_of(again(install))
    assert difference is not None
    assert difference.edited


def test_only_the_version_that_was_seen_is_taken(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    seen = newer(listing)
    installs.add_version(listing, AssistantPackage(instructions="Quite another."), "1.2.0")
    with pytest.raises(NoUpdate, match=r"1\.2\.0 came meanwhile"):
        accept_update(actor=cast.principal("admin"), install=install, version=seen)
    assert again(install).version.version == "1.0.0"


def test_a_dismissed_version_is_not_offered_but_the_next_is(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    newer(listing)
    dismiss_update(actor=cast.principal("admin"), install=install)
    install = again(install)
    assert is_dismissed(install)
    assert "is not wanted" in cast.browser("admin").get("/w/acme/installs/").content.decode()
    installs.add_version(listing, AssistantPackage(instructions="Quite another."), "1.2.0")
    assert not is_dismissed(again(install))


def test_nothing_is_offered_of_what_was_removed(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    version = newer(listing)
    Listing.objects.filter(pk=listing.pk).update(state="quarantine")
    assert update_of(again(install)) is None
    with pytest.raises(NoUpdate):
        accept_update(actor=cast.principal("admin"), install=install, version=version)
    page = cast.browser("admin").get(f"/w/acme/installs/{install.id}/").content.decode()
    assert "It is no longer in the marketplace" in page


def test_a_member_may_look_and_not_take(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    newer(listing)
    with pytest.raises(PermissionProblem):
        accept_update(actor=cast.principal("member"), install=install)
    page = cast.browser("member").get(f"/w/acme/installs/{install.id}/").content.decode()
    assert "Update from 1.0.0 to 1.1.0" in page
    assert "Update to 1.1.0" not in page


def test_a_server_keeps_its_secret_at_the_same_host(cast: Cast) -> None:
    listing = publishing.add_live_listing("orders", "Orders", keyed("https://orders.example.com/mcp"))
    install = put(cast, listing, values={"Authorization": "sk-1"})
    version = installs.add_version(listing, keyed("https://orders.example.com/v2/mcp"))
    accept_update(actor=cast.principal("admin"), install=install, version=version)
    server = again(install).server
    assert server is not None
    assert server.url == "https://orders.example.com/v2/mcp"
    assert opened_secrets(server)["headers"] == {"Authorization": "Bearer sk-1"}


def test_a_secret_does_not_follow_to_another_host(cast: Cast) -> None:
    listing = publishing.add_live_listing("orders", "Orders", keyed("https://orders.example.com/mcp"))
    install = put(cast, listing, values={"Authorization": "sk-1"})
    version = installs.add_version(listing, keyed("https://elsewhere.example.com/mcp"))
    difference = difference_of(again(install))
    assert difference is not None
    assert difference.widened == ("Send what it is given to elsewhere.example.com",)
    with pytest.raises(DraftProblem):
        accept_update(actor=cast.principal("admin"), install=install, version=version)
    assert again(install).version.version == "1.0.0"
    accept_update(actor=cast.principal("admin"), install=install, version=version, values={"Authorization": "sk-2"})
    server = again(install).server
    assert server is not None
    assert opened_secrets(server)["headers"] == {"Authorization": "Bearer sk-2"}


def test_a_new_key_is_asked_for_by_name(cast: Cast) -> None:
    team = ServerVariable(name="X-Team", where="header", label="Team")
    listing = publishing.add_live_listing("orders", "Orders", keyed("https://orders.example.com/mcp"))
    install = put(cast, listing, values={"Authorization": "sk-1"})
    version = installs.add_version(listing, keyed("https://orders.example.com/mcp", TOKEN, team))
    with pytest.raises(DraftProblem) as caught:
        accept_update(actor=cast.principal("admin"), install=install, version=version)
    assert list(caught.value.errors) == ["X-Team"]
    browser, address = cast.browser("admin"), f"/w/acme/installs/{install.id}/update/"
    answer = browser.post(address, {"do": "accept", "version": version.id})
    assert answer.status_code == 400
    assert "This is needed." in answer.content.decode()
    answer = browser.post(address, {"do": "accept", "version": version.id, "value.X-Team": "blue"})
    assert answer.status_code == 302
    server = again(install).server
    assert server is not None
    assert opened_secrets(server)["headers"] == {"Authorization": "Bearer sk-1", "X-Team": "blue"}


def test_tools_alone_leave_the_server_as_it_is(cast: Cast) -> None:
    listing = installs.list_server("orders")
    install = put(cast, listing)
    before = Event.objects.filter(type="server.changed").count()
    package = ServerPackage(
        transports=(Http(url="https://orders.example.com/mcp"),), tools=(ToolDefinition(name="refund"),)
    )
    version = installs.add_version(listing, package)
    accept_update(actor=cast.principal("admin"), install=install, version=version)
    assert Event.objects.filter(type="server.changed").count() == before


def test_over_the_api(cast: Cast) -> None:
    listing, install = installed_assistant(cast)
    api = cast.api("admin", "write")
    address = f"/api/v1/workspaces/acme/installs/{install.id}"
    assert api.get(f"{address}/update").json()["code"] == "no_update"
    newer(listing)
    assert api.get(address).json()["update"] == "1.1.0"
    assert api.get(f"{address}/update").json()["widened"] == ["Read and change things with refund of Orders"]
    assert api.delete(f"{address}/update").json()["dismissed"] is True
    taken = api.post(f"{address}/update", {"version": "1.1.0"}, format="json").json()
    assert (taken["version"], taken["update"], taken["state"]) == ("1.1.0", "", "ready")
    assert api.delete(f"{address}?with_servers=1").status_code == 204
    assert api.get(address).status_code == 404


def test_planning_and_installing_over_the_api(cast: Cast) -> None:
    installs.list_server("orders", installs.KEYED)
    api, address = cast.api("admin", "write"), "/api/v1/workspaces/acme/installs"
    plan = api.post(f"{address}/plan", {"listing": "orders"}, format="json").json()
    assert [(need["kind"], need["state"]) for need in plan["needs"]] == [("program", "there"), ("key", "fill")]
    refused = api.post(address, {"listing": "orders"}, format="json")
    assert refused.status_code == 400
    assert "Authorization" in refused.content.decode()
    made = api.post(address, {"listing": "orders", "values": {"Authorization": "sk-9"}}, format="json")
    assert made.status_code == 201
    assert "sk-9" not in made.content.decode()
    assert api.post(address, {"listing": "orders"}, format="json").json()["code"] == "installed"
    assert [one["listing"] for one in api.get(address).json()["data"]] == ["orders"]
    Listing.objects.update(state="removed")
    other = cast.api("admin", "read").post(address, {"listing": "orders"}, format="json")
    assert other.status_code == 403
    with pytest.raises(ServiceProblem, match="removed"):
        install_listing(actor=cast.principal("admin"), workspace=cast.workspace, version=ListingVersion.objects.get())
