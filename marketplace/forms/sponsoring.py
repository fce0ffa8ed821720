"""The form of trials that a publisher pays for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from assistants.models import Sponsorship
from marketplace.selectors.sponsoring import demo_hubs, providers_to_choose
from marketplace.services.sponsoring import BOUNDS, Terms


def _number(name: str, label: Any, help_text: Any = "") -> forms.IntegerField:
    least, most = BOUNDS[name]
    return forms.IntegerField(label=label, min_value=least, max_value=most, help_text=help_text)


class SponsoringForm(forms.Form):
    """Which model and which demo hub visitors get, and how much of it."""

    provider = forms.ChoiceField(
        label=_("Model provider"), required=False,
        help_text=_("It answers visitors, on this workspace's account. What they write goes to it."),
    )  # fmt: skip
    klass = forms.ChoiceField(label=_("Model"), choices=Sponsorship.ModelClass.choices, required=False)
    hub = forms.ChoiceField(
        label=_("Demo hub"), required=False,
        help_text=_("A read-only hub. Visitors get those of its tools that this listing names and that only read."),
    )  # fmt: skip
    day_tokens = _number("day_tokens", _("Tokens a day"), _("Days end at midnight, UTC."))
    all_tokens = _number("all_tokens", _("Tokens in all"), _("What was spent before counts."))
    answer_tokens = _number("answer_tokens", _("Tokens an answer"), _("What it reads and what it writes."))
    visitor_answers = _number("visitor_answers", _("Answers a day for one visitor"))

    def __init__(self, *args: Any, workspace: Workspace, terms: Terms, **kwargs: Any) -> None:
        kwargs["initial"] = asdict(terms)
        super().__init__(*args, **kwargs)
        self.providers, self.hubs = providers_to_choose(workspace), demo_hubs(workspace)
        self._choices("provider", _("None: the offline model answers"), [(row.id, row.name) for row in self.providers])
        self._choices("hub", _("None"), [(row.id, row.title) for row in self.hubs])

    def terms(self) -> Terms:
        values = dict(self.cleaned_data)
        return Terms(**values | {"klass": values["klass"] or Terms().klass})

    def _choices(self, name: str, none: Any, rows: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", none), *rows]
