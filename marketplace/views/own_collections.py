"""Where people look after their own collections."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import PersonRequest
from accounts.pages import person_page
from core.errors import ServiceProblem
from core.pages import say_problem, show_problem
from marketplace.forms.collections import CollectionForm, SaveForm
from marketplace.models import Collection, Listing
from marketplace.selectors.collections import entries_of, find_collection, is_own, own_collections, places_for
from marketplace.selectors.listed import find_listing
from marketplace.services import collections as services


@person_page
def list_page(request: PersonRequest) -> HttpResponse:
    context = {"collections": list(own_collections(request.user.id)), "most": services.MOST_COLLECTIONS}
    return render(request, "marketplace/own_collections.html", context)


@person_page
def new(request: PersonRequest) -> HttpResponse:
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_collection(actor=request.principal, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Made. Put listings into it from their pages."))
            return redirect("marketplace:collection-edit", made.slug)
    return render(request, "marketplace/collection_new.html", {"form": form}, status=400 if form.errors else 200)


@person_page
def edit(request: PersonRequest, slug: str) -> HttpResponse:
    """Its words, who sees it, and its entries."""
    collection = _own(request, slug)
    initial = {"title": collection.title, "text": collection.text, "visibility": collection.visibility}
    form = CollectionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_collection(actor=request.principal, collection=collection, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("marketplace:collection-edit", slug)
    context = {
        "collection": collection,
        "form": form,
        "entries": entries_of(collection),
        "most": services.MOST_ENTRIES,
        "longest": services.MAX_NOTE,
    }
    return render(request, "marketplace/collection_edit.html", context, status=400 if form.errors else 200)


@require_POST
@person_page
def change(request: PersonRequest, slug: str) -> HttpResponse:
    """One entry: its note, its place, out of it."""
    collection = _own(request, slug)
    item = (
        collection.items.filter(listing=request.POST.get("listing", "").replace("\0", ""))
        .select_related("listing")
        .first()
    )
    if item is None:
        raise Http404
    ids = list(collection.items.order_by("position", "id").values_list("listing", flat=True))
    at = ids.index(item.listing_id)
    one: dict[str, Any] = {"actor": request.principal, "collection": collection, "listing": item.listing}
    try:
        match request.POST.get("do", ""):
            case "note":
                services.note_entry(**one, note=request.POST.get("note", ""))
                messages.success(request, _("Saved."))
            case "up":
                services.move_entry(**one, to=at - 1)
            case "down":
                services.move_entry(**one, to=at + 1)
            case "first":
                services.move_entry(**one, to=0)
            case "remove":
                services.remove_entry(**one)
                messages.success(request, _("Taken out."))
            case _other:
                raise Http404
    except ServiceProblem as problem:
        say_problem(request, problem)
    return redirect("marketplace:collection-edit", slug)


@require_POST
@person_page
def delete(request: PersonRequest, slug: str) -> HttpResponse:
    collection = _own(request, slug)
    services.delete_collection(actor=request.principal, collection=collection)
    messages.success(request, _("%s is deleted.") % collection.title)
    return redirect("marketplace:own-collections")


@person_page
def save(request: PersonRequest, slug: str) -> HttpResponse:
    """Save a listing: a tick for each collection that it is to be in, and a new one."""
    listing = find_listing(slug)
    if listing is None or listing.state not in Listing.SHOWN:
        raise Http404
    form = SaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wanted = request.POST.getlist("into")[: services.MOST_COLLECTIONS]
        try:
            made = services.save_listing(
                actor=request.principal, listing=listing, into=wanted, title=form.cleaned_data["title"]
            )
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(
                request,
                _("Saved in %s.") % ", ".join(one.title for one in made) if made else _("It is in none of yours now."),
            )
            return redirect("marketplace:entry", listing.slug)
    context = {"listing": listing, "form": form, "places": places_for(request.user.id, listing)}
    return render(request, "marketplace/collection_save.html", context, status=400 if form.errors else 200)


def _own(request: PersonRequest, slug: str) -> Collection:
    found = find_collection(request.principal, slug)
    if found is None or not is_own(request.principal, found):
        raise Http404
    return found
