"""The operator's imports: a page and the API start them, a job does them, the report tells."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.models import Job
from marketplace.models import ImportRun, Listing
from marketplace.services.imports import run_import
from tests.cast import Cast, cast
from tests.marketplace.test_import_files import ASSISTANT

__all__ = ["cast"]
pytestmark = pytest.mark.django_db
PAGE = "/operator/imports/"
FILE = b"\n".join([json.dumps(ASSISTANT).encode(), b'{"<script>": 1', json.dumps(ASSISTANT).encode()])


def upload(cast: Cast, body: bytes, who: str = "operator") -> int:
    file = SimpleUploadedFile("<b>.jsonl", body)
    return cast.browser(who).post(PAGE, {"do": "file", "format": "auto", "file": file}).status_code


def test_an_upload_is_read_by_a_job_and_its_report_stays(cast: Cast) -> None:
    assert upload(cast, FILE) == 302
    run = ImportRun.objects.get()
    assert Job.objects.filter(task="marketplace.import", subject=run.id).exists()
    run_import(run_id=run.id)
    run_import(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, run.body, Listing.objects.count()) == ("done", None, 1)
    browser = cast.browser("operator")
    page = browser.get(f"{PAGE}{run.id}/").content.decode()
    assert "no JSON object" in page
    assert "&lt;b&gt;.jsonl" in page and "<b>.jsonl" not in page
    assert browser.get(f"{PAGE}{run.id}/?as=json").json()["refused"]["count"] == 2
    assert "line 2" in browser.get(f"{PAGE}{run.id}/?as=text").content.decode()
    assert "&lt;b&gt;.jsonl" in browser.get(PAGE).content.decode()


@pytest.mark.parametrize("body", [b"hello", b"\xff\xfe\x00", b'{"x": 1}'])
def test_a_file_that_is_none_is_said_at_once(cast: Cast, body: bytes) -> None:
    assert upload(cast, body) == 400
    assert not ImportRun.objects.exists()


def test_a_registry_is_asked_for_by_its_address(cast: Cast) -> None:
    browser = cast.browser("operator")
    assert browser.post(PAGE, {"do": "registry", "address": "javascript:alert(1)"}).status_code == 400
    assert browser.post(PAGE, {"do": "registry", "address": "https://registry.example.com/v0.1"}).status_code == 302
    assert ImportRun.objects.get().origin == "https://registry.example.com"


def test_nobody_else_imports(cast: Cast) -> None:
    for who in ("owner", "outsider"):
        assert upload(cast, FILE, who) == 404
    assert upload(cast, FILE, "anonymous") == 302
    assert not ImportRun.objects.exists()


def test_the_api_starts_and_tells(cast: Cast) -> None:
    browser = cast.browser("operator")
    reply = browser.post(
        "/api/v1/imports", {"address": "https://registry.example.com"}, content_type="application/json"
    )
    assert reply.status_code == 202, reply.content
    assert browser.get(f"/api/v1/imports/{reply.json()['id']}").json()["state"] == "running"
    assert len(browser.get("/api/v1/imports").json()["data"]) == 1
    wrong = browser.post("/api/v1/imports", {"address": "nothing"}, content_type="application/json")
    assert wrong.status_code == 400
    assert cast.browser("owner").get("/api/v1/imports").status_code == 403
    assert cast.browser("operator").get("/api/v1/imports/imp_x").status_code == 404
