"""What changes in a request and its answer on the way between a client and a server, of the same era or not."""

from __future__ import annotations

import msgspec

from proxy.engine import errors, messages
from proxy.engine.errors import RpcError
from proxy.engine.hub import TASKS
from proxy.engine.ports import Era, HubServer, Reply

_RETRY_FIELDS = ("inputResponses", "requestState")
_STATELESS_FIELDS = ("resultType", "ttlMs", "cacheScope")
_MARK = b'"resultType":"complete"'
_MARK_READ = b'"resultType":"complete","ttlMs":0,"cacheScope":"private"'


class Caller(msgspec.Struct):
    """Who calls, as a server of another era must be told."""

    era: Era
    version: str
    info: bytes = b"{}"
    plain: bytes = b"{}"
    """The capabilities without those that let a server ask back (JSON)."""
    log_level: str = ""


def request_meta(meta: messages.Raws, caller: Caller, server_era: Era, server_version: str) -> messages.Raws:
    """The `_meta` of a request as the server gets it."""
    if server_era == caller.era:
        if server_era == "stateless":
            capabilities = meta.get(messages.CLIENT_CAPABILITIES)
            if capabilities is not None and TASKS.encode() in bytes(capabilities):
                meta[messages.CLIENT_CAPABILITIES] = msgspec.Raw(_without_tasks(capabilities))
        return meta
    if server_era == "handshake":
        for key in messages.ENVELOPE_KEYS:
            meta.pop(key, None)
        return meta
    meta[messages.PROTOCOL_VERSION] = msgspec.Raw(messages.encode(server_version))
    meta[messages.CLIENT_INFO] = msgspec.Raw(caller.info)
    meta[messages.CLIENT_CAPABILITIES] = msgspec.Raw(caller.plain)
    if caller.log_level:
        meta[messages.LOG_LEVEL] = msgspec.Raw(messages.encode(caller.log_level))
    return meta


def _without_tasks(capabilities: msgspec.Raw) -> bytes:
    fields = messages.decode_raws(capabilities)
    if "extensions" in fields:
        extensions = messages.decode_raws(fields["extensions"])
        extensions.pop(TASKS, None)
        fields["extensions"] = msgspec.Raw(messages.encode(extensions))
    return messages.encode(fields)


def drop_retry(fields: messages.Raws, server_era: Era) -> None:
    """A handshake server knows nothing of answers that come with a repeated call."""
    if server_era == "handshake":
        for name in _RETRY_FIELDS:
            fields.pop(name, None)


def answer(reply: Reply, method: str, caller: Caller, server_era: Era, server_version: str, server: HubServer) -> Reply:
    """A server's answer as the client's era has it. Raises RpcError for what the pair cannot carry."""
    if reply.error is not None:
        if caller.era != server_era:
            return _error(reply.error, caller, server_era, server_version, server)
        return reply
    result = reply.result or msgspec.Raw(b"{}")
    if caller.era == server_era:
        if caller.era == "handshake":
            return reply
        if b'"resultType"' not in bytes(result):
            return Reply(result=_marked(result, method))  # every result has one; not every server knows
        if method == "resources/read" and b'"public"' in bytes(result):
            return Reply(result=_private(result))
        return reply
    if caller.era == "stateless":
        return Reply(result=_marked(result, method))
    return Reply(result=_unmarked(result, caller, server_version, server))


def _private(result: msgspec.Raw) -> msgspec.Raw:
    """What stands behind a key must not be shared by a client's cache, whatever the server thinks of it."""
    return msgspec.Raw(messages.with_fields(result, {"cacheScope": b'"private"'}))


def _marked(result: msgspec.Raw, method: str) -> msgspec.Raw:
    mark = _MARK_READ if method == "resources/read" else _MARK
    if b'"resultType"' in bytes(result):
        changes: dict[str, bytes | None] = {"resultType": b'"complete"'}
        if method == "resources/read":
            changes |= {"ttlMs": b"0", "cacheScope": b'"private"'}
        return msgspec.Raw(messages.with_fields(result, changes))
    return msgspec.Raw(messages.prepend(result, mark))


def _unmarked(result: msgspec.Raw, caller: Caller, server_version: str, server: HubServer) -> msgspec.Raw:
    fields = messages.decode_raws(result)
    kind = bytes(fields.get("resultType", b'"complete"'))
    if kind != b'"complete"':
        what = (
            _asked_for(fields)
            if kind == b'"input_required"'
            else f"a result of the type {kind.decode(errors='replace')}"
        )
        raise errors.cannot_carry(server, what, caller.version, server_version)
    for name in _STATELESS_FIELDS:
        fields.pop(name, None)
    return msgspec.Raw(messages.encode(fields))


class _Asked(msgspec.Struct):
    method: str = ""


def _asked_for(fields: messages.Raws) -> str:
    try:
        asked = msgspec.json.decode(fields.get("inputRequests", b"{}"), type=dict[str, _Asked])
    except messages.BROKEN:
        return "input"
    return ", ".join(sorted({one.method for one in asked.values() if one.method})) or "input"


class _Missing(msgspec.Struct):
    requiredCapabilities: dict[str, msgspec.Raw] = {}


def _error(error: msgspec.Raw, caller: Caller, server_era: Era, server_version: str, server: HubServer) -> Reply:
    found = messages.decode_error(error)
    if found.code == errors.MISSING_CAPABILITY:
        try:
            missing = msgspec.json.decode(found.data or b"{}", type=_Missing).requiredCapabilities
        except messages.BROKEN:
            missing = {}
        what = ", ".join(sorted(missing)) or "a capability"
        raise errors.cannot_carry(server, what, caller.version, server_version, found.message)
    if found.code == errors.URL_ELICITATION_REQUIRED:
        raise errors.cannot_carry(server, "elicitation by URL", caller.version, server_version, found.message)
    if found.code == errors.RESOURCE_NOT_FOUND and server_era == "handshake":
        data = msgspec.json.decode(found.data) if found.data else None
        raise RpcError(errors.INVALID_PARAMS, found.message, data)
    if found.code in (errors.HEADER_MISMATCH, errors.UNSUPPORTED_VERSION):
        raise RpcError(
            errors.UPSTREAM, f'Server "{server.slug}": {found.message}', {"server": server.slug, "kind": "protocol"}
        )
    return Reply(error=error)
