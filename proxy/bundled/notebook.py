"""Notes as tools, as resources with a template, and as completions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from mcp import types
from msgspec import Meta

from proxy.bundled.notes import MAX_TEXT, Note, NoteProblem, Notes
from proxy.bundled.toolbox import Gives, Takes, Toolbox, ToolProblem

SCHEME = "note://"
TEMPLATE = types.ResourceTemplate(
    uri_template=SCHEME + "{id}",
    name="note",
    title="Note",
    description="A note of this workspace, by its id",
    mime_type="text/markdown",
)
PAGE = 100

Changed = Callable[[str, bool], Awaitable[None]]
"""Told of a changed note's URI, and whether the list of notes changed too."""

NoteId = Annotated[
    str, Meta(description="The note's id, as add_note, list_notes and search_notes give it", max_length=40)
]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Body = Annotated[str, Meta(description="Markdown", max_length=MAX_TEXT)]
Tags = Annotated[list[Annotated[str, Meta(max_length=50)]], Meta(max_length=20)]


def uri_of(note: Note) -> str:
    return SCHEME + note.id


def resource_of(note: Note) -> types.Resource:
    return types.Resource(
        uri=uri_of(note),
        name=note.id,
        title=note.title,
        description=", ".join(note.tags) or None,
        mime_type="text/markdown",
        size=len(note.text.encode()),
        annotations=types.Annotations(last_modified=note.updated),
    )


class Described(Gives):
    """A note without its text."""

    id: str
    title: str
    tags: list[str]
    created: str
    updated: str
    version: Annotated[int, Meta(description="Grows with each edit")]
    characters: int


def described(note: Note) -> Described:
    return Described(
        id=note.id, title=note.title, tags=note.tags, created=note.created, updated=note.updated,
        version=note.version, characters=len(note.text),
    )  # fmt: skip


class Saved(Gives):
    note: Described

    def more_content(self) -> list[types.ContentBlock]:
        uri = SCHEME + self.note.id
        return [
            types.ResourceLink(
                type="resource_link", uri=uri, name=self.note.id, title=self.note.title, mime_type="text/markdown"
            )
        ]


class AddNote(Takes):
    title: Title
    text: Body
    tags: Tags = []


class ListNotes(Takes):
    tag: Annotated[str, Meta(description="Only notes with this tag", max_length=50)] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    offset: Annotated[int, Meta(ge=0)] = 0


class NoteList(Gives):
    total: int
    notes: list[Described]


class SearchNotes(Takes):
    query: Annotated[
        str, Meta(description="Words that all must occur in title, tags or text", min_length=1, max_length=200)
    ]
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class Hit(Gives):
    note: Described
    excerpt: str


class Hits(Gives):
    total: int
    hits: list[Hit]


class ReadNote(Takes):
    id: NoteId


class WholeNote(Gives):
    note: Described
    text: str


class EditNote(Takes):
    id: NoteId
    title: Title | None = None
    text: Annotated[Body | None, Meta(description="The new text, in place of the old one")] = None
    append: Annotated[str, Meta(description="Added at the end, as it is", max_length=MAX_TEXT)] = ""
    tags: Tags | None = None
    version: Annotated[int, Meta(ge=0, description="Edit only if the note is still at this version; 0 in any case")] = 0


class DeleteNote(Takes):
    id: NoteId


def notebook(folder: Path, changed: Changed) -> tuple[Toolbox, Notes]:
    """The tools that keep notes in `folder`."""
    toolbox, notes = Toolbox(), Notes(folder)

    @toolbox.tool("Add a note", writes=True, idempotent=False)
    async def add_note(asked: AddNote) -> Saved:
        """Keep a note in this workspace. Everyone who uses this server can find it again."""
        note = _or_problem(lambda: notes.add(asked.title, asked.text, asked.tags))
        await changed(uri_of(note), True)
        return Saved(note=described(note))

    @toolbox.tool("List notes")
    def list_notes(asked: ListNotes) -> NoteList:
        """The notes of this workspace, the last changed first, without their text."""
        found = [note for note in notes.all() if not asked.tag or asked.tag.casefold() in note.tags]
        page = found[asked.offset : asked.offset + asked.limit]
        return NoteList(total=len(found), notes=[described(note) for note in page])

    @toolbox.tool("Search notes")
    def search_notes(asked: SearchNotes) -> Hits:
        """Find notes by words in their title, tags or text, the best match first."""
        found = notes.search(asked.query)
        hits = [Hit(note=described(note), excerpt=excerpt) for note, _, excerpt in found[: asked.limit]]
        return Hits(total=len(found), hits=hits)

    @toolbox.tool("Read a note")
    def read_note(asked: ReadNote) -> WholeNote:
        """One note with its whole text."""
        note = _or_problem(lambda: notes.get(asked.id))
        return WholeNote(note=described(note), text=note.text)

    @toolbox.tool("Edit a note", writes=True, destroys=True, idempotent=False)
    async def edit_note(asked: EditNote) -> Saved:
        """Change the title, text or tags of a note, or add to its end. What is not given stays as it is."""
        note = _or_problem(
            lambda: notes.edit(
                asked.id, title=asked.title, text=asked.text, append=asked.append, tags=asked.tags,
                version=asked.version,
            )
        )  # fmt: skip
        await changed(uri_of(note), asked.title is not None)
        return Saved(note=described(note))

    @toolbox.tool("Delete a note", writes=True, destroys=True, idempotent=False)
    async def delete_note(asked: DeleteNote) -> Described:
        """Delete a note for good. Gives back what it was called."""
        note = _or_problem(lambda: notes.delete(asked.id))
        await changed(uri_of(note), True)
        return described(note)

    return toolbox, notes


def _or_problem(work: Callable[[], Note]) -> Note:
    try:
        return work()
    except NoteProblem as problem:
        raise ToolProblem(str(problem)) from None
