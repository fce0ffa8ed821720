"""Trials that a publisher pays for, over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import WorkspaceViewSet
from assistants.models import Sponsorship
from assistants.services.budgets import used_today
from core.errors import NotFoundProblem
from marketplace.models import Listing
from marketplace.selectors.publishing import listings_of
from marketplace.selectors.sponsoring import lent_tools, sponsorship_of
from marketplace.services.sponsoring import BOUNDS, Terms, end_trials, sponsor_trials, terms_of


def _number(name: str, help_text: Any) -> serializers.IntegerField:
    least, most = BOUNDS[name]
    return serializers.IntegerField(min_value=least, max_value=most, required=False, help_text=help_text)


class TrialTermsWrite(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    provider = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text=_("Id of a model provider; empty for none.")
    )
    klass = serializers.ChoiceField(choices=Sponsorship.ModelClass.choices, required=False)
    hub = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text=_("Id of a read-only hub; empty for none.")
    )
    day_tokens = _number("day_tokens", _("Tokens a day, which ends at midnight UTC."))
    all_tokens = _number("all_tokens", _("Tokens in all."))
    answer_tokens = _number("answer_tokens", _("Tokens for one answer."))
    visitor_answers = _number("visitor_answers", _("Answers a day for one visitor."))


class TrialTermsSerializer(serializers.ModelSerializer[Sponsorship]):
    provider = serializers.CharField(source="provider_id", allow_null=True)
    hub = serializers.CharField(source="hub_id", allow_null=True)
    day_used = serializers.SerializerMethodField(help_text=_("Tokens spent today."))
    lent = serializers.SerializerMethodField(help_text=_("Tools of the demo hub that visitors get."))

    class Meta:
        model = Sponsorship
        fields: ClassVar = [
            "id", "active", "allowed", "provider", "klass", "hub", "day_tokens", "all_tokens", "answer_tokens",
            "visitor_answers", "day_used", "all_used", "lent", "problem", "problem_at", "updated_at",
        ]  # fmt: skip

    def get_day_used(self, row: Sponsorship) -> int:
        return used_today(row)

    def get_lent(self, row: Sponsorship) -> list[str]:
        return lent_tools(row)


class TrialTermsApi(WorkspaceViewSet):
    """One for each listing: what visitors who try it get, and how much of it."""

    serializer_class = TrialTermsSerializer
    queryset = Sponsorship.objects.none()
    kind = "listing"
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(("retrieve", "update", "destroy"), "listing.manage")

    def one(self, id: str) -> Listing:
        found = listings_of(self.workspace).select_related("publisher__workspace").filter(pk=id).first()
        if found is None:
            raise NotFoundProblem(_("There is no such listing."))
        return found

    def answer(self, listing: Listing) -> Response:
        row = sponsorship_of(listing)
        if row is None:
            raise NotFoundProblem(_("Nobody ever paid for trials of this listing."))
        return Response(TrialTermsSerializer(row).data)

    @extend_schema(
        operation_id="get_trial_terms", summary=str(_("What is paid for trials, and what they cost")),
        tags=["Listings"],
    )  # fmt: skip
    def retrieve(self, request: Request, workspace: str, id: str) -> Response:
        return self.answer(self.one(id))

    @extend_schema(
        operation_id="put_trial_terms",
        summary=str(_("Pay for trials, or change the terms")),
        description=str(_("Needs the right to manage models too: it spends what they cost. What was spent counts.")),
        tags=["Listings"],
        request=TrialTermsWrite,
        responses=TrialTermsSerializer,
    )
    def update(self, request: Request, workspace: str, id: str) -> Response:
        listing = self.one(id)
        kept = terms_of(sponsorship_of(listing))
        values = {name: getattr(kept, name) for name in Terms.__dataclass_fields__} | self.validated(TrialTermsWrite)
        sponsor_trials(actor=self.principal, listing=listing, terms=Terms(**values))
        return self.answer(listing)

    @extend_schema(
        operation_id="end_trial_terms", summary=str(_("Pay for trials no more")), tags=["Listings"],
        responses={204: None},
    )  # fmt: skip
    def destroy(self, request: Request, workspace: str, id: str) -> Response:
        end_trials(actor=self.principal, listing=self.one(id))
        return Response(status=204)
