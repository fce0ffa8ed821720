"""Forms of reviews and reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.models import Report
from marketplace.selectors.reviewing import Place
from marketplace.services import reports, review_answers, reviews

STARS = (
    (5, _("5 stars: does it very well")),
    (4, _("4 stars: does it well")),
    (3, _("3 stars: does it")),
    (2, _("2 stars: often does not")),
    (1, _("1 star: does not")),
)


class ReviewForm(forms.Form):
    workspace = forms.ChoiceField(label=_("For which workspace"))
    stars = forms.TypedChoiceField(
        label=_("Stars"), choices=STARS, coerce=int, widget=forms.RadioSelect,
        error_messages={"required": _("Choose one to five stars.")},
    )  # fmt: skip
    text = forms.CharField(
        label=_("In your words"), max_length=reviews.MAX_TEXT, required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What you use it for, what it does well, what it lacks. Everybody can read it, with your name."),
    )  # fmt: skip

    def __init__(self, *args: Any, places: Sequence[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.workspace.slug: place for place in places}
        field = self.fields["workspace"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(slug, place.label) for slug, place in self.places.items()]
        if len(places) == 1:
            field.widget = forms.HiddenInput()
            field.initial = places[0].workspace.slug

    def chosen(self) -> Place:
        return self.places[self.cleaned_data["workspace"]]


class ReplyForm(forms.Form):
    text = forms.CharField(
        label=_("Your answer"), max_length=review_answers.MAX_REPLY, required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Everybody can read it below the review. Leave it empty to take it away."),
    )  # fmt: skip


class ReportForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong"), choices=Report.Reason.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Tell more"), max_length=reports.MAX_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Where to look, and what you saw. Only the operator reads it."),
    )  # fmt: skip


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("Note"), max_length=reports.MAX_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Whoever is concerned reads it in a mail. Needed when something is held or removed."),
    )  # fmt: skip
