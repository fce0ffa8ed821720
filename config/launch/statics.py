"""Are the collected static files still those of the sources? A digest of names, sizes and times tells. No Django."""

from __future__ import annotations

import hashlib
from importlib.metadata import distributions
from pathlib import Path

from config.launch.environment import BASE_DIR

STAMP = ".sources"


def sources_digest(base: Path = BASE_DIR) -> str:
    """Changes when a file below a `static` folder of ours does, or any installed package."""
    digest = hashlib.sha256()
    folders = [base / "static", *base.glob("*/static")]
    for file in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        facts = file.stat()
        digest.update(f"{file.relative_to(base)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    for package in sorted(f"{found.name} {found.version}\n" for found in distributions()):
        digest.update(package.encode())
    # How they are collected is part of what comes out.
    for code in ("core/static.py", "config/settings.py"):
        if (base / code).is_file():
            digest.update((base / code).read_bytes())
    return digest.hexdigest()


def is_current(collected: Path, digest: str) -> bool:
    """Were the files in this folder collected from sources with this digest?"""
    try:
        return (collected / STAMP).read_text(encoding="ascii") == digest
    except OSError:
        return False


def mark_current(collected: Path, digest: str) -> None:
    (collected / STAMP).write_text(digest, encoding="ascii")
