"""Forms of publishers: who they are, what they list, and what the operator answers."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from assistants.models import Assistant
from marketplace.catalogue.labels import CATEGORIES
from marketplace.models import Listing, Publisher
from marketplace.selectors.publishing import publishable_assistants, publishable_servers
from marketplace.semver import next_patch, version_key
from marketplace.services.claims import METHODS
from marketplace.services.drafting import MAX_NOTES, MAX_README
from marketplace.services.pictures import MAX_ALT
from marketplace.services.publishers import MAX_ABOUT, MAX_NAME
from proxy.models import Server


class PublisherForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, help_text=_("As people know you. It stands on everything you list.")
    )
    website = forms.CharField(label=_("Website"), max_length=300, required=False, help_text=_("With https://"))
    about = forms.CharField(
        label=_("About"), max_length=MAX_ABOUT, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Markdown. Who you are, and where to ask for help."),
    )  # fmt: skip


class ClaimForm(forms.Form):
    method = forms.ChoiceField(
        label=_("Prove it by"),
        choices=[(method.value, method.label) for method in METHODS],
        initial=Publisher.Proof.DOMAIN,
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(
        label=_("Domain or repository"), max_length=300, help_text=_("example.com, or https://github.com/owner/name")
    )


class NewListingForm(forms.Form):
    """What is listed: one assistant, or one server."""

    source = forms.ChoiceField(label=_("What do you want to list"), widget=forms.RadioSelect)
    works_offline = forms.BooleanField(
        label=_("Useful without a model"),
        required=False,
        help_text=_("For an assistant whose tools do the work: it can be tried with the built-in offline model."),
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.assistants = {row.id: row for row in publishable_assistants(workspace)[:200]}
        self.servers = {row.id: row for row in publishable_servers(workspace)[:200]}
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            *((row.id, _("Assistant: %(name)s") % {"name": row.name}) for row in self.assistants.values()),
            *((row.id, _("Server: %(name)s") % {"name": row.title}) for row in self.servers.values()),
        ]

    @property
    def has_choices(self) -> bool:
        return bool(self.assistants or self.servers)

    def chosen(self) -> tuple[Assistant | None, Server | None]:
        id = self.cleaned_data["source"]
        return self.assistants.get(id), self.servers.get(id)


class ListingForm(forms.Form):
    """The draft of a version. Translations are JSON: they mostly come from programs."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=100)
    summary = forms.CharField(label=_("Summary"), max_length=300, help_text=_("One sentence: what it does, for whom."))
    category = forms.ChoiceField(label=_("Category"), choices=list(CATEGORIES.items()))
    tags = forms.CharField(label=_("Tags"), max_length=900, required=False, help_text=_("Separated by commas."))
    languages = forms.CharField(
        label=_("Languages"), max_length=300, help_text=_("In which it answers: en, de, pt-BR.")
    )
    licence = forms.CharField(
        label=_("Licence"), max_length=60, required=False, help_text=_("Such as MIT or CC-BY-4.0.")
    )
    homepage = forms.CharField(label=_("Homepage"), max_length=500, required=False)
    repository = forms.CharField(label=_("Repository"), max_length=500, required=False)
    readme = forms.CharField(
        label=_("Description"), max_length=MAX_README, required=False,
        widget=forms.Textarea(attrs={"rows": 14, "class": "mono"}),
        help_text=_("Markdown. What it can do, what it cannot, and an example."),
    )  # fmt: skip
    translations = forms.CharField(
        label=_("Translations"), required=False, max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono"}),
        help_text=_('JSON: {"de": {"name": "…", "summary": "…"}}'),
    )  # fmt: skip
    version = forms.CharField(
        label=_("Version"), max_length=60, help_text=_("Such as 1.2.0, and greater than the one before.")
    )
    notes = forms.CharField(
        label=_("What is new"), max_length=MAX_NOTES, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed once you submit. It is what people read before they take an update."),
    )  # fmt: skip

    @classmethod
    def initial_of(cls, listing: Listing) -> dict[str, Any]:
        """The draft; where its version was submitted already, the next number and no notes yet."""
        draft = listing.draft
        newest = listing.versions.order_by("-version_key").values_list("version", flat=True).first()
        if newest and version_key(draft.get("version", "")) <= version_key(newest):
            draft = draft | {"version": next_patch(newest), "notes": ""}
        translations = draft.get("translations") or {}
        return {
            **{name: draft.get(name, "") for name in cls.base_fields},
            "revision": draft.get("revision", 1),
            "tags": ", ".join(draft.get("tags") or ()),
            "languages": ", ".join(draft.get("languages") or ()),
            "translations": msgspec.json.format(msgspec.json.encode(translations)).decode() if translations else "",
        }

    def clean_translations(self) -> Any:
        text = self.cleaned_data["translations"].strip()
        try:
            return msgspec.json.decode(text) if text else {}
        except (msgspec.DecodeError, RecursionError):
            raise forms.ValidationError(_("This is no JSON.")) from None

    def values(self) -> dict[str, Any]:
        """Arguments for `edit_listing`."""
        found = dict(self.cleaned_data)
        for name in ("tags", "languages"):
            found[name] = [part.strip() for part in found[name].split(",") if part.strip()]
        return found


class PictureForm(forms.Form):
    picture = forms.FileField(label=_("Picture"), help_text=_("PNG, JPEG or WebP, at most 5 MB."))
    alt = forms.CharField(
        label=_("What it shows"), max_length=MAX_ALT, help_text=_("For people who do not see it, and while it loads.")
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(forms.Form):
    note = forms.CharField(
        label=_("Note"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The publisher reads it. Needed unless you approve."),
    )  # fmt: skip
