"""Static files under names that carry their hash, compressed beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

SOURCES = "src/"
"""What the style sheet is built from. Its imports name npm packages, so they cannot be followed, and nobody asks."""


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Hashed names after `collectstatic`; plain ones where it never ran, as in a checkout under test.

    With a manifest, a file that it does not name is an error, as it should be.
    """

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        built = {name: path for name, path in paths.items() if not name.startswith(SOURCES)}
        yield from super().post_process(built, dry_run=dry_run, **options)
