"""The API of accounts: who may, what it answers, and how errors look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiKey, Membership, Workspace
from accounts.selectors import key_of_token
from accounts.services import rename_workspace, revoke_key
from core.clock import now
from core.models import IdempotentRequest, WebhookDelivery, WebhookEndpoint
from tests.cast import EVERYBODY, Cast

V1 = "/api/v1/workspaces"
HERE = f"{V1}/acme"
READ = {"owner": 200, "admin": 200, "member": 200, "viewer": 200, "outsider": 404, "operator": 404, "anonymous": 401}
OWN = READ | {"viewer": 403}
MANAGE = OWN | {"member": 403}
ROUTES: dict[tuple[str, str], tuple[Any, dict[str, int], int]] = {
    ("get", V1): (None, dict.fromkeys(EVERYBODY, 200) | {"anonymous": 401}, 200),
    ("post", V1): ({"name": "New"}, dict.fromkeys(EVERYBODY, 200) | {"anonymous": 401}, 201),
    ("get", HERE): (None, READ, 200),
    ("patch", HERE): ({"name": "Acme"}, MANAGE, 200),
    ("get", f"{HERE}/members"): (None, READ, 200),
    ("get", f"{HERE}/keys"): (None, OWN, 200),
    ("post", f"{HERE}/keys"): ({"name": "Script"}, OWN, 201),
    ("get", f"{HERE}/webhooks"): (None, MANAGE, 200),
    ("post", f"{HERE}/webhooks"): ({"url": "http://127.0.0.1:9/x"}, MANAGE, 201),
    ("get", f"{HERE}/deliveries"): (None, MANAGE, 200),
}


def is_problem(answer: Any, status: int, code: str = "") -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"] and body["detail"] and body["request_id"]
    if code:
        assert body["code"] == code
    return body


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_route_for_everybody(cast: Cast, route: tuple[str, str]) -> None:
    method, path = route
    body, expected, good = ROUTES[route]
    for who in EVERYBODY:
        answer = getattr(cast.api(who), method)(path, body, format="json")
        if expected[who] == 200:
            assert answer.status_code == good, (who, answer.content)
        else:
            is_problem(answer, expected[who])


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"name": 1e999}', '{"name": "\\ud800"}', "{", "\xff", '{"name": NaN}']
)
def test_a_body_that_cannot_be_used_is_refused(cast: Cast, body: str) -> None:
    answer = cast.api("owner").post(V1, body.encode("latin-1"), content_type="application/json")
    is_problem(answer, 400, "parse_error")


@pytest.mark.parametrize("scope", ["mcp", "read", "write", "admin"])
def test_a_key_does_what_its_scopes_let_through(cast: Cast, scope: str) -> None:
    api = cast.api("owner", scope)
    may = {
        "read": scope in ("read", "write", "admin"),
        "keys": scope in ("write", "admin"),
        "rename": scope == "admin",
    }
    assert api.get(HERE).status_code == (200 if may["read"] else 403)
    assert api.get(f"{HERE}/keys").status_code == (200 if may["keys"] else 403)
    assert api.patch(HERE, {"name": "Acme"}, format="json").status_code == (200 if may["rename"] else 403)


def test_a_key_knows_its_workspace_only(cast: Cast) -> None:
    api = cast.api("owner", "admin")
    assert [row["slug"] for row in api.get(V1).json()["data"]] == ["acme"]
    is_problem(api.get(f"{V1}/owner"), 404, "not_found")
    is_problem(api.post(V1, {"name": "New"}, format="json"), 403, "not_person")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer nonsense", "unknown"),
        ("Bearer cr_aaaa_" + "x" * 43, "unknown"),
        ("Basic eDp5", "not_authenticated"),
        ("Bearer", "unknown"),
    ],
)
def test_a_wrong_key_is_refused_with_a_challenge(cast: Cast, header: str, code: str) -> None:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=header)
    answer = api.get(HERE)
    is_problem(answer, 401, code)
    assert answer["WWW-Authenticate"] == 'Bearer realm="crossroads"'


def test_a_revoked_or_expired_key_is_refused_at_once(cast: Cast) -> None:
    api = cast.api("owner", "read")
    assert api.get(HERE).status_code == 200
    revoke_key(actor=cast.principal("owner"), key=ApiKey.objects.get())
    is_problem(api.get(HERE), 401, "revoked")
    ApiKey.objects.update(revoked_at=None, expires_at=now())
    is_problem(api.get(HERE), 401, "expired")


def test_a_key_of_somebody_who_left_opens_nothing(cast: Cast) -> None:
    api = cast.api("member", "read")
    Membership.objects.filter(user=cast.users["member"], workspace=cast.workspace).delete()
    is_problem(api.get(HERE), 404)


def test_using_a_key_is_remembered(cast: Cast) -> None:
    cast.api("owner", "read").get(HERE, headers={"User-Agent": "robot/1"})
    key = ApiKey.objects.get()
    assert key.last_used_at is not None
    assert key.last_used_client == "robot/1"


def test_a_browsers_writes_need_the_token(cast: Cast) -> None:
    api = APIClient(enforce_csrf_checks=True)
    api.force_login(cast.users["owner"])
    assert api.get(HERE).status_code == 200
    is_problem(api.patch(HERE, {"name": "Acme"}, format="json"), 403, "csrf")


def test_a_former_slug_still_answers(cast: Cast) -> None:
    rename_workspace(actor=cast.principal("owner"), workspace=cast.workspace, name="Acme", slug="apex")
    assert cast.api("viewer").get(HERE).json()["slug"] == "apex"


def test_a_suspended_workspace_is_closed(cast: Cast) -> None:
    Workspace.objects.filter(pk=cast.workspace.pk).update(suspended_at=now())
    is_problem(cast.api("owner").get(HERE), 403, "suspended")


def test_a_key_is_answered_with_its_secret_once(cast: Cast) -> None:
    api = cast.api("member")
    made = api.post(f"{HERE}/keys", {"name": "Script", "scopes": ["mcp", "read"]}, format="json").json()
    assert key_of_token(made["secret"]).id == made["id"]
    assert made["hint"].startswith("cr_")
    one = api.get(f"{HERE}/keys/{made['id']}").json()
    assert "secret" not in one
    assert "hash" not in one
    assert api.delete(f"{HERE}/keys/{made['id']}").status_code == 204
    assert api.get(f"{HERE}/keys/{made['id']}").json()["revoked_at"]
    is_problem(cast.api("admin").get(f"{HERE}/keys/key_none"), 404)


def test_a_member_does_not_see_keys_of_others(cast: Cast) -> None:
    cast.key("owner", "mcp")
    key = ApiKey.objects.get()
    api = cast.api("member")
    assert api.get(f"{HERE}/keys").json()["data"] == []
    is_problem(api.get(f"{HERE}/keys/{key.id}"), 404)
    is_problem(api.delete(f"{HERE}/keys/{key.id}"), 404)


def test_errors_name_their_fields(cast: Cast) -> None:
    body = is_problem(cast.api("owner").post(f"{HERE}/keys", {"scopes": ["root"]}, format="json"), 400, "invalid")
    assert {error["field"] for error in body["errors"]} == {"name", "scopes.0"}
    body = is_problem(cast.api("owner").patch(HERE, {"slug": "-"}, format="json"), 400, "invalid")
    assert [error["field"] for error in body["errors"]] == ["slug"]
    body = is_problem(cast.api("owner").patch(HERE, {"slug": "member"}, format="json"), 400, "taken")


def test_what_is_no_json_or_no_route_is_a_problem_too(cast: Cast) -> None:
    api = cast.api("owner")
    is_problem(api.post(f"{HERE}/keys", "{", content_type="application/json"), 400, "parse_error")
    is_problem(api.post(f"{HERE}/keys", "[1]", content_type="application/json"), 400, "invalid")
    is_problem(api.post(f"{HERE}/keys", "a=1", content_type="application/x-www-form-urlencoded"), 415)
    is_problem(api.put(f"{HERE}/keys", {}, format="json"), 405, "method_not_allowed")
    is_problem(api.options(f"{HERE}/keys"), 405)
    is_problem(api.get(f"{HERE}/keys", headers={"Accept": "text/csv"}), 406)
    is_problem(api.get("/api/v1/nothing"), 404, "not_found")
    is_problem(api.get("/api/"), 404)


def test_a_body_over_the_limit_is_413(cast: Cast, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    is_problem(cast.api("owner").post(f"{HERE}/keys", {"name": "x" * 200}, format="json"), 413, "too_large")


def test_lists_page_by_cursor(cast: Cast) -> None:
    for _count in range(5):
        cast.key("owner", "mcp")
    api = cast.api("owner")
    first = api.get(f"{HERE}/keys?limit=2")
    body = first.json()
    assert len(body["data"]) == 2
    assert first["Link"] == f'<http://testserver{HERE}/keys?cursor={body["next"]}&limit=2>; rel="next"'
    cast.key("owner", "mcp")  # one that arrives meanwhile shifts nothing
    seen = [row["id"] for row in body["data"]]
    while body["next"]:
        body = api.get(f"{HERE}/keys", {"limit": 2, "cursor": body["next"]}).json()
        seen += [row["id"] for row in body["data"]]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=-1", "limit=²", "cursor=x", "cursor=%00", "cursor=Mjph"]
)
def test_a_wrong_page_is_refused(cast: Cast, query: str) -> None:
    body = is_problem(cast.api("owner").get(f"{HERE}/keys?{query}"), 400, "invalid")
    assert body["errors"][0]["field"] == query.partition("=")[0]


def test_members_in_the_order_they_came(cast: Cast) -> None:
    rows = cast.api("viewer").get(f"{HERE}/members?limit=2").json()
    assert [row["role"] for row in rows["data"]] == ["owner", "admin"]
    rest = cast.api("viewer").get(f"{HERE}/members", {"cursor": rows["next"]}).json()
    assert [row["email"] for row in rest["data"]] == ["member@example.com", "viewer@example.com"]


def send(api: APIClient, key: str, body: dict[str, Any], path: str = f"{HERE}/keys") -> Any:
    return api.post(path, body, format="json", headers={"Idempotency-Key": key})


def test_the_same_write_happens_once_and_its_secret_is_told_once(cast: Cast) -> None:
    api = cast.api("owner", "write")
    first = send(api, "k1", {"name": "Script"})
    again = send(api, "k1", {"name": "Script"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert ApiKey.objects.filter(name="Script").count() == 1
    assert again.json() == {name: value for name, value in first.json().items() if name != "secret"}
    stored = IdempotentRequest.objects.get()
    assert first.json()["secret"] not in str(stored.body)


def test_the_same_key_for_another_write_is_refused(cast: Cast) -> None:
    api = cast.api("owner", "write")
    send(api, "k1", {"name": "Script"})
    is_problem(send(api, "k1", {"name": "Other"}), 422, "idempotency_reused")
    is_problem(send(api, "k1", {"name": "Script"}, f"{HERE}/webhooks"), 422, "idempotency_reused")
    assert ApiKey.objects.filter(name="Other").count() == 0


def test_somebody_elses_key_is_another_one(cast: Cast) -> None:
    send(cast.api("owner", "write"), "k1", {"name": "Script"})
    send(cast.api("admin", "write"), "k1", {"name": "Script"})
    assert ApiKey.objects.filter(name="Script").count() == 2


def test_a_write_that_still_runs_is_a_conflict(cast: Cast) -> None:
    api = cast.api("owner")
    send(api, "k1", {"name": "Script"})
    IdempotentRequest.objects.update(status=None, body=None)
    is_problem(send(api, "k1", {"name": "Script"}), 409, "idempotency_in_progress")
    IdempotentRequest.objects.update(created_at=now() - timedelta(minutes=5))
    assert send(api, "k1", {"name": "Script"}).status_code == 201


def test_a_refused_write_is_replayed_as_it_was(cast: Cast) -> None:
    api = cast.api("owner")
    first = send(api, "k1", {"name": ""})
    again = send(api, "k1", {"name": ""})
    assert is_problem(first, 400)["errors"] == is_problem(again, 400)["errors"]


def test_a_write_that_was_not_allowed_may_be_sent_again(cast: Cast) -> None:
    api = cast.api("viewer")
    is_problem(send(api, "k1", {"name": "Script"}), 403)
    member = cast.member("viewer")
    member.role = "member"
    member.save()
    assert send(api, "k1", {"name": "Script"}).status_code == 201


def test_a_write_that_broke_may_be_sent_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    api = cast.api("owner")
    api.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("accounts.api.views.create_key", None)
        answer = send(api, "k1", {"name": "Script"})
        is_problem(answer, 500, "internal")
    assert not IdempotentRequest.objects.exists()
    assert send(api, "k1", {"name": "Script"}).status_code == 201


def test_a_key_that_is_too_long_is_refused(cast: Cast) -> None:
    is_problem(send(cast.api("owner"), "k" * 256, {"name": "Script"}), 400, "idempotency_key")


def test_webhooks_over_the_api(cast: Cast) -> None:
    api = cast.api("admin", "write")
    made = api.post(f"{HERE}/webhooks", {"url": "http://127.0.0.1:9/x", "types": ["key.revoked"]}, format="json").json()
    path = f"{HERE}/webhooks/{made['id']}"
    assert made["secret"].startswith("whsec_")
    assert "secret" not in api.get(path).json()
    changed = api.patch(path, {"enabled": False}, format="json").json()
    assert (changed["enabled"], changed["types"]) == (False, ["key.revoked"])
    assert api.post(f"{path}/rotate").json()["secret"] != made["secret"]
    delivery = api.post(f"{path}/test")
    assert delivery.status_code == 202
    is_problem(api.post(f"{HERE}/deliveries/{delivery.json()['id']}/replay"), 409, "waiting")
    WebhookDelivery.objects.update(state="failed", attempts=3)
    replayed = api.post(f"{HERE}/deliveries/{delivery.json()['id']}/replay")
    assert (replayed.status_code, replayed.json()["state"]) == (202, "waiting")
    assert api.get(f"{HERE}/deliveries/{delivery.json()['id']}").json()["payload"]["type"] == "webhook.test"
    assert api.delete(path).status_code == 204
    assert not WebhookEndpoint.objects.exists()
    is_problem(api.get(path), 404)
    is_problem(api.get(f"{HERE}/deliveries/whd_none"), 404)


def test_a_webhook_never_leads_inside(cast: Cast) -> None:
    body = is_problem(
        cast.api("admin").post(f"{HERE}/webhooks", {"url": "http://169.254.169.254/latest"}, format="json"), 400
    )
    assert body["errors"][0]["field"] == "url"


@pytest.mark.parametrize("path", [HERE, f"{HERE}/keys", f"{HERE}/members", f"{HERE}/webhooks", f"{HERE}/deliveries"])
def test_an_answer_is_a_few_queries(cast: Cast, path: str, django_assert_max_num_queries: Any) -> None:
    for _count in range(4):
        cast.key("owner", "mcp")
    api = cast.api("owner", "admin")
    api.get(path)
    with django_assert_max_num_queries(5):
        assert api.get(path).status_code == 200


def test_the_description_is_openapi_3_1_and_names_every_route(cast: Cast) -> None:
    answer = cast.api("anonymous").get("/api/schema/")
    schema = answer.json()
    assert schema["openapi"] == "3.1.0"
    assert {f"{V1}/{{workspace}}/keys", f"{V1}/{{slug}}", V1} <= set(schema["paths"])
    create = schema["paths"][f"{V1}/{{workspace}}/keys"]["post"]
    assert {"201", "400", "401", "403", "404", "409", "413", "415", "422"} <= set(create["responses"])
    assert "Idempotency-Key" in {parameter["name"] for parameter in create["parameters"]}
    assert schema["components"]["schemas"]["Problem"]


def test_a_method_that_is_not_there_claims_no_key(cast: Cast) -> None:
    api = cast.api("owner")
    is_problem(api.put(f"{HERE}/keys", {}, format="json", headers={"Idempotency-Key": "k1"}), 405)
    assert send(api, "k1", {"name": "Script"}).status_code == 201
