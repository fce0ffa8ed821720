"""`manage.py furnish_demo`: assistants for the demo workspace, installed once and then really used."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.errors import ServiceProblem
from marketplace.services.demo import furnish_demo


class Command(BaseCommand):
    help = "Installs a few assistants into the demo workspace, once, and has a worker talk with them."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for install in furnish_demo():
                self.stdout.write(f"{install.listing.name} is installed in the demo")
        except ServiceProblem as problem:
            self.stderr.write(str(problem))
