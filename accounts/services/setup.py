"""The first operator: a one-time link, printed where only whoever runs the installation can read it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import SetupLink, User
from accounts.selectors import operator_exists
from accounts.services.people import create_person
from core.clock import now
from core.errors import InvalidProblem, NotFoundProblem, ServiceProblem
from core.events import record_event
from core.keyring import keyring
from core.links import absolute
from core.permissions import SYSTEM

LIFETIME = timedelta(days=7)


def make_setup_link() -> str:
    """A fresh link; older ones end. Raises ServiceProblem when there is an operator already."""
    if operator_exists():
        raise ServiceProblem(_("There is an operator already."), code="operator_exists")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        SetupLink.objects.filter(used_at=None).delete()
        SetupLink.objects.create(hash=keyring().keyed_hash(token), expires_at=now() + LIFETIME)
        record_event(type="setup.link_made", actor=SYSTEM)
    return absolute(reverse("accounts:setup", args=[token]))


def read_setup_link(*, token: str, lock: bool = False) -> SetupLink:
    """The usable link of a token. Raises NotFoundProblem for one that is unknown, used, too old or no longer needed."""
    rows = SetupLink.objects.select_for_update() if lock else SetupLink.objects.all()
    link = rows.filter(hash=keyring().keyed_hash(token), used_at=None, expires_at__gt=now()).first()
    if link is None or operator_exists():
        raise NotFoundProblem(_("This set-up link was used already, or is too old."))
    return link


def use_setup_link(*, token: str, email: str, password: str, name: str = "") -> User:
    """Make the first operator, once. Raises NotFoundProblem or InvalidProblem."""
    with transaction.atomic():
        link = read_setup_link(token=token, lock=True)
        try:
            validate_password(password, User(email=email, name=name))
        except ValidationError as problem:
            raise InvalidProblem(" ".join(problem.messages), field="password") from None
        user = create_person(actor=SYSTEM, email=email, password=password, name=name, is_operator=True)
        link.used_at = now()
        link.save(update_fields=["used_at"])
    return user
