"""Addresses that leave the site: in mails, on the terminal, in snippets."""

from __future__ import annotations

from django.conf import settings


def absolute(path: str) -> str:
    """`path` (with its leading slash) below PUBLIC_URL. Never taken from a request, whose Host anyone may choose."""
    return f"{settings.ENV.public_url}{path}"
