"""`manage.py create_operator --email mara@example.com`: make the operator from the terminal."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import create_person
from core.errors import ServiceProblem
from core.permissions import SYSTEM


class Command(BaseCommand):
    help = "Makes an operator of this installation and prints a password to change after signing in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        password = secrets.token_urlsafe(12)
        try:
            user = create_person(
                actor=SYSTEM, email=options["email"], password=password, name=options["name"], is_operator=True
            )
        except ServiceProblem as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"{user.email} {password}")
