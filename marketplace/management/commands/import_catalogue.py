"""`manage.py import_catalogue FILE...`: listings of files with one JSON object a line."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from core.errors import ServiceProblem
from core.permissions import SYSTEM
from marketplace.importers.files import FORMATS
from marketplace.importers.reports import report_json, report_text
from marketplace.services.imports import import_file


class Command(BaseCommand):
    help = "Imports listings from JSON Lines files. Repeating it changes nothing; entries that are gone stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=["auto", *FORMATS], default="auto")
        parser.add_argument("--json", action="store_true", help="the reports as JSON, one a line")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["files"]:
            try:
                report = import_file(actor=SYSTEM, path=path, format=options["format"]).report
            except (OSError, ServiceProblem) as problem:
                raise CommandError(f"{path}: {problem}") from problem
            if options["json"]:
                self.stdout.write(msgspec.json.encode(report_json(report)).decode())
            else:
                self.stdout.write(f"{path.name}\n{report_text(report)}")
