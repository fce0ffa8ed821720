"""allauth's forms in our words: a label says what a field is, so no placeholder repeats it."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.services import feign_sign_up

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "password1": _("Password"),
    "password2": _("Password, once more"),
    "oldpassword": _("Present password"),
}


class OurWords(BaseForm):
    """Mixed into allauth's forms, before them."""

    labels = LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if field.help_text and str(field.help_text).startswith("<ul>"):
                field.help_text = _("At least 10 characters, and not only a common word.")


class LoginForm(OurWords, allauth_forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        link = '<a class="link" href="{}">{}</a>'
        self.fields["password"].help_text = format_html(link, reverse("account_reset_password"), _("I forgot it"))


class SignupForm(OurWords, allauth_forms.SignupForm):  # type: ignore[misc]
    def try_save(self, request: HttpRequest) -> tuple[Any, Any]:
        """Who has an account already is told by mail alone: the answer takes as long as anybody's."""
        if self.account_already_exists:
            feign_sign_up(password=self.cleaned_data["password1"])
        return super().try_save(request)  # type: ignore[no-any-return]  # allauth says (user or None, answer or None)


class ResetPasswordForm(OurWords, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(OurWords, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    labels = LABELS | {"password1": _("New password")}


class ChangePasswordForm(OurWords, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    labels = LABELS | {"password1": _("New password")}


class AddEmailForm(OurWords, allauth_forms.AddEmailForm):  # type: ignore[misc]
    pass
