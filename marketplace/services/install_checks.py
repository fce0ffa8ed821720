"""Whether what is installed has all it needs: asked again whenever something of the workspace changes."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from core.permissions import SYSTEM
from marketplace.models import Install
from marketplace.packages import AssistantPackage, read_package
from marketplace.services.install_assistants import Step, find_tools, place_tools, put_steps, steps_of
from marketplace.services.uninstalling import locked_install, mark_removed
from marketplace.signals import install_changed
from proxy.models import Server

CHECK = "marketplace.check_installs"


def check_workspace(*, workspace_id: str) -> int:
    """Look at every install of a workspace again. Returns how many changed. Running it twice changes nothing."""
    ids = Install.objects.filter(workspace=workspace_id, removed_at=None).order_by("id").values_list("id", flat=True)
    return sum(_check_one(id) for id in ids)


def check_install(*, install: Install, told: bool = True) -> bool:
    """Write down anew what is unmet and what state follows; tools that came are placed. Says whether that changed.

    The caller holds the row. `told`: others hear of it by `install_changed`.
    """
    before = (install.state, install.steps, install.mapping.get("tools"))
    package = read_package(install.version.package)
    if isinstance(package, AssistantPackage):
        install.steps = _assistant_steps(install, package)
    else:
        install.steps = _server_steps(install)
    install.state = Install.State.NEEDS_SETUP if install.steps else Install.State.READY
    if (install.state, install.steps, install.mapping.get("tools")) == before:
        return False
    install.save()
    if told:
        install_changed.send(Install, install=install)
    return True


def _check_one(id: str) -> bool:
    with transaction.atomic():
        install = locked_install(Install(pk=id))
        if install.removed_at is not None:
            return False
        if install.server is None and install.assistant is None:
            mark_removed(actor=SYSTEM, install=install)
            return True
        return check_install(install=install)


def _assistant_steps(install: Install, package: AssistantPackage) -> list[Step]:
    found = find_tools(install, package)
    place_tools(actor=SYSTEM, install=install, found=found)
    install.mapping = install.mapping | {
        "tools": {key: {"hub": one.hub, "name": one.name} for key, one in found.tools.items()}
    }
    if install.assistant is not None:
        install.assistant.refresh_from_db()
    steps = steps_of(install, package, found)
    if install.assistant is not None:
        install.assistant = put_steps(install.assistant, steps)
    return steps


def _server_steps(install: Install) -> list[Step]:
    server = install.server
    if server is None:
        return []
    url = reverse("proxy:server", args=[install.workspace.slug, server.slug])
    if server.state == Server.State.BROKEN:
        said = _("%(name)s does not answer: %(problem)s") % {"name": server.title, "problem": server.problem}
        return [{"code": "broken", "sentence": said, "url": url}]
    if server.discovered_at is None and server.paused_at is None:
        said = _("%(name)s is being asked for its tools. This takes a moment.") % {"name": server.title}
        return [{"code": "asking", "sentence": said, "url": url}]
    return []
