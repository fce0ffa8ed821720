"""Pages on which a review is written, answered, found helpful, and something is reported."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import PersonRequest
from accounts.models import Membership
from accounts.pages import person_page
from accounts.permissions import principal_for
from core.decision import Principal
from core.errors import ServiceProblem
from core.pages import say_problem, show_problem
from marketplace.forms.reviews import ReplyForm, ReportForm, ReviewForm
from marketplace.models import Listing, Review
from marketplace.selectors.listed import find_listing
from marketplace.selectors.reviewing import Place, places_of
from marketplace.selectors.reviews import MANAGERS, SORTS, reviews_address
from marketplace.selectors.standing import LEAST_DAYS, LEAST_RUNS
from marketplace.services import review_answers, reviews
from marketplace.services.reports import send_report


@person_page
def review_page(request: PersonRequest, slug: str) -> HttpResponse:
    """Write the review of one of one's workspaces, or change it once. Says why not where that cannot be."""
    listing = _listing(slug)
    places = places_of(request.user, listing)
    usable = [place for place in places if place.open]
    chosen = _chosen(usable, request.GET.get("workspace", ""))
    form = ReviewForm(request.POST or None, places=usable, initial=_initial(chosen))
    if request.method == "POST" and usable and form.is_valid():
        place = form.chosen()
        try:
            _save(principal_for(request.user, place.workspace), listing, place, form)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Thank you. Your review stands on the page."))
            return redirect(reviews_address(listing, "newest"))
    context = {
        "listing": listing, "form": form, "usable": usable, "chosen": chosen,
        "others": [place for place in places if not place.open],
        "later": any(place.standing.code == "too_little" for place in places),
        "least_runs": LEAST_RUNS, "least_days": LEAST_DAYS,
    }  # fmt: skip
    return render(request, "marketplace/review.html", context, status=400 if form.errors else 200)


@person_page
def report_page(request: PersonRequest, slug: str) -> HttpResponse:
    """Report a listing, or with `?review=` one of its reviews."""
    listing = _listing(slug)
    id = request.GET.get("review", "")
    review = _review(listing, id) if id else None
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            send_report(actor=request.principal, listing=listing, review=review, **form.cleaned_data)
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Reported. The operator looks at it, and you get a mail."))
            if review is not None:
                return redirect(reviews_address(listing, at=review.id))
            return redirect("marketplace:entry", listing.slug)
    context = {"listing": listing, "review": review, "form": form}
    return render(request, "marketplace/report.html", context, status=400 if form.errors else 200)


@person_page
def reply_page(request: PersonRequest, slug: str, id: str) -> HttpResponse:
    """The publisher's answer to a review."""
    listing = _listing(slug)
    review = _review(listing, id)
    workspace = listing.publisher.workspace
    member = Membership.objects.filter(user=request.user, workspace=workspace, role__in=MANAGERS)
    if workspace is None or not member.exists():
        raise Http404
    form = ReplyForm(request.POST or None, initial={"text": review.reply})
    if request.method == "POST" and form.is_valid():
        actor = principal_for(request.user, workspace)
        try:
            review_answers.reply_review(actor=actor, review=review, text=form.cleaned_data["text"])
        except ServiceProblem as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Answered.") if form.cleaned_data["text"] else _("Your answer is taken away."))
            return redirect(reviews_address(listing, at=review.id))
    context = {"listing": listing, "review": review, "form": form}
    return render(request, "marketplace/review_reply.html", context, status=400 if form.errors else 200)


@require_POST
@person_page
def helpful(request: PersonRequest, slug: str, id: str) -> HttpResponse:
    """Vote for a review; `helpful=0` takes the vote back."""
    listing = _listing(slug)
    review = _review(listing, id)
    try:
        review_answers.vote_helpful(
            actor=request.principal, review=review, helpful=request.POST.get("helpful") != "0"
        )  # fmt: skip
    except ServiceProblem as problem:
        say_problem(request, problem)
    return redirect(_same_place(request, listing, review))


@require_POST
@person_page
def withdraw(request: PersonRequest, slug: str, id: str) -> HttpResponse:
    """Take one's own review back."""
    listing = _listing(slug)
    review = _review(listing, id)
    actor = principal_for(request.user, review.workspace)
    if not actor.role:
        raise Http404
    try:
        reviews.withdraw_review(actor=actor, review=review)
    except ServiceProblem as problem:
        say_problem(request, problem)
    else:
        messages.success(request, _("Your review is withdrawn."))
    return redirect(reviews_address(listing))


def _listing(slug: str) -> Listing:
    found = find_listing(slug)
    if found is None or found.state not in Listing.SHOWN:
        raise Http404
    return found


def _review(listing: Listing, id: str) -> Review:
    rows = Review.objects.filter(pk=id, listing=listing, state=Review.State.SHOWN)
    found = rows.select_related("workspace", "user", "listing__publisher__workspace").first()
    if found is None:
        raise Http404
    return found


def _chosen(places: list[Place], slug: str) -> Place | None:
    wished = [place for place in places if place.workspace.slug == slug]
    return next(iter(wished or places), None)


def _initial(place: Place | None) -> dict[str, object]:
    if place is None:
        return {}
    found: dict[str, object] = {"workspace": place.workspace.slug}
    return found | ({"stars": place.review.stars, "text": place.review.text} if place.review else {})


def _save(actor: Principal, listing: Listing, place: Place, form: ReviewForm) -> None:
    stars, text = form.cleaned_data["stars"], form.cleaned_data["text"]
    if place.review is not None:
        reviews.edit_review(actor=actor, review=place.review, stars=stars, text=text)
    else:
        reviews.write_review(actor=actor, workspace=place.workspace, listing=listing, stars=stars, text=text)


def _same_place(request: PersonRequest, listing: Listing, review: Review) -> str:
    """Back to the review in the list from which somebody voted."""
    sort, page = request.POST.get("sort", ""), request.POST.get("page", "")
    return reviews_address(
        listing, sort if sort in SORTS else "helpful", left_out=bool(request.POST.get("left_out")),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1, at=review.id,
    )  # fmt: skip
