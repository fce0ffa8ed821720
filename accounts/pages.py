"""Who may see a page.

    @workspace_page("server.view")                # below /w/<slug:workspace>/, with request.workspace and .principal
    def servers(request: WorkspaceRequest, workspace: str) -> HttpResponse: ...

    @person_page                                  # any signed-in person
    def me(request: PersonRequest) -> HttpResponse: ...

A member whose role does not suffice sees 403 with the reason; a key never opens a page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.http.response import HttpResponseBase

from accounts.http import PersonRequest, WorkspaceRequest
from accounts.models import User
from accounts.permissions import in_workspace, require

P = ParamSpec("P")
WorkspacePage = Callable[Concatenate[WorkspaceRequest, P], HttpResponseBase]
PersonPage = Callable[Concatenate[PersonRequest, P], HttpResponseBase]


def workspace_page(action: str) -> Callable[[WorkspacePage[P]], WorkspacePage[P]]:
    """Only for members whose role includes `action`."""

    def wrap(page: WorkspacePage[P]) -> WorkspacePage[P]:
        @wraps(page)
        def guarded(request: WorkspaceRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if getattr(request, "workspace", None) is None:
                raise Http404
            require(request.principal, action, in_workspace(request.workspace))
            return page(request, *args, **kwargs)

        return guarded

    return wrap


def person_page(page: PersonPage[P]) -> PersonPage[P]:
    """Only for signed-in people; others are asked to sign in first."""

    @wraps(page)
    def guarded(request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(cast(object, request.user), User):  # what the annotation promises is made sure of here
            return redirect_to_login(request.get_full_path())
        return page(request, *args, **kwargs)

    return guarded
