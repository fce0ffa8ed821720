"""Proofs: a token that only whoever holds a domain or a repository can have put there, in a file or a TXT record."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import InvalidProblem
from core.net import AddressRefused, FetchError, HostNotFound, NetPolicy, fetch_sync, parse_url, resolve
from marketplace.gateways.records import RecordProblem, record_name, text_records

FILE = "crossroads.txt"
TIMEOUT_S = 10.0
MAX_BYTES = 64 * 1024
SHARED = frozenset({
    "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "npmjs.com", "pypi.org", "huggingface.co",
    "hub.docker.com",
})  # fmt: skip
"""Hosts of many people: holding an account there proves nothing about the domain."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9](?::\d{{1,5}})?|localhost(?::\d{{1,5}})?")
_NAME = r"(?!\.+/|\.+\Z)[A-Za-z0-9_.-]{1,100}"
_REPOSITORY = re.compile(rf"https?://([A-Za-z0-9.-]+(?::\d{{1,5}})?)/({_NAME})/({_NAME})")


class Looked(msgspec.Struct, frozen=True):
    """Whether the token was found; else why not, in a sentence."""

    found: bool
    problem: str = ""


def checked_domain(text: str) -> str:
    """`example.com` of whatever somebody writes. Raises InvalidProblem."""
    plain = text.strip().lower()
    plain = (urlsplit(plain).netloc if "://" in plain else plain).rstrip("/.")
    try:
        plain = plain if plain.isascii() else plain.encode("idna").decode()
    except UnicodeError:
        plain = ""
    if len(plain) > 253 or not _DOMAIN.fullmatch(plain) or plain.removeprefix("www.") in SHARED:
        raise InvalidProblem(_("Write a domain of your own, such as example.com."), field="subject")
    return plain


def checked_repository(text: str) -> str:
    """`https://host/owner/name`. Raises InvalidProblem."""
    match = _REPOSITORY.fullmatch(text.strip().rstrip("/").removesuffix(".git"))
    if match is None or (match[0].startswith("http://") and not is_near(match[1])):
        raise InvalidProblem(_("Write the repository's address: https://host/owner/name"), field="subject")
    return match[0].lower() if match[1].lower() in SHARED else match[0]


def proof_address(method: str, subject: str) -> str:
    """Where the token is looked for."""
    if method == "domain":
        return f"{'http' if is_near(subject) else 'https'}://{subject}/.well-known/{FILE}"
    return f"{subject}/raw/HEAD/{FILE}"


def record_of(method: str, subject: str) -> str:
    """The name whose TXT record may hold the token instead; empty where there is none."""
    return record_name(subject) if method == "domain" else ""


def look_for(method: str, subject: str, token: str) -> Looked:
    """Look for the token: in a TXT record of a domain, else in a line of the file."""
    name = record_of(method, subject)
    recorded = _look_in_records(name, token) if name else None
    if recorded is not None and recorded.found:
        return recorded
    filed = _look_in_file(method, subject, token)
    if filed.found or recorded is None:
        return filed
    return Looked(False, f"{recorded.problem} {filed.problem}")


def _look_in_records(name: str, token: str) -> Looked:
    try:
        found = text_records(name)
    except RecordProblem as problem:
        return Looked(False, str(problem))
    if token in (text.strip() for text in found):
        return Looked(True)
    if not found:
        return Looked(False, _("%s has no TXT record.") % name)
    return Looked(False, _("No TXT record of %s is the line.") % name)


def _look_in_file(method: str, subject: str, token: str) -> Looked:
    url = proof_address(method, subject)
    try:
        reply = fetch_sync(
            url,
            policy=NetPolicy(settings.ENV.allow_networks),
            timeout_s=TIMEOUT_S,
            max_bytes=MAX_BYTES,
            max_redirects=3 if method == "repository" else 0,
        )
    except FetchError as error:
        return Looked(False, error.sentence)
    if reply.status != 200:
        return Looked(False, _("%(url)s answers with %(status)d.") % {"url": url, "status": reply.status})
    lines = {line.strip() for line in reply.body.decode("utf-8", "replace").splitlines()}
    if token not in lines:
        return Looked(False, _("%(url)s does not hold the line.") % {"url": url})
    return Looked(True)


def is_near(netloc: str) -> bool:
    """Is it on a private network that the operator opened? Certificates are rare there, so it is asked over http."""
    try:
        target = parse_url(f"http://{netloc}/")
        addresses = asyncio.run(resolve(target.host, target.port, NetPolicy(settings.ENV.allow_networks)))
    except (ValueError, HostNotFound, AddressRefused):
        return False
    return bool(addresses) and all(NetPolicy().refusal(address) for address in addresses)
