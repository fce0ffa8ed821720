"""The operator's imports: start one, and read what came of the last ones."""

from __future__ import annotations

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import ServiceProblem
from core.http import SiteRequest
from core.pages import operator_page, show_problem
from core.permissions import INSTALLATION, require
from marketplace.forms.imports import FileForm, RegistryForm
from marketplace.importers.reports import read_report, report_text
from marketplace.models import ImportRun
from marketplace.selectors.imports import last_imports, report_lists
from marketplace.services.imports import start_registry, start_upload

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@operator_page()
def imports_page(request: SiteRequest) -> HttpResponse:
    """Both forms and the last imports; a POST starts one in the background."""
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    if request.method == "POST":
        require(request.principal, "operator.manage", INSTALLATION)
    file_form = FileForm(request.POST, request.FILES) if asked == "file" else FileForm()
    registry_form = RegistryForm(request.POST) if asked == "registry" else RegistryForm()
    run = _start(request, file_form, registry_form)
    if run is not None:
        messages.success(request, _("The import has begun. Its report grows here."))
        return redirect("marketplace:import-report", run.id)
    context = {"file_form": file_form, "registry_form": registry_form, "runs": last_imports(SHOWN)}
    return render(request, "marketplace/imports.html", context, status=400 if request.method == "POST" else 200)


def _start(request: SiteRequest, file_form: FileForm, registry_form: RegistryForm) -> ImportRun | None:
    form = file_form if file_form.is_bound else registry_form
    if not form.is_bound or not form.is_valid():
        return None
    values = form.cleaned_data
    try:
        if form is file_form:
            upload = values["file"]
            return start_upload(actor=request.principal, name=upload.name, body=upload.read(), format=values["format"])
        return start_registry(actor=request.principal, address=values["address"], whole=values["whole"])
    except ServiceProblem as problem:
        show_problem(form, problem)
        return None


@require_safe
@never_cache
@operator_page()
def report_page(request: SiteRequest, id: str) -> HttpResponse:
    """One import with every entry that was refused and why; `?as=json` and `?as=text` give it to keep."""
    run = ImportRun.objects.defer("body").filter(pk=id).first()
    if run is None:
        raise Http404
    report = read_report(run.report)
    kind = request.GET.get("as", "")
    if kind in ("json", "text"):
        body = msgspec.json.encode(run.report) if kind == "json" else report_text(report).encode()
        media = "application/json" if kind == "json" else "text/plain; charset=utf-8"
        name = f"import-{run.id}.{'json' if kind == 'json' else 'txt'}"
        return HttpResponse(body, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
    context = {"run": run, "report": report, "lists": report_lists(report)}
    return render(request, "marketplace/import_report.html", context)
