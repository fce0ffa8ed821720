"""`manage.py sync_catalogue`: the built-in servers and assistants as listings, and the place where they are tried."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.permissions import SYSTEM
from marketplace.importers.reports import report_text
from marketplace.services.opening import open_marketplace
from marketplace.services.search_index import index_pending
from marketplace.services.showroom import showroom
from marketplace.services.stock import sync_catalogue

INDEX_S = 3.0
"""The first page shows what is listed. What takes longer, a worker indexes after the start."""


class Command(BaseCommand):
    help = "Makes a listing of each built-in server and assistant, and a new version of each that changed."

    def handle(self, *args: Any, **options: Any) -> None:
        report = sync_catalogue(actor=SYSTEM)
        if report.new or report.changed or report.refused.count or report.quarantined.count:
            self.stdout.write(report_text(report))
        showroom()
        open_marketplace(actor=SYSTEM)
        if report.new:
            index_pending(seconds=INDEX_S)
