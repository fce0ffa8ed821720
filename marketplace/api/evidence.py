"""What was measured of a listing, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import principal_of
from accounts.models import User
from accounts.permissions import principal_for
from core.decision import Principal
from core.errors import NotFoundProblem
from marketplace.api.throttling import PublicThrottle
from marketplace.models import Listing, Probe
from marketplace.selectors.evidence import evidence_of
from marketplace.selectors.listed import find_listing
from marketplace.services.probing import request_probe

OUTCOMES = Probe.Outcome.choices


class CheckSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(
        help_text=_("reachable, handshake, conformance, drift, latency (ms), tokens or example.")
    )
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    sentence = serializers.CharField(help_text=_("What was seen, in plain words."))


class ListingDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    outcome = serializers.ChoiceField(choices=OUTCOMES, help_text=_("The worst of that day (UTC)."))
    note = serializers.CharField(allow_blank=True)


class EvidenceSerializer(serializers.Serializer[Any]):
    listing = serializers.SlugField()
    health = serializers.ChoiceField(choices=["good", "poor", "bad", "unknown", "unprobed"])
    probed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.CharField(allow_blank=True, help_text=_("That was probed."))
    checks = CheckSerializer(many=True)
    reason = serializers.CharField(allow_blank=True, help_text=_("Why it is not probed; else empty."))
    latency_ms = serializers.IntegerField(allow_null=True)
    tokens = serializers.IntegerField(
        allow_null=True, help_text=_("About what its definitions take of a model's window: characters by four.")
    )
    days = ListingDaySerializer(many=True, help_text=_("Of the last 30 those that were probed, the oldest first."))
    runs = serializers.IntegerField(help_text=_("Of installed copies in the last 30 days."))
    runs_ok = serializers.IntegerField()
    typical_ms = serializers.IntegerField(allow_null=True)


class EvidenceApi(APIView):
    """What Crossroads measured of a listing. Everybody may read it."""

    permission_classes = [AllowAny]
    throttle_classes = [PublicThrottle]

    @extend_schema(
        operation_id="get_listing_evidence", summary="What was measured of a listing", tags=["Listings"],
        responses=EvidenceSerializer,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The newest probe with its checks, the worst result of each day, and how it is used."""
        return Response(evidence_json(_listing(slug)))


class ProbeApi(APIView):
    """A probe out of turn."""

    action = "probe"
    needs: ClassVar[Mapping[str, str]] = {"probe": "listing.manage"}

    @extend_schema(
        operation_id="probe_listing", summary="Have a listing probed again", tags=["Listings"], request=None,
        responses={202: EvidenceSerializer},
    )  # fmt: skip
    def post(self, request: Request, slug: str) -> Response:
        """For whoever manages the listing and for the operator, every 15 minutes. It runs in the background."""
        listing = _listing(slug)
        request_probe(actor=_prober(request, listing), listing=listing)
        return Response(evidence_json(listing), status=202)


def evidence_json(listing: Listing) -> dict[str, Any]:
    found = evidence_of(listing)
    probe = found.probe
    return {
        "listing": listing.slug,
        "health": listing.health,
        "probed_at": probe.created_at if probe else None,
        "version": probe.version.version if probe and probe.version else "",
        "checks": [{"code": row.code, "outcome": row.outcome, "sentence": row.sentence} for row in found.rows],
        "reason": found.reason,
        "latency_ms": probe.latency_ms if probe else None,
        "tokens": probe.tokens if probe else None,
        "days": [{"day": day.day, "outcome": day.outcome, "note": day.note} for day in found.days],
        "runs": found.use.runs,
        "runs_ok": found.use.runs_ok,
        "typical_ms": found.use.typical_ms,
    }


def _listing(slug: str) -> Listing:
    found = find_listing(slug)
    if found is None or found.state not in Listing.SHOWN or found.current is None:
        raise NotFoundProblem(_("There is no such listing."))
    return found


def _prober(request: Request, listing: Listing) -> Principal:
    principal, workspace = principal_of(request), listing.publisher.workspace
    if principal.kind == "person" and workspace is not None and isinstance(request.user, User):
        return principal_for(request.user, workspace)
    return principal
