"""What a service may answer instead of doing its work. Pages show the sentence, the API turns it into a problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise

Text = str | Promise


class ServiceProblem(Exception):
    """Something that the caller can understand and mend.

    `code` is stable for programs, `sentence` is for people (already translated or lazy), `status` the HTTP status,
    `errors` maps a field's name to its sentences.
    """

    code = "conflict"
    status = 409

    def __init__(self, sentence: Text, *, code: str = "", errors: Mapping[str, Sequence[Text]] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.code
        self.errors = {field: list(sentences) for field, sentences in (errors or {}).items()}

    def __str__(self) -> str:
        return str(self.sentence)


class InvalidProblem(ServiceProblem):
    """A value that cannot be used. `field` names it, so that a form shows the sentence beside it."""

    code = "invalid"
    status = 400

    def __init__(self, sentence: Text, *, field: str = "", code: str = "") -> None:
        super().__init__(sentence, code=code, errors={field: [sentence]} if field else None)
        self.field = field


class NotFoundProblem(ServiceProblem):
    """There is no such thing, or none that the caller may know of."""

    code = "not_found"
    status = 404


class PermissionProblem(ServiceProblem):
    """The permission function said no; `code` is the reason it gave."""

    code = "forbidden"
    status = 403
