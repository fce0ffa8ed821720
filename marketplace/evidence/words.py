"""What is kept as a sentence, and has to be known again."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from marketplace.evidence.days import DEPRECATED_AFTER


def deprecation_reason() -> str:
    """The reason of a listing that the evidence deprecated; always in the installation's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("Every probe of the last %d days found it broken.") % DEPRECATED_AFTER
