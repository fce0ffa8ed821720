"""`manage.py setup_link`: the one-time link with which the first operator is made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import make_setup_link
from core.errors import ServiceProblem


class Command(BaseCommand):
    help = "Prints a fresh one-time set-up link while there is no operator; an older link ends."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(make_setup_link())
        except ServiceProblem as problem:
            self.stderr.write(str(problem))
