"""What the pages around signing in need to know."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.demo import demo_allowed


def sign_in(request: HttpRequest) -> dict[str, Any]:
    """`open_signup`, `mail_configured`, and `demo_open`: may this browser enter the demo?"""
    return {
        "open_signup": settings.OPEN_SIGNUP,
        "mail_configured": settings.EMAIL_CONFIGURED,
        "demo_open": SimpleLazyObject(partial(demo_allowed, request)),
    }
