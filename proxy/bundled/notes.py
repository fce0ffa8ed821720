"""Notes in a folder: one file each, written whole or not at all, safe against others who write at the same time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

MAX_TEXT = 200_000
MAX_NOTES = 10_000
_ID = re.compile(r"[a-z0-9]{10}")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class NoteProblem(Exception):
    """Why a note cannot be read or written."""


class Note(msgspec.Struct, kw_only=True):
    """One note. Times are ISO 8601 in UTC; `version` grows by one with each edit."""

    id: str
    title: str
    text: str
    tags: list[str] = []
    created: str
    updated: str
    version: int = 1


class Notes:
    """The notes of one folder. Every method reads from disk: other processes may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Note]:
        """The last changed first. Files that are no notes are passed over."""
        found = [note for path in self._folder.glob("*.json") if (note := _read(path)) is not None]
        return sorted(found, key=lambda note: (note.updated, note.id), reverse=True)

    def get(self, note_id: str) -> Note:
        """Raises NoteProblem for one that does not exist."""
        note = _read(self._path(note_id))
        if note is None:
            raise NoteProblem(f"There is no note {note_id!r}.")
        return note

    def add(self, title: str, text: str, tags: list[str]) -> Note:
        with self._locked():
            if sum(1 for _ in self._folder.glob("*.json")) >= MAX_NOTES:
                raise NoteProblem(f"There are {MAX_NOTES} notes already, which is as many as are kept.")
            now = _now()
            note = Note(id=_new_id(), title=title, text=text, tags=_cleaned(tags), created=now, updated=now)
            self._write(note)
            return note

    def edit(
        self,
        note_id: str,
        *,
        title: str | None = None,
        text: str | None = None,
        append: str = "",
        tags: list[str] | None = None,
        version: int = 0,
    ) -> Note:
        """Change what is given. With `version`, only if nobody else changed the note since. Raises NoteProblem."""
        with self._locked():
            note = self.get(note_id)
            if version and version != note.version:
                raise NoteProblem(f"The note was changed meanwhile: it is at version {note.version}. Read it again.")
            note.title = note.title if title is None else title
            note.text = (note.text if text is None else text) + append
            note.tags = note.tags if tags is None else _cleaned(tags)
            if len(note.text) > MAX_TEXT:
                raise NoteProblem(f"A note may have up to {MAX_TEXT} characters.")
            note.updated, note.version = _now(), note.version + 1
            self._write(note)
            return note

    def delete(self, note_id: str) -> Note:
        """Raises NoteProblem for one that does not exist."""
        with self._locked():
            note = self.get(note_id)
            self._path(note_id).unlink()
            return note

    def search(self, query: str) -> list[tuple[Note, int, str]]:
        """Notes that hold every word, the best first: (note, score, an excerpt around the first word)."""
        words = [word for word in re.findall(r"\w+", query.casefold()) if word]
        found = []
        for note in self.all():
            title, tags, text = note.title.casefold(), " ".join(note.tags).casefold(), note.text.casefold()
            if words and all(word in title or word in tags or word in text for word in words):
                score = sum(10 * (word in title) + 5 * (word in tags) + min(text.count(word), 5) for word in words)
                found.append((note, score, _excerpt(note.text, words)))
        return sorted(found, key=lambda hit: hit[1], reverse=True)

    def _path(self, note_id: str) -> Path:
        # Ids become file names, so nothing but an id may pass.
        if not _ID.fullmatch(note_id):
            raise NoteProblem(f"There is no note {note_id!r}.")
        return self._folder / f"{note_id}.json"

    def _write(self, note: Note) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(note), indent=2))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path(note.id))
        except OSError as problem:
            Path(temporary).unlink(missing_ok=True)
            raise NoteProblem(f"The note could not be written: {problem.strerror}.") from problem

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, across processes; the lock goes with whoever holds it."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self._folder / ".lock").open("w")
        except OSError as problem:
            raise NoteProblem(f"The folder of the notes cannot be used: {problem.strerror}.") from problem
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _read(path: Path) -> Note | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except (OSError, msgspec.MsgspecError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _new_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def _cleaned(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tag.strip().casefold() for tag in tags if tag.strip()))


def _excerpt(text: str, words: list[str], around: int = 80) -> str:
    folded = text.casefold()
    at = min((folded.find(word) for word in words if word in folded), default=0)
    start, end = max(0, at - around), at + around
    piece = " ".join(text[start:end].split())
    return ("… " if start else "") + piece + (" …" if end < len(text) else "")
