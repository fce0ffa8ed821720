"""One entry of a client's configuration, read into a draft, with what is wrong and what is worth knowing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from proxy.importers.bridges import as_remote, unwrapped
from proxy.importers.drafts import ServerDraft, Text, Transport
from proxy.importers.hiding import hide_secrets
from proxy.importers.placeholders import Placeholders

_HTTP = frozenset({"http", "streamable-http", "streamablehttp", "streamable_http", "http-stream", "remote"})
_STDIO = frozenset({"stdio", "local", "command"})
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OWN_PATH = re.compile(r"(?:^|[=,:])(?:/Users/|/home/|~/|[A-Za-z]:[\\/])")
_OWN_HOST = re.compile(
    r"^https?://(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|host\.docker\.internal)(?:[:/]|$)", re.I
)


class EntryReader:
    """Reads one entry. After `read`, `problems` say why it cannot be used and `notes` what to know about it."""

    def __init__(self, key: str, said: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]]) -> None:
        self._key = key
        self._said = said
        self._holders = Placeholders(inputs)
        self.problems: list[Text] = []
        self.notes: list[Text] = []

    def read(self) -> ServerDraft | None:
        command, args = self._command_line()
        url = self._text("url", "serverUrl", "httpUrl", "uri")
        transport = self._transport(command, url)
        headers = self._pairs("headers", "http_headers", name=_HEADER_NAME)
        env = self._pairs("env", "environment", name=_ENV_NAME)
        if transport is None:
            return None
        if transport == "stdio" and (remote := as_remote(command, args, env)):
            transport, url, headers = remote.transport, remote.url, {**headers, **remote.headers}
            command, args, env = "", [], {}
            self.notes.append(_("It went through mcp-remote; Crossroads connects to the address itself."))
        return self._draft(transport, command, args, url, headers, env)

    def _draft(
        self,
        transport: Transport,
        command: str,
        args: list[str],
        url: str,
        headers: dict[str, str],
        env: dict[str, str],
    ) -> ServerDraft:
        stdio = transport == "stdio"
        self._note_places(command if stdio else "", args if stdio else [], url)
        if self._said.get("envFile"):
            self.notes.append(_("It reads variables from a file on your computer. Fill in what the server needs here."))
        read = self._holders.read
        draft = ServerDraft(
            title=_title(self._key),
            transport=transport,
            command=read(command) if stdio else "",
            args=tuple(read(arg) for arg in args) if stdio else (),
            cwd=read(self._text("cwd")) if stdio else "",
            url="" if stdio else read(url),
            env={name: read(text, field=name) for name, text in env.items()} if stdio else {},
            headers={} if stdio else {name: read(text, field=name) for name, text in headers.items()},
            timeout_ms=self._timeout(),
            variables=tuple(self._holders.found.values()),
        )
        return hide_secrets(draft)

    def _transport(self, command: str, url: str) -> Transport | None:
        said = self._said.get("type", self._said.get("transport", self._said.get("transportType")))
        kind = str(said).lower() if isinstance(said, str) else ""
        if kind and kind not in _HTTP | _STDIO | {"sse"}:
            self.problems.append(_("The type “%s” is not known; known are stdio, http and sse.") % said)
            return None
        if kind in _STDIO or (not kind and command and not url):
            if not command:
                self.problems.append(_("The command is missing."))
            return "stdio" if command else None
        if not url:
            self.problems.append(
                _("The address (“url”) is missing.") if kind else _("It has neither a command nor an address.")
            )
            return None
        # Gemini CLI says `url` for SSE and `httpUrl` for Streamable HTTP; everybody else is told by the path.
        return "sse" if kind == "sse" or (not kind and url.partition("?")[0].rstrip("/").endswith("/sse")) else "http"

    def _command_line(self) -> tuple[str, list[str]]:
        said: Any = self._said.get("command")
        args: Any = self._said.get("args", [])
        if isinstance(said, Mapping):
            # Zed keeps {"path": …, "args": […]} below `command`.
            said, args = said.get("path"), said.get("args", args)
        if isinstance(args, str):
            args = _split(args)
        if not isinstance(args, list) or any(isinstance(arg, list | Mapping) or arg is None for arg in args):
            self.problems.append(_("“args” must be a list of texts."))
            args = []
        words = [_scalar(arg) for arg in args]
        if isinstance(said, list):
            words = [_scalar(word) for word in said] + words
            said = words.pop(0) if words else ""
        command = said.strip() if isinstance(said, str) else ""
        if not words and " " in command and not command.startswith(("/", ".", "~")) and ":\\" not in command:
            command, *words = _split(command)
        return unwrapped(command, words)

    def _pairs(self, *words: str, name: re.Pattern[str]) -> dict[str, str]:
        for word in words:
            said = self._said.get(word)
            if said is None:
                continue
            if not isinstance(said, Mapping):
                self.problems.append(_("“%s” must be an object with names and texts.") % word)
                return {}
            bad = [str(key) for key in said if not name.fullmatch(str(key))]
            nested = [str(key) for key, value in said.items() if isinstance(value, Mapping | list)]
            if bad or nested:
                self.problems.append(
                    _("“%(word)s” holds %(names)s, which cannot be used.")
                    % {"word": word, "names": ", ".join(bad + nested)}
                )
            return {str(key): _scalar(value) for key, value in said.items() if value is not None}
        return {}

    def _text(self, *words: str) -> str:
        return next((self._said[word].strip() for word in words if isinstance(self._said.get(word), str)), "")

    def _timeout(self) -> int:
        """Some clients write seconds, some milliseconds: nobody means a second of less than ten milliseconds."""
        said = self._said.get("timeout", self._said.get("timeout_ms"))
        if not isinstance(said, int | float) or isinstance(said, bool) or not 0 < said < 10_000_000:
            return 60_000
        return int(min(max(said if said >= 1000 else said * 1000, 1000), 600_000))

    def _note_places(self, command: str, args: list[str], url: str) -> None:
        if any(_OWN_PATH.search(text) for text in (command, *args)):
            self.notes.append(
                _("It names a path of your own computer. The command will run where Crossroads runs: change the path.")
            )
        if _OWN_HOST.match(url):
            self.notes.append(_("The address is that of your own computer. It must be reachable from Crossroads."))


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text) or [text]
    except ValueError:
        return text.split()


def _title(key: str) -> str:
    """A readable name: `sequential-thinking` becomes “Sequential thinking”, what has capitals stays as it is."""
    name = key.strip().rpartition("/")[2] or key.strip()
    if name == name.lower():
        name = re.sub(r"[-_.]+", " ", name).strip() or name
        name = name[:1].upper() + name[1:]
    return name[:80] or _("Server")
