"""The operator's decisions about reports and reviews."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.errors import ServiceProblem
from core.http import SiteRequest
from core.pages import operator_page, show_problem
from marketplace.forms.reviews import NoteForm
from marketplace.models import Report, Review
from marketplace.services import reports

MEASURES = {"uphold": "", "hold": "hold", "remove": "remove"}


@operator_page("operator.manage")
def report(request: SiteRequest, id: str) -> HttpResponse:
    """One report: what was said about what; a POST decides."""
    rows = Report.objects.select_related("listing__publisher__workspace", "review__user", "user")
    found = rows.filter(pk=id).first()
    if found is None:
        raise Http404
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        do, note = request.POST.get("do", ""), form.cleaned_data["note"]
        if do != "dismiss" and do not in MEASURES:
            raise Http404
        try:
            reports.decide_report(
                actor=request.principal, report=found, upheld=do != "dismiss", note=note, measure=MEASURES.get(do, "")
            )
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Decided. Whoever is concerned gets a mail."))
            return redirect("marketplace:moderation")
    others = Report.objects.filter(listing=found.listing, review=found.review, state=Report.State.OPEN)
    context = {"report": found, "form": form, "others": others.exclude(pk=found.pk).count()}
    return render(request, "marketplace/moderation_report.html", context, status=400 if form.errors else 200)


@operator_page("operator.manage")
def review(request: SiteRequest, id: str) -> HttpResponse:
    """One review: held, shown again, removed."""
    found = Review.objects.select_related("listing__publisher__workspace", "user", "workspace").filter(pk=id).first()
    if found is None:
        raise Http404
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        steps = {"hold": reports.hold_review, "release": reports.release_review, "remove": reports.remove_review}
        step = steps.get(request.POST.get("do", ""))
        if step is None:
            raise Http404
        try:
            step(actor=request.principal, review=found, note=form.cleaned_data["note"])
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Done. Whoever wrote it gets a mail."))
            return redirect("marketplace:moderation")
    context = {"review": found, "form": form}
    return render(request, "marketplace/moderation_review.html", context, status=400 if form.errors else 200)
