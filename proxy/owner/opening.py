"""The first exchange with a server, in either era, newest version first."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.engine.ports import HANDSHAKE_VERSIONS, STATELESS_VERSIONS, Reply, UpstreamProblem
from proxy.owner import jsonrpc
from proxy.owner.channel import Channel

# Servers of the first revision answer with its version; everything a gateway relays means the same there.
_ACCEPTED = (*HANDSHAKE_VERSIONS, "2024-11-05")
_UNSUPPORTED_VERSION = -32022
# How a server of the stateless era refuses `initialize`: unknown, not as it wants it, or in so many words.
_OTHER_ERA = (-32601, -32602, -32020, -32021, _UNSUPPORTED_VERSION)


async def greet(channel: Channel) -> None:
    """Do the handshake of the channel's era and set its version and hello. Raises UpstreamProblem."""
    await (_initialize(channel) if channel.era == "handshake" else _discover(channel))


async def _initialize(channel: Channel) -> None:
    params = b'{"protocolVersion":"%s","capabilities":%s,"clientInfo":%s}' % (
        (channel.asked or HANDSHAKE_VERSIONS[0]).encode(),
        channel.capabilities,
        jsonrpc.CLIENT_INFO,
    )
    reply = await channel.call("initialize", params)
    if reply.error is not None:
        raise _refused(channel, "initialize", reply)
    version = _field(reply, "protocolVersion")
    if version not in _ACCEPTED:
        sentence = f"The server answered with the protocol version {version!r}, which is not known here."
        raise UpstreamProblem("unsupported", sentence)
    channel.version, channel.hello = version, bytes(reply.result or b"{}")
    channel.notify("notifications/initialized", b"{}")


async def _discover(channel: Channel) -> None:
    for version in (channel.asked,) if channel.asked else STATELESS_VERSIONS:
        params, _ = jsonrpc.stamped(
            b"{}", number=0, era="stateless", version=version, capabilities=channel.capabilities
        )
        reply = await channel.call("server/discover", params)
        if reply.error is not None:
            offered = jsonrpc.field(bytes(reply.error), "data", "supported")
            if jsonrpc.field(bytes(reply.error), "code") == _UNSUPPORTED_VERSION and isinstance(offered, list):
                continue
            raise _refused(channel, "server/discover", reply)
        if version in (_field(reply, "supportedVersions") or ()):
            channel.version, channel.hello = version, bytes(reply.result or b"{}")
            return
    sentence = f"The server does not speak the stateless protocol ({', '.join(STATELESS_VERSIONS)})."
    raise UpstreamProblem("unsupported", sentence)


async def ask_for_a_sign(channel: Channel) -> None:
    """Ask what every server of the era answers at once, whatever it answers. Raises UpstreamProblem."""
    if channel.era == "handshake":
        await channel.call("ping", b"{}")
        return
    params, _ = jsonrpc.stamped(
        b"{}", number=0, era="stateless", version=channel.version, capabilities=channel.capabilities
    )
    await channel.call("server/discover", params)


def _field(reply: Reply, name: str) -> Any:
    return jsonrpc.field(bytes(reply.result or b"null"), name)


def _refused(channel: Channel, method: str, reply: Reply) -> UpstreamProblem:
    error = msgspec.json.decode(reply.error or b"{}")
    message = error.get("message", "no reason given") if isinstance(error, dict) else "no reason given"
    code = error.get("code") if isinstance(error, dict) else None
    kind = "unsupported" if method == "server/discover" or code in _OTHER_ERA else "protocol"
    return UpstreamProblem(kind, f"The server refused {method}: {message}.", detail=message)
