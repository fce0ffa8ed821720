"""The installation's keyring, from the settings."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from core.crypto import Keyring


@lru_cache(maxsize=4)
def _read(master_key: str) -> Keyring:
    return Keyring.from_env(master_key)


def keyring() -> Keyring:
    """Made once for a value of MASTER_KEY."""
    return _read(settings.ENV.master_key)
