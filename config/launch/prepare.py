"""What has to happen between the stores and the processes: migrate, make the embedding model, collect static files,
list what is built in, seed the demo.

One process does all of it, since loading Django takes longer than most of the steps. What the seed says, and
the set-up link, go to standard output, all the rest to standard error.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from config.launch.statics import is_current, mark_current, sources_digest


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=1, stdout=sys.stderr)
    from core.embedding import ensure_model

    ensure_model()
    collected = Path(settings.STATIC_ROOT)
    digest = sources_digest()
    if not is_current(collected, digest):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0, stdout=sys.stderr)
        mark_current(collected, digest)
    call_command("sync_catalogue", stdout=sys.stderr)
    if settings.DEMO:
        call_command("seed_demo", stdout=sys.stdout)
        call_command("furnish_demo", stdout=sys.stderr)
    link = io.StringIO()
    call_command("setup_link", stdout=link, stderr=io.StringIO())  # silent once there is an operator
    if link.getvalue():
        print(f"Nobody operates this site yet. Open this link once to become its operator:\n  {link.getvalue()}")


if __name__ == "__main__":
    main()
