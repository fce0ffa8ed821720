"""What happens here that apps above want to know. Sent inside the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

run_finished = Signal()
"""`run`: assistants.models.Run that ended in whatever way, once for each run."""

assistant_deleted = Signal()
"""`assistant_id`, `workspace_id`, `install` (text, may be empty)."""
