"""`manage.py reindex` indexes what changed; `--all` looks at every listing, `--anew` takes every text apart again."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.models import SearchDocument
from marketplace.services.search_index import index_pending, reindex_all


class Command(BaseCommand):
    help = "Bring the search index of the marketplace up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="look at every listing, not only at those that changed")
        parser.add_argument("--anew", action="store_true", help="index unchanged texts again, too (with --all)")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        if options["all"] or options["anew"]:
            reindex_all(everything=options["anew"])
        else:
            index_pending()
        documents = SearchDocument.objects.count()
        self.stdout.write(f"{documents} listings can be found; took {time.monotonic() - began:.1f} s")
