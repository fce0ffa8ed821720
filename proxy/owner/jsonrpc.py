"""JSON-RPC lines as the owner reads and writes them: the envelope once, everything inside as bytes."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.engine.ports import Era

META = "io.modelcontextprotocol/"
SUBSCRIPTION = META + "subscriptionId"
CLIENT_INFO = b'{"name":"crossroads","title":"Crossroads","version":"1"}'

Raw = msgspec.Raw
_NOTHING = Raw(b"")

decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
encode = msgspec.json.Encoder().encode


class Envelope(msgspec.Struct):
    """One message. `id` and the others are empty when the message has none."""

    jsonrpc: str
    id: Raw = _NOTHING
    method: str = ""
    params: Raw = _NOTHING
    result: Raw = _NOTHING
    error: Raw = _NOTHING


_envelope = msgspec.json.Decoder(Envelope).decode
_batch = msgspec.json.Decoder(list[Envelope]).decode


def read_line(line: bytes) -> list[Envelope]:
    """The messages of a line (several in a batch of 2025-03-26). Raises msgspec.MsgspecError for anything else."""
    messages = _batch(line) if line.lstrip().startswith(b"[") else [_envelope(line)]
    for message in messages:
        if message.jsonrpc != "2.0":
            raise msgspec.ValidationError("not JSON-RPC 2.0")
    return messages


def one_line(body: bytes) -> bytes:
    """JSON without line breaks: in valid JSON they can only stand between tokens."""
    if b"\n" in body or b"\r" in body:
        return body.replace(b"\n", b" ").replace(b"\r", b" ")
    return body


def request_line(number: int, method: str, params: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":%s,"params":%s}\n' % (number, encode(method), one_line(params))


def notification_line(method: str, params: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","method":%s,"params":%s}\n' % (encode(method), one_line(params or b"{}"))


def result_line(raw_id: Raw, result: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%s,"result":%s}\n' % (bytes(raw_id), one_line(result))


def error_line(raw_id: Raw, error: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%s,"error":%s}\n' % (bytes(raw_id), one_line(error))


def error_body(code: int, message: str) -> bytes:
    return encode({"code": code, "message": message})


def stamped(params: bytes, *, number: int, era: Era, version: str, capabilities: bytes) -> tuple[bytes, Raw | None]:
    """Params as the server gets them, and the caller's progress token if it gave one.

    The token becomes the request's own number, since two callers may choose the same one. In the stateless era each
    request says version, client and capabilities.
    """
    if era == "handshake" and b'"progressToken"' not in params:
        return params, None
    fields = decode_object(params or b"{}")
    meta = decode_object(fields["_meta"]) if "_meta" in fields else {}
    token = meta.get("progressToken")
    if token is not None:
        meta["progressToken"] = Raw(b"%d" % number)
    if era == "stateless":
        meta[META + "protocolVersion"] = Raw(encode(version))
        meta.setdefault(META + "clientInfo", Raw(CLIENT_INFO))
        meta.setdefault(META + "clientCapabilities", Raw(capabilities))
    if meta:
        fields["_meta"] = Raw(encode(meta))
    return encode(fields), token


def with_token(params: bytes, token: Raw) -> bytes:
    """Progress params with the caller's own token put back."""
    fields = decode_object(params)
    fields["progressToken"] = token
    return encode(fields)


def number_of(raw: bytes) -> int:
    """An id or token of ours as the server gave it back, as a number or as text; 0 when it is not one."""
    try:
        return int(bytes(raw).strip(b'"'))
    except ValueError:
        return 0


def canonical(body: bytes) -> bytes:
    """The same JSON object always as the same bytes."""
    return msgspec.json.encode(msgspec.json.decode(body or b"{}"), order="sorted")


def field(body: bytes, *path: str) -> Any:
    """A value deep in a JSON object, or None."""
    try:
        value: Any = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return None
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
