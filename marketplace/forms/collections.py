"""Forms of collections."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.models import Report
from marketplace.services import collection_reports, collections

SEEN_BY = (
    ("private", _("Only me")),
    ("unlisted", _("Whoever has the address")),
    ("public", _("Everybody: it is listed in the marketplace")),
)


class CollectionForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=collections.MAX_TITLE)
    text = forms.CharField(
        label=_("What it is for"), max_length=collections.MAX_TEXT, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Stands below the title. Plain text."),
    )  # fmt: skip
    visibility = forms.ChoiceField(label=_("Who sees it"), choices=SEEN_BY, initial="private", widget=forms.RadioSelect)


class SaveForm(forms.Form):
    """A tick for each of one's collections, and a title for a new one."""

    title = forms.CharField(
        label=_("A new collection"), max_length=collections.MAX_TITLE, required=False,
        help_text=_("Give it a title, and it is made with this in it. Only you see it until you say otherwise."),
    )  # fmt: skip


class CollectionReportForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong"), choices=Report.Reason.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Tell more"), max_length=collection_reports.MAX_TEXT, required=False,
        widget=forms.Textarea(attrs={"rows": 4}), help_text=_("Only the operator reads it."),
    )  # fmt: skip


class HideForm(forms.Form):
    note = forms.CharField(
        label=_("Note"), max_length=collection_reports.MAX_NOTE, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever made it reads it in a mail. Needed to hide it."),
    )  # fmt: skip
