"""The page where a publisher pays for trials of a listing, and sees what they cost."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from assistants.services.budgets import used_today
from core.errors import ServiceProblem
from core.pages import say_problem, show_problem
from marketplace.forms.sponsoring import SponsoringForm
from marketplace.selectors.sponsoring import lent_tools, sponsorship_of
from marketplace.services.sponsoring import end_trials, sponsor_trials, terms_of
from marketplace.states import L
from marketplace.views.publish import link
from marketplace.views.publish_listing import find_listing, page


@workspace_page("listing.manage")
def trials(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """A POST switches it on or changes it; with `do=end` it ends."""
    listing = find_listing(request, slug)
    if listing.state == L.REMOVED:
        raise Http404
    row = sponsorship_of(listing)
    form = SponsoringForm(request.POST or None, workspace=request.workspace, terms=terms_of(row))
    if request.method == "POST":
        try:
            if request.POST.get("do") == "end":
                end_trials(actor=request.principal, listing=listing)
                messages.success(request, _("You pay for trials no more. The offline model answers."))
                return redirect(link(request, "publish-trials", slug))
            if form.is_valid():
                sponsor_trials(actor=request.principal, listing=listing, terms=form.terms())
                messages.success(request, _("Saved. It holds from the next message on."))
                return redirect(link(request, "publish-trials", slug))
        except ServiceProblem as problem:
            if request.POST.get("do") == "end":
                say_problem(request, problem)
                return redirect(link(request, "publish-trials", slug))
            show_problem(form, problem)
    active = row if row is not None and row.active else None
    return page(
        request, "publish_trials.html", listing, status=400 if form.errors else 200,
        form=form, sponsorship=active, spent=row if row is not None and row.all_used else None,
        used_today=used_today(row) if row else 0, lent=lent_tools(active),
        day_share=min(1.0, used_today(active) / active.day_tokens) if active else 0,
        all_share=min(1.0, active.all_used / active.all_tokens) if active else 0,
    )  # fmt: skip
