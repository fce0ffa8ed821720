"""How the API reads bodies: JSON alone, and no more than can be kept and passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core.json_values import checked_json


class JsonParser(JSONParser):
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value of the body. Raises ParseError (400)."""
        try:
            return checked_json(stream.read())
        except ValueError as problem:
            raise ParseError(_("The body is not JSON that can be used: %s") % problem) from None
