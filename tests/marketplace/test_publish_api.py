"""Publishing and moderation as programs do it."""

from __future__ import annotations

import base64
import io

from PIL import Image

from marketplace.models import Listing
from marketplace.services.scans import run_scan
from tests.cast import Cast, cast
from tests.marketplace import publishing

__all__ = ["cast"]
ROOT = "/api/v1/workspaces/acme"


def test_a_program_publishes_and_the_operator_approves(cast: Cast) -> None:
    api, operator = cast.api("admin", "write"), cast.api("operator")
    made = api.post(f"{ROOT}/publishers", {"name": "Acme Tools"}, format="json")
    assert (made.status_code, made.data["slug"], made.data["verified"]) == (201, "acme-tools", False)
    assistant = publishing.add_assistant(cast.workspace)
    made = api.post(f"{ROOT}/listings", {"source": assistant.id}, format="json")
    assert (made.status_code, made.data["state"], made.data["kind"]) == (201, "draft", "assistant")
    listing = f"{ROOT}/listings/{made.data['id']}"
    changes = {"category": "work", "tags": ["orders"], "translations": {"de": {"name": "Bestellhilfe"}}}
    assert api.patch(listing, changes, format="json").data["draft"]["translations"]["de"]["name"] == "Bestellhilfe"
    codes = {finding["code"] for finding in api.get(f"{listing}/findings").data["data"]}
    assert codes == {"no_examples", "no_licence", "no_readme"}
    sent = api.post(f"{listing}/versions", {"version": "1.0.0", "notes": "First version."}, format="json")
    assert (sent.status_code, sent.data["state"]) == (201, "scan")
    run_scan(version_id=sent.data["id"])
    whole = api.get(f"{listing}/versions/1.0.0").data
    assert (whole["state"], whole["package"]["kind"]) == ("review", "assistant")

    waiting = operator.get("/api/v1/moderation/versions").data["data"]
    assert [(row["version"], row["publisher"]["slug"]) for row in waiting] == [("1.0.0", "acme-tools")]
    queued = f"/api/v1/moderation/versions/{sent.data['id']}"
    assert operator.post(f"{queued}/reject", {}, format="json").status_code == 400
    assert operator.post(f"{queued}/approve", {}, format="json").data["state"] == "live"
    assert api.get(listing).data["current"] == "1.0.0"
    assert [row["state"] for row in api.get(f"{listing}/versions").data] == ["live"]

    moderated = f"/api/v1/moderation/listings/{made.data['id']}"
    picked = operator.put("/api/v1/moderation/listings/picks", {"listings": [made.data["id"]]}, format="json")
    assert [row["slug"] for row in picked.data] == ["order-helper"]
    assert operator.post(f"{moderated}/quarantine", {"note": "A report."}, format="json").data["state"] == "quarantine"
    assert operator.post(f"{moderated}/release", {}, format="json").data["state"] == "live"
    assert api.post(f"{listing}/deprecate", {"reason": "Old."}, format="json").data["state"] == "deprecated"
    assert api.post(f"{listing}/restore").data["state"] == "live"
    assert api.delete(listing).status_code == 204
    assert Listing.objects.get().state == "removed"


def test_problems_name_the_field(cast: Cast) -> None:
    api = cast.api("admin", "write")
    publishing.new_publisher(cast.workspace)
    hub = publishing.add_hub(cast.workspace, publishing.add_server(cast.workspace, "secretive"))
    tool = publishing.ToolChoice(hub=hub.id, name="secretive__search")
    assistant = publishing.add_assistant(cast.workspace, tools=(tool,))
    refused = api.post(f"{ROOT}/listings", {"source": assistant.id}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "cannot_travel")
    assert "Publish that server first" in refused.json()["errors"][0]["detail"]
    refused = api.post(f"{ROOT}/listings", {"source": "ast_nothing"}, format="json")
    assert refused.json()["errors"][0]["field"] == "source"


def test_a_secret_is_told_by_place(cast: Cast) -> None:
    api = cast.api("admin", "write")
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace), readme="-----BEGIN PRIVATE KEY-----")
    refused = api.post(f"{ROOT}/listings/{listing.id}/versions", {"version": "1.0.0", "notes": "First."}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "secret")
    assert refused.json()["errors"][0]["field"] == "readme"


def test_pictures_come_as_base64(cast: Cast) -> None:
    api = cast.api("admin", "write")
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    out = io.BytesIO()
    Image.new("RGB", (200, 100), "teal").save(out, "PNG")
    url = f"{ROOT}/listings/{listing.id}/pictures"
    body = {"data": base64.b64encode(out.getvalue()).decode(), "alt": "The chat"}
    made = api.post(url, body, format="json")
    assert (made.status_code, made.data["width"]) == (201, 200)
    assert api.post(url, {"data": "no base64!", "alt": "x"}, format="json").status_code == 400
    assert api.delete(f"{url}/{made.data['id']}").status_code == 204
    assert api.get(url).data == []


def test_claims_over_the_api(cast: Cast) -> None:
    api = cast.api("admin", "write")
    publisher = publishing.new_publisher(cast.workspace)
    url = f"{ROOT}/publishers/{publisher.id}/claims"
    made = api.post(url, {"method": "domain", "subject": "localhost:1"}, format="json")
    assert made.data["address"] == "http://localhost:1/.well-known/crossroads.txt"
    checked = api.post(f"{url}/{made.data['id']}/check")
    assert (checked.data["state"], "refused" in checked.data["problem"]) == ("failed", True)
    assert [row["state"] for row in api.get(url).data] == ["failed"]


def test_a_key_that_only_reads_does_not_publish_and_none_moderates(cast: Cast) -> None:
    listing = publishing.new_listing(publishing.new_publisher(cast.workspace))
    assert cast.api("admin", "read").get(f"{ROOT}/listings").status_code == 403
    assert cast.api("admin", "read").post(f"{ROOT}/listings/{listing.id}/versions").status_code == 403
    assert cast.api("outsider").get(f"{ROOT}/listings").status_code == 404
    assert cast.api("admin", "admin").get("/api/v1/moderation/versions").status_code == 403
