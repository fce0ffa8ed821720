"""How often the public part of the API may be asked: by address, or by key."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from core.decision import Principal


class PublicThrottle(SimpleRateThrottle):
    """Without a key 120 questions a minute from an address, with one 1,200. Without Redis nobody is held back."""

    scope = "public"
    THROTTLE_RATES = {"public": "120/min", "key": "1200/min"}

    def get_cache_key(self, request: Request, view: Any) -> str:
        if isinstance(request.auth, Principal):
            self.num_requests, self.duration = self.parse_rate(self.THROTTLE_RATES["key"])
            return f"throttle:listings:{request.auth.id}"
        info = getattr(request._request, "info", None)
        return f"throttle:listings:{info.address if info else ''}"
