"""`manage.py import_registry URL|FILE`: servers of any registry that speaks the API of MCP."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from core.errors import ServiceProblem
from core.permissions import SYSTEM
from marketplace.importers.reports import report_json, report_text
from marketplace.services.imports import import_registry, import_registry_file


class Command(BaseCommand):
    help = "Imports servers of a registry: what changed since the last time, going on where that was cut short."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="URL|FILE")
        parser.add_argument("--whole", action="store_true", help="everything, not only what changed")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        source: str = options["source"]
        try:
            if source.startswith(("http://", "https://")):
                report = import_registry(actor=SYSTEM, address=source, whole=options["whole"]).report
            else:
                report = import_registry_file(actor=SYSTEM, path=Path(source)).report
        except (OSError, ServiceProblem) as problem:
            raise CommandError(f"{source}: {problem}") from problem
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report_json(report)).decode())
        else:
            self.stdout.write(report_text(report))
