"""Where providers are reached: their own addresses, and those that people give."""

from __future__ import annotations

from dataclasses import dataclass, field

OWN = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
_VERSIONS = {"anthropic": ("/v1",), "google": ("/v1beta", "/v1")}


@dataclass(frozen=True)
class ModelSettings:
    """How to reach a model. Never stored, never logged."""

    provider: str
    """`mdl_…`."""
    kind: str
    """openai, anthropic or google."""
    name: str
    base_url: str
    """Empty: the provider's own address."""
    key: str = field(repr=False)
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None


def base_of(kind: str, base_url: str) -> str:
    """The address without its last slash, and without the version that the provider's library adds itself."""
    base = (base_url.strip() or OWN[kind]).rstrip("/")
    for version in _VERSIONS.get(kind, ()):
        base = base.removesuffix(version)
    return base
