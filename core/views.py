"""Answers that belong to no app: health for machines, and the site's own error pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import redis
from core.api.problems import problem_response, wants_problem
from core.errors import ServiceProblem
from core.health import postgres_answers


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the truth (PostgreSQL) answers. Without Redis the site goes on, slower, so that is only said."""
    stores = {"postgres": postgres_answers(), "redis": redis.answers()}
    words = {name: "ok" if answers else "away" for name, answers in stores.items()}
    return JsonResponse(words, status=200 if stores["postgres"] else 503)


def _error(request: HttpRequest, status: int, code: str, title: str, text: str) -> HttpResponse:
    if wants_problem(request):
        return problem_response(status, code, text)
    context = {"status": status, "title": title, "text": text}
    try:
        return render(request, "core/error.html", context, status=status)
    except Exception:
        # The error page needs the session and the stores; when these are what is broken, plain words must do.
        return HttpResponse(f"{title}\n\n{text}\n", status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400, "bad_request", _("Bad request"), _("The request cannot be used as it is."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    said = str(exception) if exception is not None else ""
    return _error(request, 403, "forbidden", _("Not allowed"), said or _("You may not do this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("There is nothing at this address, or nothing that you may see.")
    return _error(request, 404, "not_found", _("Not found"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    text = _("Something went wrong on our side. It was written down; please try again.")
    return _error(request, 500, "internal", _("Something went wrong"), text)


def problem_page(request: HttpRequest, problem: ServiceProblem) -> HttpResponse:
    """What a service refused, as a page."""
    titles = {403: _("Not allowed"), 404: _("Not found")}
    title = titles.get(problem.status, _("This did not work"))
    return _error(request, problem.status, problem.code, title, str(problem))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or sent from another site."""
    text = _("This form is too old or came from elsewhere. Go back, load the page again and send it once more.")
    return _error(request, 403, "csrf", _("Please send the form again"), text)
