"""`manage.py rotate_data_keys [--workspace SLUG]`: new data keys, and every stored secret sealed anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Workspace
from accounts.services import bump_workspace
from core.secrets import rotate_data_keys


class Command(BaseCommand):
    help = "Gives workspaces a new data key and seals their secrets anew, one workspace in a transaction."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", default="", help="slug; without it all of them")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Workspace.objects.order_by("id")
        if options["workspace"]:
            rows = rows.filter(slug=options["workspace"])
            if not rows.exists():
                raise CommandError(f"There is no workspace {options['workspace']}.")
        for workspace in rows.iterator():
            count = rotate_data_keys(
                workspace_id=workspace.id, changed=lambda workspace_id: bump_workspace(workspace_id=workspace_id)
            )
            self.stdout.write(f"{workspace.slug} {count}")
