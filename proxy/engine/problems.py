"""What can go wrong with a server over HTTP, as UpstreamProblem in plain words."""

from __future__ import annotations

import ssl

from core.net import AddressRefused, HostNotFound, HttpTrouble, Response, Target
from core.net.fetch import as_fetch_error
from proxy.engine.ports import UpstreamProblem

TROUBLE = (HttpTrouble, OSError, ssl.SSLError, HostNotFound, AddressRefused, TimeoutError)
"""What HttpClient.send raises."""

_DETAIL = 2000


def from_trouble(error: Exception, target: Target) -> UpstreamProblem:
    """An exception of TROUBLE."""
    found = as_fetch_error(error, target)
    kind = "refused" if found.kind in ("not_found", "url") else found.kind
    return UpstreamProblem(kind, found.sentence, detail=str(error))


def from_status(response: Response, target: Target) -> UpstreamProblem:
    """A reply whose HTTP status says that it is no answer."""
    status = response.status
    detail = response.body[:_DETAIL].decode("utf-8", "replace")
    if status == 401:
        kind, text = "unauthorized", "The server asks for credentials (HTTP 401). Check the key or header you gave it."
    elif status == 403:
        kind, text = "forbidden", "The server refuses these credentials (HTTP 403)."
    elif status in (301, 302, 303, 307, 308):
        where = response.header(b"location") or "another address"
        kind, text = "protocol", f"The server redirects to {where[:300]}. If that is the server you mean, use this URL."
    elif status == 429:
        kind, text = "protocol", "The server says that it gets too many requests (HTTP 429)."
    elif status >= 500:
        kind, text = "protocol", f"The server answered with an error (HTTP {status})."
    else:
        kind, text = "not_mcp", f"{target} is no MCP endpoint: it answered with HTTP {status}."
    return UpstreamProblem(kind, text, detail=detail, status=status)


def not_mcp(response: Response, target: Target) -> UpstreamProblem:
    """A reply that is fine as HTTP and no MCP message."""
    shown = response.header(b"content-type") or "no content type"
    detail = response.body[:_DETAIL].decode("utf-8", "replace")
    return UpstreamProblem(
        "not_mcp", f"{target} does not answer as an MCP server ({shown}).", detail=detail, status=response.status
    )


def garbage(what: str, data: bytes) -> UpstreamProblem:
    """A message that cannot be understood."""
    return UpstreamProblem("protocol", f"The server sent {what}.", detail=data[:_DETAIL].decode("utf-8", "replace"))


def silence(timeout_s: float) -> UpstreamProblem:
    return UpstreamProblem("timeout", f"The server did not answer within {timeout_s:g} s.")


def closed(detail: str = "") -> UpstreamProblem:
    return UpstreamProblem("closed", "The server closed the connection before it had answered.", detail=detail)
