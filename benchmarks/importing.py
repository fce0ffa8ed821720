"""How long the real catalogues take to come in, and that a second time makes no duplicate. One JSON object a line.

    python -m benchmarks.importing [FILE...]        by default the files of ../shared/data

A pair of stores of its own is started and removed; the search index is built by jobs, which do not run here.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = ("assistants.jsonl", "servers.jsonl", "servers_with_tools.jsonl")
ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


def main(names: list[str] | None = None) -> int:
    files = [Path(name) for name in names or ()] or [SHARED / name for name in FILES]
    missing = [str(path) for path in files if not path.exists()]
    if missing:
        print(f"not there: {', '.join(missing)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="cr-bench-") as folder:
        guard = subprocess.Popen(
            [sys.executable, "-m", "config.launch.dev_stores", f"{folder}/stores", "--guard"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert guard.stdin and guard.stdout
        try:
            os.environ.update(re.findall(r"(\w+)='([^']*)'", guard.stdout.readline()))
            _prepare(Path(folder))
            print(json.dumps(measure(files)), flush=True)
        finally:
            guard.stdin.close()
            guard.wait(30)
    return 0


def _prepare(folder: Path) -> None:
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(folder / "data"),
            "PUBLIC_URL": "http://localhost:8000",
            **{name: secrets.token_urlsafe(32) for name in ("SECRET_KEY", "MASTER_KEY", "OWNER_TOKEN")},
        }
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


def measure(files: list[Path]) -> dict[str, object]:
    """Import all files twice into the database of the settings. Figures of seconds, entries and duplicates."""
    from core.permissions import SYSTEM
    from marketplace.models import Listing
    from marketplace.services.imports import import_file

    def whole() -> tuple[float, int, int]:
        began = time.monotonic()
        reports = [import_file(actor=SYSTEM, path=path).report for path in files]
        return time.monotonic() - began, sum(r.read for r in reports), sum(r.refused.count for r in reports)

    before = Listing.objects.count()
    first, read, refused = whole()
    listed = Listing.objects.count()
    again, _read, _refused = whole()
    return {
        "import.seconds": round(first, 2),
        "import.again_seconds": round(again, 2),
        "import.read": read,
        "import.listed": listed - before,
        "import.refused": refused,
        "import.duplicates": Listing.objects.count() - listed,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
