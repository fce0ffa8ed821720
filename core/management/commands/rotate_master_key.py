"""`manage.py rotate_master_key`: wrap every data key with the first master key of MASTER_KEY."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.crypto import new_master_key
from core.secrets import rotate_master_key


class Command(BaseCommand):
    help = (
        "Wraps all data keys with the first key of MASTER_KEY. To rotate: make a key with --new, put it before the "
        "old one (MASTER_KEY=new,old), restart, run this. The last key stays: the hashes of API keys are bound to it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new", action="store_true", help="only print a fresh master key")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new"]:
            self.stdout.write(new_master_key())
            return
        self.stdout.write(str(rotate_master_key()))
