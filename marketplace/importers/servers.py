"""What readers of MCP servers share: variables, licences, names of packages, authors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from marketplace.catalogue.schema import Http, SignIn, Sse, Stdio, Transport, Variable, Where
from marketplace.importers.drafts import Author, Refused
from marketplace.importers.texts import clean, line, owner_of
from marketplace.packages import ServerPackage, ToolDefinition

_NPM = re.compile(r"(?:@[A-Za-z0-9~][\w.~-]*/)?[A-Za-z0-9~][\w.~-]*(?:@[\w.^~-]+)?")
_PYPI = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:==[\w.]+)?")
_IMAGE = re.compile(r"[a-z0-9](?:[\w.-]*(?::\d+)?/)?[\w./-]*(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}|[A-Za-z][A-Za-z0-9_-]{0,99}")
_SECRET = re.compile(
    r"(?:^|_)(?:key|pat|pass|auth|authorization|cookies?|dsn|mnemonic|connection_?string|bearer|jwt)_?\d*$"
    r"|secret|token_?\d*$|api_?key|password|passphrase|credentials?|private_key|seed_phrase"
    r"|(?:^|_)(?:database|db|mongo\w*|postgres\w*|pg|mysql|redis|sql\w*|amqp|rabbitmq)_(?:\w+_)?ur[il]$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"(?:^google_application_credentials|_id|_path|_file|_dir|_name|(?:key|token|auth|secret|password)_url|_type|_ttl|_mode|public_key|max_tokens?|token_limit)$",
    re.I,
)
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_.-]{24,}")
"""A sample of a key that may be one."""
_PASSWORD = re.compile(r"(://[^/\s:@]+:)[^/\s@]+@")
_LICENCES = {
    "mit": "MIT", "apache-2.0": "Apache-2.0", "apache 2.0": "Apache-2.0", "gpl-3.0": "GPL-3.0", "agpl-3.0": "AGPL-3.0",
    "isc": "ISC", "unlicense": "Unlicense", "mpl-2.0": "MPL-2.0", "bsd-2-clause": "BSD-2-Clause", "gpl-2.0": "GPL-2.0",
    "mit-0": "MIT-0", "bsd-3-clause": "BSD-3-Clause", "cc0-1.0": "CC0-1.0", "lgpl-2.1": "LGPL-2.1",
    "lgpl-3.0": "LGPL-3.0", "0bsd": "0BSD", "bsl-1.0": "BSL-1.0", "epl-2.0": "EPL-2.0", "cc-by-4.0": "CC-BY-4.0",
    "wtfpl": "WTFPL",     "unknown": "", "other": "", "none": "",
}  # fmt: skip
_PACKAGE_HOSTS = frozenset({"npmjs.com", "pypi.org", "hub.docker.com", "raw.githubusercontent.com"})


def is_secret(name: str) -> bool:
    """Does an environment variable of this name hold something that nobody may see?"""
    return bool(_SECRET.search(name)) and not _NO_SECRET.search(name)


def npm_program(package: str, *, extra: tuple[str, ...] = (), bin: str = "") -> tuple[str, ...]:
    """Arguments of npx. Raises Refused for what is no package name, options among them."""
    if not _NPM.fullmatch(package):
        raise Refused(f"{line(package, 80)!r} is not the name of an npm package.")
    return ("-y", "-p", package, bin, *extra) if bin else ("-y", package, *extra)


def pypi_program(package: str, *, extra: tuple[str, ...] = (), bin: str = "") -> tuple[str, ...]:
    """Arguments of uvx."""
    if not _PYPI.fullmatch(package):
        raise Refused(f"{line(package, 80)!r} is not the name of a PyPI package.")
    return ("--from", package, bin, *extra) if bin else (package, *extra)


def check_image(image: str) -> str:
    if not _IMAGE.fullmatch(image) or len(image) > 300:
        raise Refused(f"{line(image, 80)!r} is not the name of a container image.")
    return image


def env_variable(
    name: str, *, text: str = "", required: bool, secret: bool | None = None, default: str = "", example: str = ""
) -> Variable | None:
    """A variable of the environment, or None where its name cannot be set and it is not required. Raises Refused."""
    name = name.strip().removesuffix("=")
    if not _ENV.fullmatch(name):
        if required:
            raise Refused(f"It needs the variable {line(name, 60)!r}, whose name cannot be set.")
        return None
    return variable(name, "env", text=text, required=required, secret=secret, default=default, example=example)


def variable(
    name: str,
    where: Where,
    *,
    text: str = "",
    required: bool,
    secret: bool | None = None,
    default: str = "",
    example: str = "",
    template: str = "{value}",
) -> Variable:
    """`text` is what the source says of it; without one, the name is the label."""
    hidden = is_secret(name) if secret is None else secret
    text, example = _PASSWORD.sub(r"\1…@", text), _PASSWORD.sub(r"\1…@", example)
    first, _, rest = clean(text).partition("\n")
    label, more = (first, rest) if rest and len(first) <= 100 else (line(text, 100), text)
    return Variable(
        name=name,
        where=where,
        label=label or name,
        help="" if label == clean(more) else line(more, 500),
        secret=hidden,
        required=required,
        default="" if hidden else line(default, 500),
        example="" if hidden and _OPAQUE.search(example) else line(example, 100),
        template=template,
    )


def is_header(name: str) -> bool:
    return bool(_HEADER.fullmatch(name))


def sign_in_of(variables: Iterable[Variable]) -> SignIn:
    return "key" if any(known.secret and known.required for known in variables) else "none"


def remote(kind: str, url: str, variables: tuple[Variable, ...], sign_in: SignIn, with_: str) -> Transport:
    """A remote transport. Raises Refused for a kind that is not known and for an address that cannot be used."""
    known: dict[str, type[Http] | type[Sse]] = {"streamable-http": Http, "http": Http, "sse": Sse}
    made = known.get(kind)
    if made is None:
        raise Refused(f"It is reached by {line(kind, 40)!r}, which is no transport of MCP.")
    check_url(f"https://x{url[url.find('}') + 1 :]}" if url.startswith("{") else url)
    return build(made, url=url, variables=variables, sign_in=sign_in, sign_in_with=with_ if sign_in == "oauth" else "")


def check_url(url: str) -> None:
    try:
        parts = urlsplit(url.replace("{", "").replace("}", ""))
        ok = parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
        parts.port  # noqa: B018  # raises for one that is no number
    except ValueError:
        ok = False
    if not ok or len(url) > 2_000 or any(c.isspace() or c in "<>\"'" for c in url):
        raise Refused(f"{line(url, 80)!r} is not an address that can be used.")


def build(made: type[Transport], **fields: object) -> Transport:
    """A transport, its own checks included. Raises Refused."""
    try:
        return made(**fields)  # type: ignore[arg-type]
    except ValueError as error:
        raise Refused(f"How it is reached cannot be read: {error}.") from error


def server_package(
    transports: tuple[Transport, ...], tools: tuple[ToolDefinition, ...] = (), requires: tuple[str, ...] = ()
) -> ServerPackage:
    """A package that was checked as if it came from outside. Raises Refused."""
    package = ServerPackage(transports=transports, tools=tools, requires=requires)
    try:
        return msgspec.convert(msgspec.to_builtins(package), ServerPackage)
    except msgspec.ValidationError as error:
        raise Refused(f"It cannot be read: {error}.") from error


def licence_of(value: object) -> str:
    """An SPDX identifier where we know it; empty for one that is not known."""
    text = line(value, 60)
    return _LICENCES.get(text.lower(), text)


def server_author(address: str, *, name: str = "", package: str = "") -> Author:
    """Who stands behind a server: the owner of its repository, else its host, else the scope of its package."""
    host, owner = owner_of(address)
    if owner:
        return Author(key=f"{host}/{owner}".lower(), name=name or owner, website=f"https://{host}/{owner}")
    scope = package.partition("/")[0].removeprefix("@") if package.startswith("@") else ""
    if host and host not in _PACKAGE_HOSTS:
        domain = ".".join(host.split(".")[-2:])
        return Author(key=f"site:{domain}", name=name or domain, website=f"https://{domain}")
    name = name or scope or package
    if not name:
        raise Refused("It names no author and no repository.")
    return Author(key=f"name:{name.lower()[:280]}", name=name)


__all__ = [
    "Http", "Sse", "Stdio", "build", "check_image", "check_url", "env_variable", "is_header", "is_secret", "licence_of",
    "npm_program", "pypi_program", "remote", "server_author", "server_package", "sign_in_of", "variable",
]  # fmt: skip
