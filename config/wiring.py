"""What the gateway gets of the environment. No Django: `config.gateway` uses it without settings."""

from __future__ import annotations

from dataclasses import replace

from assistants.adapters.upstream import NAME as ASSISTANTS
from assistants.adapters.upstream import make_upstream
from config.env import Environment
from proxy.adapters.settings import GatewaySettings


def gateway_settings(env: Environment, *, open_listener: bool = False) -> GatewaySettings:
    """The gateway's settings. `open_listener`: serve hubs that are open, without keys, on loopback only."""
    settings = GatewaySettings(
        database_url=env.database_url,
        redis_url=env.redis_url,
        redis_prefix=env.redis_prefix,
        master_key=env.master_key,
        data_dir=env.data_dir,
        owner_socket=env.owner_socket,
        owner_token=env.owner_token,
        allow_networks=env.allow_networks,
        stdio_policy=env.stdio_policy,
        allowed_hosts=env.allowed_hosts,
        public_url=env.public_url,
        max_body_bytes=env.max_body_bytes,
        internal={ASSISTANTS: make_upstream},
    )
    return replace(settings, open_listener=open_listener)
