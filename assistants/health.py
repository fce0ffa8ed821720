"""What the operator's health page says of assistants."""

from __future__ import annotations

from datetime import timedelta

import redis
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants.models import Run
from core.clock import now
from core.health import Finding, register_check
from core.redis import connection, key

LATE = timedelta(minutes=1)


def register_checks() -> None:
    """Called once, in AppConfig.ready."""
    register_check("runs", gettext_lazy("Answers of assistants"), check_runs, order=38)


def check_runs() -> Finding:
    """Runs of this moment, and whether anybody is there to answer them."""
    counts = dict(Run.objects.filter(state__in=Run.LIVE).order_by("state").values_list("state").annotate(Count("pk")))
    rows = [(_("waiting"), counts.get("queued", 0)), (_("being answered"), counts.get("running", 0))]
    try:
        answered = any(True for _name in connection().scan_iter(match=key("alive:worker:runs@*"), count=1000))
    except redis.RedisError:
        return Finding("warn", _("cannot be told without Redis"), rows)
    if Run.objects.filter(state=Run.State.QUEUED, created_at__lt=now() - LATE).exists():
        return Finding("bad", _("messages have been waiting for more than a minute"), rows)
    if not answered:
        return Finding("bad", _("no worker of the queue runs was heard of: assistants do not answer"), rows)
    return Finding("ok", _("assistants answer"), rows)
