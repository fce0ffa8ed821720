"""`manage.py create_key --workspace SLUG [--hub SLUG]`: print a new key, alone on its line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Membership, User, Workspace
from accounts.services import create_key
from core.clock import now
from core.errors import ServiceProblem
from core.permissions import SYSTEM
from proxy.models import Hub


class Command(BaseCommand):
    help = "Makes an API key and prints it. Nothing else is written to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug")
        parser.add_argument("--hub", default="", help="slug of the one hub it opens; without it all of the workspace")
        parser.add_argument("--name", default="Command line")
        parser.add_argument("--scopes", default="mcp", help="mcp, read, write, admin; with commas")
        parser.add_argument("--email", default="", help="whom it acts for; without it the workspace's first owner")
        parser.add_argument("--days", type=int, default=0, help="until it expires; 0 for never")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        try:
            _key, secret = create_key(
                actor=SYSTEM,
                workspace=workspace,
                user=_person(workspace, options["email"]),
                name=options["name"],
                scopes=[scope.strip() for scope in options["scopes"].split(",") if scope.strip()],
                hub=_hub_id(workspace, options["hub"]),
                expires_at=now() + timedelta(days=options["days"]) if options["days"] else None,
            )
        except ServiceProblem as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(secret)


def _person(workspace: Workspace, email: str) -> User:
    rows = Membership.objects.filter(workspace=workspace).select_related("user").order_by("created_at", "id")
    rows = rows.filter(user__email__iexact=email) if email else rows.filter(role=Membership.Role.OWNER)
    member = rows.first()
    if member is None:
        raise CommandError(f"{email or 'Nobody'} is not a member of {workspace.slug}.")
    return member.user


def _hub_id(workspace: Workspace, slug: str) -> str:
    if not slug:
        return ""
    hub = Hub.objects.filter(workspace=workspace, slug=slug).first()
    if hub is None:
        raise CommandError(f"There is no hub {slug} in {workspace.slug}.")
    return hub.id
