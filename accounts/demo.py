"""The demo sign-in: only on this machine, never through a proxy."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port

from accounts.models import User

_FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP")


def demo_user() -> User | None:
    return User.objects.filter(is_demo=True, is_active=True).order_by("created_at").first()


def demo_allowed(request: HttpRequest) -> bool:
    """Is the demo on, and is this a browser on the machine itself? Whatever a proxy may have added refuses."""
    if not settings.DEMO or settings.ENV.trusted_proxies:
        return False
    if any(name in _FORWARDED or name.startswith("HTTP_X_FORWARDED") for name in request.META):
        return False
    try:
        host = split_domain_port(request.get_host())[0].strip("[]")
    except DisallowedHost:
        return False
    return _loopback(request.META.get("REMOTE_ADDR", "")) and (host == "localhost" or _loopback(host))


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
