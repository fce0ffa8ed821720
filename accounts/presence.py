"""Which browser this is: its note stands in its own session, so that most requests ask the database nothing more."""

from __future__ import annotations

import re
import time

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import note_session

MARK = "browser"
AGAIN_S = 600
"""How old the note of when a browser was last seen may be."""
_BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"), ("Opera", r"OPR/"), ("Firefox", r"(Firefox|FxiOS)/"), ("Chrome", r"(Chrome|CriOS)/"),
    ("Safari", r"Safari/"), ("curl", r"^curl/"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", r"Android"), ("iOS", r"iPhone|iPad"), ("Windows", r"Windows"), ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"), ("Linux", r"Linux|X11"),
)  # fmt: skip


def note(request: HttpRequest, user: User) -> None:
    """Note this browser when it is new, was given another session key, or was last noted a while ago."""
    key = request.session.session_key
    if key is None:
        return
    mark = request.session.get(MARK) or {}
    if mark.get("key") == key and time.time() - mark.get("seen", 0) < AGAIN_S:
        return
    row = note_session(user=user, session_key=key, id=mark.get("id", ""))
    request.session[MARK] = {"id": row.id, "key": key, "seen": int(time.time())}


def noted_as(request: HttpRequest) -> str:
    """The id under which this browser is noted, or ""."""
    mark = request.session.get(MARK) or {}
    return str(mark.get("id", ""))


def device(user_agent: str) -> str:
    """What a browser says it is, in two words: "Firefox on Linux"."""
    browser = next((name for name, pattern in _BROWSERS if re.search(pattern, user_agent)), "")
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, user_agent)), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
