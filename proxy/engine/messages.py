"""JSON-RPC messages and the few fields of MCP messages that the gateway reads. All else stays bytes.

A message is decoded once, into structs whose payloads are `msgspec.Raw`: views of the bytes that came in.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

EMPTY = msgspec.Raw(b"")
EMPTY_OBJECT = b"{}"

PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion"
CLIENT_INFO = "io.modelcontextprotocol/clientInfo"
CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL = "io.modelcontextprotocol/logLevel"
SERVER_INFO = "io.modelcontextprotocol/serverInfo"
SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId"
ENVELOPE_KEYS = (PROTOCOL_VERSION, CLIENT_INFO, CLIENT_CAPABILITIES, LOG_LEVEL)

Raws = dict[str, msgspec.Raw]


class Message(msgspec.Struct):
    """Any JSON-RPC message. A field that was not there is empty bytes (`method`: "")."""

    jsonrpc: str = ""
    id: msgspec.Raw = EMPTY
    method: str = ""
    params: msgspec.Raw = EMPTY
    result: msgspec.Raw = EMPTY
    error: msgspec.Raw = EMPTY


class Named(msgspec.Struct):
    """The parameters that name a thing: tools/call and prompts/get by `name`, resources by `uri`."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    uri: str | msgspec.UnsetType = msgspec.UNSET


class Meta(msgspec.Struct):
    """What the gateway reads of `_meta`."""

    version: msgspec.Raw = msgspec.field(default=EMPTY, name=PROTOCOL_VERSION)
    client: msgspec.Raw = msgspec.field(default=EMPTY, name=CLIENT_INFO)
    capabilities: msgspec.Raw = msgspec.field(default=EMPTY, name=CLIENT_CAPABILITIES)
    log_level: msgspec.Raw = msgspec.field(default=EMPTY, name=LOG_LEVEL)
    progress: msgspec.Raw = msgspec.field(default=EMPTY, name="progressToken")


class ResultHead(msgspec.Struct):
    """What tells the kinds of results apart."""

    isError: bool = False
    resultType: str = ""


class ErrorHead(msgspec.Struct):
    """A JSON-RPC error object."""

    code: int = 0
    message: str = ""
    data: msgspec.Raw = EMPTY


decode_message = msgspec.json.Decoder(Message).decode
decode_batch = msgspec.json.Decoder(list[Message]).decode
decode_named = msgspec.json.Decoder(Named).decode
decode_meta = msgspec.json.Decoder(Meta).decode
decode_result = msgspec.json.Decoder(ResultHead).decode
decode_error = msgspec.json.Decoder(ErrorHead).decode
decode_raws = msgspec.json.Decoder(Raws).decode
decode_text = msgspec.json.Decoder(str).decode
encode = msgspec.json.Encoder().encode

BROKEN = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What the decoders raise for bytes that are not what they should be (ValidationError is a DecodeError)."""


def is_id(raw: msgspec.Raw) -> bool:
    """A JSON-RPC id as MCP wants it: a string or a whole number."""
    data = bytes(raw)
    if data[:1] == b'"':
        return len(data) <= 300
    return data.lstrip(b"-").isdigit() and len(data) <= 20


def is_object(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[:1]) == b"{"


def result(message_id: bytes, value: bytes | msgspec.Raw) -> bytes:
    """A response. `message_id` is JSON."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (message_id, value)


def error(message_id: bytes, value: bytes | msgspec.Raw) -> bytes:
    """An error response; `value` is the error object."""
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (message_id or b"null", value)


def request(message_id: bytes, method: str, params: bytes | msgspec.Raw) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"method":%b,"params":%b}' % (message_id, encode(method), params or EMPTY_OBJECT)


def notification(method: str, params: bytes | msgspec.Raw) -> bytes:
    return b'{"jsonrpc":"2.0","method":%b,"params":%b}' % (encode(method), params or EMPTY_OBJECT)


def error_object(code: int, message: str, data: object = None) -> msgspec.Raw:
    """A JSON-RPC error object."""
    value: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        value["data"] = data
    return msgspec.Raw(encode(value))


def with_fields(target: bytes | msgspec.Raw, changes: Mapping[str, bytes | None]) -> bytes:
    """A JSON object with top-level fields set to JSON values, or taken away (None). Other fields stay as they were."""
    fields = decode_raws(target)
    for name, value in changes.items():
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = msgspec.Raw(value)
    return encode(fields)


def prepend(target: bytes | msgspec.Raw, fields: bytes) -> bytes:
    """A JSON object with `fields` (`"a":1,"b":2`) in front, for objects known not to have them. No decoding."""
    data = bytes(target).lstrip()
    rest = data[1:].lstrip()
    return b"{" + fields + (b"}" if rest[:1] == b"}" else b"," + rest)
