"""What the hubs were not told at once they are told by a job that was stored with the change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistants.services.assistant_versions import keep_and_deploy
from assistants.tasks import PUSH
from core.clock import now
from core.jobs import run_job
from core.models import Job
from proxy.models import Feature, Server
from tests.assistants.studio import make
from tests.cast import Cast, cast

__all__ = ["cast"]
pytestmark = pytest.mark.django_db


def test_a_push_that_did_not_come_through_is_made_again(cast: Cast) -> None:
    """Nothing that waits for a commit happens in this test: as if the process had ended between the two."""
    assistant = make(cast, instructions="Help.")
    keep_and_deploy(actor=cast.principal("admin"), assistant=assistant)
    assert not Server.objects.filter(transport="internal").exists()
    job = Job.objects.get(task=PUSH, subject=cast.workspace.id)
    assert job.due_at > now(), "it is for what fails at first"
    for _twice in range(2):
        Job.objects.filter(pk=job.pk).update(state="waiting", due_at=now() - timedelta(seconds=1), leased_until=None)
        assert run_job(job.id) == "done"
        assert Feature.objects.filter(server__transport="internal", kind="tool").count() == 1
