"""Pictures of a listing: added, removed, put in order."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from accounts.http import WorkspaceRequest
from accounts.pages import workspace_page
from core.errors import ServiceProblem
from core.pages import say_problem, show_problem
from marketplace.forms.publishing import PictureForm
from marketplace.models import Listing
from marketplace.services.pictures import add_picture, arrange_pictures, remove_picture
from marketplace.states import L
from marketplace.views.publish import link
from marketplace.views.publish_listing import find_listing, page


@workspace_page("listing.manage")
def pictures(request: WorkspaceRequest, workspace: str, slug: str) -> HttpResponse:
    """A POST adds one; `do` removes one or moves it."""
    listing = find_listing(request, slug)
    if listing.state == L.REMOVED:
        raise Http404
    form = PictureForm()
    if request.method == "POST" and request.POST.get("do"):
        _change_picture(request, listing)
        return redirect(link(request, "publish-pictures", slug))
    if request.method == "POST":
        form = PictureForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                data = form.cleaned_data["picture"].read()
                add_picture(actor=request.principal, listing=listing, data=data, alt=form.cleaned_data["alt"])
            except ServiceProblem as problem:
                show_problem(form, problem)
            else:
                return redirect(link(request, "publish-pictures", slug))
    rows = list(listing.pictures.order_by("position", "id").defer("body"))
    status = 400 if form.errors else 200
    return page(request, "publish_pictures.html", listing, status=status, form=form, pictures=rows)


def _change_picture(request: WorkspaceRequest, listing: Listing) -> None:
    picture = listing.pictures.filter(pk=request.POST.get("picture", "")).defer("body").first()
    if picture is None:
        raise Http404
    picture.listing = listing
    order = list(listing.pictures.order_by("position", "id").values_list("pk", flat=True))
    at = order.index(picture.pk)
    try:
        match request.POST["do"]:
            case "remove":
                remove_picture(actor=request.principal, picture=picture)
            case "up" if at:
                order[at - 1], order[at] = order[at], order[at - 1]
                arrange_pictures(actor=request.principal, listing=listing, picture_ids=order)
            case _:
                return
    except ServiceProblem as problem:
        say_problem(request, problem)
