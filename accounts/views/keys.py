"""API keys: the list, a new one with its secret shown once, revoking."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import KeyForm
from accounts.http import WorkspaceRequest
from accounts.models import ApiKey
from accounts.pages import workspace_page
from accounts.permissions import allowed, in_workspace
from accounts.registry import hub_choices
from accounts.selectors import keys_for
from accounts.services import create_key, revoke_key
from core.clock import now
from core.components.table import Choice, Column, Filter, Rows, Table
from core.crypto import CryptoError
from core.errors import ServiceProblem
from core.pages import show_problem
from core.secrets import open_for, seal_for

COLUMNS = (
    Column("name", gettext_lazy("Key"), sort="name"),
    Column("scopes", gettext_lazy("May"), wide_only=True),
    Column("hub", gettext_lazy("Hub"), wide_only=True),
    Column("used", gettext_lazy("Last used"), sort="last_used_at", descending_first=True),
    Column("expires", gettext_lazy("Expires"), sort="expires_at", wide_only=True),
    Column("do", gettext_lazy("Actions"), hidden_label=True, align="right"),
)
OWNER = Column("user", gettext_lazy("Acts for"), wide_only=True)
_SHOWN_ONCE = "new_key"


def _by_state(rows: Rows, value: str) -> Rows:
    over = Q(revoked_at__isnull=False) | Q(expires_at__lte=now())
    return rows.exclude(over) if value == "usable" else rows.filter(over)


FILTERS = (
    Filter(
        "state",
        gettext_lazy("State"),
        (Choice("usable", gettext_lazy("usable")), Choice("ended", gettext_lazy("revoked or expired"))),
        apply=_by_state,
    ),
)


@require_safe
@workspace_page("key.manage_own")
def keys(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    rows = keys_for(request.principal, request.workspace)
    everybody = allowed(request.principal, "key.manage", in_workspace(request.workspace, "key"))
    columns = (COLUMNS[0], OWNER, *COLUMNS[1:]) if everybody else COLUMNS
    table = Table(request, rows, columns=columns, filters=FILTERS, search=("name", "hint"), order="-id", name="keys")
    hubs = {choice.id: choice.label for choice in hub_choices(request.workspace)}
    for row in table.rows:
        row.hub_label = hubs.get(row.hub, row.hub)
    context = {
        "table": table,
        "everybody": everybody,
        "now": now(),
    }
    return render(request, "accounts/keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("key.manage_own")
def key_new(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Make a key. Its secret waits, sealed, in the session until the next page shows it."""
    form = KeyForm(request.workspace, request.POST or None, initial={"hub": request.GET.get("hub", "")})
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("name", "scopes", "hub")}
        try:
            key, secret = create_key(
                actor=request.principal, workspace=request.workspace, expires_at=form.expires_at(), **values
            )
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            sealed = seal_for(request.workspace.id, {"key": key.id, "secret": secret})
            request.session[_SHOWN_ONCE] = sealed.hex()
            return redirect("accounts:key", workspace=workspace, id=key.id)
    return render(request, "accounts/key_new.html", {"form": form})


@require_safe
@never_cache
@workspace_page("key.manage_own")
def key(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    """One key; right after it was made, with its secret."""
    found = _key(request, id)
    hubs = {choice.id: choice.label for choice in hub_choices(request.workspace)}
    context = {
        "key": found,
        "secret": _secret_once(request, found),
        "hub": hubs.get(found.hub, found.hub),
        "ended": found.revoked_at is not None or (found.expires_at is not None and found.expires_at <= now()),
    }
    return render(request, "accounts/key.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("key.manage_own")
def key_revoke(request: WorkspaceRequest, workspace: str, id: str) -> HttpResponse:
    found = _key(request, id)
    if request.method == "POST":
        revoke_key(actor=request.principal, key=found)
        messages.success(request, _("The key %s is revoked.") % found.name)
        return redirect("accounts:keys", workspace=workspace)
    return render(request, "accounts/key_revoke.html", {"key": found})


def _key(request: WorkspaceRequest, id: str) -> ApiKey:
    found = keys_for(request.principal, request.workspace).filter(pk=id).first()
    if found is None:
        raise Http404
    return found


def _secret_once(request: WorkspaceRequest, key: ApiKey) -> str:
    """The secret of the key that was just made; asking takes it away."""
    sealed = request.session.pop(_SHOWN_ONCE, "") if request.method == "GET" else ""
    if not sealed:
        return ""
    try:
        kept = open_for(request.workspace.id, bytes.fromhex(sealed))
    except (CryptoError, ValueError):
        return ""
    return str(kept["secret"]) if kept.get("key") == key.id else ""
