"""What is left of a message once its other pieces are taken, without the words that only say what to do."""

from __future__ import annotations

from assistants.gateways.languages import CHINESE
from assistants.gateways.pieces import FILLERS, LEAD, MARKS, TAILS, TOLD, WORD, stem


class Leftover:
    """`known`: what the tool says of itself. A message that only says the same tells no text to work on."""

    def __init__(self, known: str) -> None:
        self._known = FILLERS | {stem(word) for word in WORD.findall(known.lower())}

    def of(self, rest: str) -> str:
        found = TOLD.match(rest)
        return found[2].strip() if found else self._without_the_asking(rest)

    def _without_the_asking(self, rest: str) -> str:
        words = LEAD.sub("", rest, count=1).split()
        while words and self._only_asks(words[0]):
            words.pop(0)
        while words and words[-1].lower().strip(MARKS) in TAILS:
            words.pop()
        left = " ".join(words).strip(MARKS)
        # A language without blanks cannot be told apart like that: its tools get quoted texts, or what follows a colon.
        return "" if CHINESE.search(left) and len(left) > 6 else left

    def _only_asks(self, word: str) -> bool:
        bare = word.lower().strip(MARKS)
        return not bare or bare in self._known or stem(bare) in self._known
