"""What services and selectors of the marketplace answer instead of doing their work."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ServiceProblem


class TravelProblem(ServiceProblem):
    """Something cannot be told to others. `sentences` names each with what to do about it."""

    code = "cannot_travel"
    status = 400

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences), errors={"package": list(sentences)})
        self.sentences = tuple(sentences)
