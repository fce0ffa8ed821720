"""allauth's forms in our words: a label says what a field is, so no placeholder repeats it."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django.forms import BaseForm
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

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
    pass


class ResetPasswordForm(OurWords, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(OurWords, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    labels = LABELS | {"password1": _("New password")}


class ChangePasswordForm(OurWords, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    labels = LABELS | {"password1": _("New password")}


class AddEmailForm(OurWords, allauth_forms.AddEmailForm):  # type: ignore[misc]
    pass
