"""Pages that belong to no workspace."""

from __future__ import annotations

from django.urls import path

from core import operator, views

app_name = "core"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("operator/", operator.health, name="health"),
    path("operator/jobs/", operator.jobs, name="jobs"),
    path("operator/jobs/<str:id>/retry/", operator.job_retry, name="job_retry"),
    path("operator/outbox/", operator.outbox, name="outbox"),
    path("operator/outbox/<str:id>/", operator.message, name="message"),
]
