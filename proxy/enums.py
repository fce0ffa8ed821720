"""Limits and fixed choices of servers and hubs."""

from __future__ import annotations

CONNECTABLE = ("stdio", "http", "sse")
"""How a server may be reached that people connect; others are part of the installation."""
LINES = 8
"""Colours of lines; servers take them in turn."""
MAX_SERVERS = 300
"""For a workspace."""
MAX_HUBS = 100
"""For a workspace."""
MAX_SERVERS_ON_HUB = 100
MAX_FEATURES = 5_000
"""Of one server. What comes after is left out, and the server says so."""
MAX_DEFINITION_BYTES = 4 * 1024 * 1024
MAX_ARGS = 200
MAX_ARG_CHARS = 8_000
MAX_PAIRS = 100
MAX_VALUE_CHARS = 32_000
MIN_TIMEOUT_MS = 1_000
MAX_TIMEOUT_MS = 600_000
