"""The models and their migrations say the same."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_model_has_drifted_from_its_migrations() -> None:
    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said)
    except SystemExit:
        pytest.fail(f"`manage.py makemigrations` would write:\n{said.getvalue()}")
