"""The API against its own description: schemathesis sends what the schema allows, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from accounts.services import create_key
from core.permissions import SYSTEM
from tests.site.conftest import Things

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
MOST_LIKELY = 40
EXAMPLES = 10
"""Of each kind, for each operation: what runs in seconds. The search is deterministic."""


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests leave the test's connection open, as those of Django's own client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_every_operation_answers_as_described(things: Things) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", WSGIHandler())
    headers = {"Authorization": f"Bearer {_secret(things)}", "Accept-Encoding": "identity"}
    wrong: dict[str, str] = {}
    tried = 0
    # What asks servers out in the world is left out: its own tests do so with peers.
    for found in schema.exclude(path_regex="/test$").get_all_operations():
        operation = found.ok()
        tried += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                _try(operation, mode, headers, things)
            except Unsatisfiable as failure:
                if mode is GenerationMode.POSITIVE:  # a path that is open to everybody has nothing to be wrong
                    wrong[f"{operation.label} {mode.name}"] = str(failure)
            except Exception as failure:  # every operation is tried; all of them are told
                wrong[f"{operation.label} {mode.name}"] = str(failure)[:1500]
    assert tried > MOST_LIKELY, "the description has lost most of its operations"
    assert not wrong, "\n\n".join(f"{label}\n{text}" for label, text in wrong.items())


def _try(operation: schemathesis.APIOperation, mode: GenerationMode, headers: dict[str, str], things: Things) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: schemathesis.Case) -> None:
        for name, value in (("workspace", things.cast.workspace.slug), ("slug", things.cast.workspace.slug)):
            if name in case.path_parameters:
                case.path_parameters[name] = value
        with transaction.atomic():
            case.call_and_validate(checks=CHECKS, headers=headers)
            transaction.set_rollback(True)

    run()


def _secret(things: Things) -> str:
    _key, secret = create_key(
        actor=SYSTEM,
        workspace=things.cast.workspace,
        user=things.cast.users["owner"],
        name="schema",
        scopes=["admin", "mcp", "read", "write"],
    )
    return secret
