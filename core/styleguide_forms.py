"""The sample forms of the styleguide: one of Django's, one of a JSON Schema."""

from __future__ import annotations

from typing import Any

from django import forms

ARGUMENTS = {"city": "Bern", "units": "metric", "days": 3, "tags": ["rain", "wind"], "place": {"lat": 46.9, "lon": 7.4}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "A place by name.", "examples": ["Bern"]},
        "units": {"enum": ["metric", "imperial"], "default": "metric", "description": "How to say temperatures."},
        "days": {"type": "integer", "minimum": 1, "maximum": 14, "description": "1 to 14."},
        "hourly": {"type": "boolean", "default": False, "description": "Hour by hour instead of day by day."},
        "alerts": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "fields": {"type": "array", "uniqueItems": True, "items": {"enum": ["rain", "wind", "snow", "sun"]}},
        "place": {
            "type": "object",
            "description": "Instead of a name.",
            "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
            "required": ["lat", "lon"],
        },
        "stops": {
            "type": "array",
            "items": {"type": "object", "properties": {"at": {"type": "string"}, "hours": {"type": "integer"}}},
        },
        "since": {"type": "string", "format": "date"},
        "note": {"type": "string", "maxLength": 500},
        "extra": {"type": "object", "description": "Anything else, as JSON."},
    },
    "required": ["city", "days"],
}


class SampleForm(forms.Form):
    """Every kind of field."""

    name = forms.CharField(max_length=40, help_text="Letters, digits and dashes. It becomes part of the address.")
    url = forms.URLField(label="Address", required=False, assume_scheme="https")
    transport = forms.ChoiceField(choices=[("http", "Streamable HTTP"), ("sse", "SSE"), ("stdio", "Command")])
    token = forms.CharField(
        widget=forms.PasswordInput, required=False, help_text="Stored encrypted, never shown again."
    )
    instructions = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    role = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[("member", "Member"), ("viewer", "Viewer")], initial="member"
    )
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, choices=[("mcp", "Use hubs"), ("read", "Read")], required=False
    )
    read_only = forms.BooleanField(
        label="Only tools that read", required=False, help_text="Others are left out of this hub."
    )
