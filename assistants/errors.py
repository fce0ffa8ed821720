"""What services of assistants answer instead of doing their work. Fields that cannot be used are proxy.DraftProblem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import ServiceProblem


class StaleDraft(ServiceProblem):
    """Somebody saved the draft meanwhile. Nothing is lost: the caller still has its own, and theirs is here."""

    code = "draft_changed"

    def __init__(self, *, revision: int, configuration: Mapping[str, Any], saved_by: str) -> None:
        super().__init__(
            _("Somebody else saved this draft meanwhile. Compare the two, then save yours again or take theirs."),
            errors={"revision": [_("The draft is at revision %d now.") % revision]},
        )
        self.revision = revision
        self.configuration = configuration
        self.saved_by = saved_by
        """`usr_…` of whoever saved last; may be empty."""


class NothingNew(ServiceProblem):
    """The draft is the same as the version that was kept last."""

    code = "nothing_new"


class ImportProblem(ServiceProblem):
    """A file that no assistant can be made from; the sentence says why."""

    code = "unreadable"
    status = 400


class RunProblem(Exception):
    """Why a run could not be answered: `kind` is one of Run.error_kind, `sentence` says it in plain words."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
