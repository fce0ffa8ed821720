"""The operator's word on a picture that waits."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import ServiceProblem
from core.http import SiteRequest
from core.pages import operator_page, say_problem
from marketplace.models import ListingPicture
from marketplace.services.pictures import decide_picture


@require_POST
@operator_page("operator.manage")
def decide(request: SiteRequest, id: str) -> HttpResponse:
    picture = ListingPicture.objects.select_related("listing__publisher").defer("body").filter(pk=id).first()
    what = request.POST.get("do", "")
    if picture is None or what not in ("show", "refuse"):
        raise Http404
    note = request.POST.get("note", "")
    try:
        decide_picture(actor=request.principal, picture=picture, show=what == "show", note=note)
    except ServiceProblem as problem:
        say_problem(request, problem)
    else:
        messages.success(request, _("It is shown.") if what == "show" else _("Refused. Its publisher sees why."))
    return redirect("marketplace:moderation")
