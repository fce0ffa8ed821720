"""Who calls the API: a program with a key (`Authorization: Bearer cr_…`), or a person's browser with its session.

`request.user` is the person in both cases; `request.auth` is the Principal of a key, None in a browser.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.models import User
from accounts.permissions import principal_of_key
from accounts.selectors import KeyRefused, key_of_token
from accounts.services import touch_key_last_used
from core.decision import Principal

_REFUSALS = {
    "unknown": _("There is no such key."),
    "revoked": _("This key was revoked."),
    "expired": _("This key has expired."),
    "inactive": _("The person this key belongs to is no longer active."),
}


class KeyAuthentication(BaseAuthentication):
    """An API key as bearer token. A wrong one is refused, never passed on to the next way to sign in."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = key_of_token(token.strip())
        except KeyRefused as refused:
            raise AuthenticationFailed(_REFUSALS[refused.reason], code=refused.reason) from None
        touch_key_last_used(key=key, client=request.headers.get("user-agent", ""))
        return key.user, principal_of_key(key)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="crossroads"'


def _answer(request: HttpRequest) -> HttpResponse:
    """Stands for the view, which Django's check is handed and asks only whether it is exempt."""
    return HttpResponse()


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: Any, reason: str) -> str:
        return reason


class BrowserAuthentication(BaseAuthentication):
    """The session of a signed-in person. Writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = getattr(request._request, "user", None)
        if not isinstance(user, User) or not user.is_active:
            return None
        check = _CsrfCheck(_answer)
        check.process_request(request._request)
        reason = check.process_view(request._request, _answer, (), {})
        if reason:
            raise PermissionDenied(_("The CSRF token is missing or wrong."), code="csrf")
        return user, None


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its __init_subclass__ is untyped
    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key: `cr_…`."}


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its __init_subclass__ is untyped
    target_class = BrowserAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        from django.conf import settings

        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
