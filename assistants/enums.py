"""Limits and fixed choices of assistants and model providers."""

from __future__ import annotations

MAX_ASSISTANTS = 500
"""For a workspace."""
MAX_PROVIDERS = 30
"""For a workspace."""
MAX_CONFIGURATION_BYTES = 768 * 1024
"""Of one version, as JSON."""
MAX_VALUE_CHARS = 8_000
"""Of what is filled in for one variable."""
MAX_FILE_BYTES = 1024 * 1024
"""Of a file that an assistant is made from."""
MAX_UNREAD_BYTES = 64 * 1024
"""Of what such a file says that has no place here, kept all the same."""
MODEL_CLASSES = ("fast", "balanced", "best")
