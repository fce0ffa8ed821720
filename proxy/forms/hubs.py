"""Forms for hubs and what they offer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from core.decision import Principal
from core.permissions import INSTALLATION, allowed
from proxy.models import Feature, Hub, HubServer, Server
from proxy.selectors.hubs import places_of


class HubForm(forms.Form):
    """A hub's settings. `HubForm(hub=hub, …)` changes one; without it the short name and servers can be chosen."""

    title = forms.CharField(label=_("Name"), max_length=80)
    slug = forms.SlugField(
        label=_("Short name"),
        max_length=40,
        required=False,
        help_text=_("The end of its address, which never changes. Made from the name when left empty."),
    )
    servers = forms.ModelMultipleChoiceField(
        label=_("Servers"),
        queryset=Server.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everything they offer. You can choose single tools afterwards."),
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Told to every client that connects."),
    )
    naming = forms.ChoiceField(
        label=_("Names of tools"),
        choices=Hub.Naming.choices,
        initial=Hub.Naming.PREFIXED,
        widget=forms.RadioSelect,
        help_text=_("With the server's short name before them they never clash."),
    )
    read_only = forms.BooleanField(
        label=_("Only tools that read"),
        required=False,
        help_text=_("Tools that do not say that they only read are left out."),
    )
    record_payloads = forms.BooleanField(
        label=_("Keep arguments and results"),
        required=False,
        help_text=_("Encrypted, and seen only by admins. Without it, calls are recorded without their contents."),
    )
    open = forms.BooleanField(
        label=_("Open without a key on this machine"),
        required=False,
        help_text=_("Only on the open listener of loopback, where the operator has switched it on."),
    )

    def __init__(
        self, *args: Any, principal: Principal, workspace: Workspace, hub: Hub | None = None, **kwargs: Any
    ) -> None:
        names = ("title", "instructions", "naming", "read_only", "record_payloads", "open")
        if hub is not None:
            kwargs["initial"] = {name: getattr(hub, name) for name in names} | dict(kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if hub is not None:
            del self.fields["slug"], self.fields["servers"]
        else:
            servers = self.fields["servers"]
            assert isinstance(servers, forms.ModelMultipleChoiceField)
            servers.queryset = Server.objects.filter(workspace=workspace).order_by("title", "id")
        if not allowed(principal, "operator.manage", INSTALLATION):
            del self.fields["open"]

    def values(self) -> dict[str, Any]:
        """Arguments for `create_hub` or `update_hub`."""
        return dict(self.cleaned_data)


class AddServerForm(forms.Form):
    """A server that is not on the hub yet."""

    server = forms.ModelChoiceField(label=_("Server"), queryset=Server.objects.none(), empty_label=None)
    offers_all = forms.BooleanField(
        label=_("Offer everything it has, also what it gains later"), required=False, initial=True
    )

    def __init__(self, *args: Any, hub: Hub, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = places_of(hub).values("server_id")
        field = self.fields["server"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Server.objects.filter(workspace=hub.workspace_id).exclude(pk__in=there).order_by("title", "id")


class ChoiceForm(forms.Form):
    """What a hub takes of one server: the ticked features are offered."""

    offers_all = forms.BooleanField(label=_("Also offer what it gains later"), required=False)
    features = forms.ModelMultipleChoiceField(
        label=_("Offered"), queryset=Feature.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, place: HubServer, **kwargs: Any) -> None:
        self.own = Feature.objects.filter(server=place.server_id, gone_at=None).order_by("kind", "position", "id")
        decided = dict(place.choices.values_list("feature_id", "offered"))
        ticked = [f.pk for f in self.own if decided.get(f.pk, place.offers_all)]
        kwargs["initial"] = {"offers_all": place.offers_all, "features": ticked}
        super().__init__(*args, **kwargs)
        field = self.fields["features"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = self.own

    def values(self) -> dict[str, Any]:
        """Arguments for `choose_features`."""
        ticked = {feature.pk for feature in self.cleaned_data["features"]}
        offers_all = self.cleaned_data["offers_all"]
        named = {feature.pk for feature in self.own} - ticked if offers_all else ticked
        return {"offers_all": offers_all, "feature_ids": named}


class FeatureForm(forms.Form):
    """What the workspace decides about a tool, resource or prompt."""

    enabled = forms.BooleanField(label=_("Switched on"), required=False)
    alias = forms.CharField(
        label=_("Name for clients"),
        max_length=64,
        required=False,
        help_text=_("Letters, digits, underscores, hyphens and dots. Empty gives the server's own name back."),
    )
    description = forms.CharField(
        label=_("Description for clients"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What a model reads to know when to use it. Empty gives the server's own back."),
    )

    def __init__(self, *args: Any, feature: Feature, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(feature, name) for name in ("enabled", "alias", "description")}
        super().__init__(*args, **kwargs)
        if feature.kind not in (Feature.Kind.TOOL, Feature.Kind.PROMPT):
            del self.fields["alias"]

    def values(self) -> dict[str, Any]:
        """Arguments for `set_feature`."""
        return dict(self.cleaned_data)
