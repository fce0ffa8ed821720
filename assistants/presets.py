"""Model providers that people know by name: which dialect they speak, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Preset:
    """`key_url` is where a key is made; local ones need none."""

    slug: str
    name: str
    kind: str
    base_url: str = ""
    key_url: str = ""
    note: str | Promise = ""
    needs_key: bool = True

    @property
    def letters(self) -> str:
        capitals = "".join(letter for letter in self.name if letter.isupper())
        return (capitals if len(capitals) > 1 else self.name)[:2].upper()


_LOCAL = _("Runs on a machine of yours. The operator allows its network with ALLOW_NETWORKS.")

PRESETS: tuple[Preset, ...] = (
    Preset("openai", "OpenAI", "openai", "https://api.openai.com/v1", "https://platform.openai.com/api-keys"),
    Preset("anthropic", "Anthropic", "anthropic", "", "https://console.anthropic.com/settings/keys"),
    Preset("google", "Google", "google", "", "https://aistudio.google.com/apikey"),
    Preset("openrouter", "OpenRouter", "openai", "https://openrouter.ai/api/v1", "https://openrouter.ai/keys"),
    Preset("mistral", "Mistral", "openai", "https://api.mistral.ai/v1", "https://console.mistral.ai/api-keys"),
    Preset("groq", "Groq", "openai", "https://api.groq.com/openai/v1", "https://console.groq.com/keys"),
    Preset("deepseek", "DeepSeek", "openai", "https://api.deepseek.com/v1", "https://platform.deepseek.com/api_keys"),
    Preset("ollama", "Ollama", "openai", "http://localhost:11434/v1", note=_LOCAL, needs_key=False),
    Preset("lm-studio", "LM Studio", "openai", "http://localhost:1234/v1", note=_LOCAL, needs_key=False),
    Preset("vllm", "vLLM", "openai", "http://localhost:8000/v1", note=_LOCAL, needs_key=False),
    Preset("other", "Another", "openai", note=_("Anything that speaks the API of OpenAI."), needs_key=False),
)

# The first listed model whose name begins so serves the class, as long as nobody chooses another.
_WISHES: dict[str, Sequence[str]] = {
    "fast": (
        *("gpt-5-mini", "gpt-4.1-mini", "gpt-4o-mini", "claude-haiku", "claude-3-5-haiku", "gemini-2.5-flash"),
        *("gemini-2.0-flash", "mistral-small", "llama-3.1-8b", "deepseek-chat", "llama3.2", "qwen3:4b"),
    ),
    "balanced": (
        *("gpt-5", "gpt-4.1", "gpt-4o", "claude-sonnet", "claude-3-7-sonnet", "claude-3-5-sonnet"),
        *("gemini-2.5-flash", "mistral-medium", "llama-3.3-70b", "deepseek-chat", "llama3.1", "qwen3"),
    ),
    "best": (
        *("gpt-5", "o3", "gpt-4.1", "gpt-4o", "claude-opus", "claude-sonnet", "gemini-2.5-pro", "mistral-large"),
        *("deepseek-reasoner", "llama-3.3-70b", "qwen3"),
    ),
}
_NO_CHAT = ("embed", "whisper", "tts", "dall-e", "moderation", "image", "audio", "realtime", "rerank", "guard", "ocr")


def preset_of(slug: str) -> Preset | None:
    return next((preset for preset in PRESETS if preset.slug == slug), None)


def propose_classes(offered: Sequence[str]) -> dict[str, str]:
    """A model for each class out of those that a provider lists; the only one serves all. {} when none is known."""
    talking = [name for name in offered if not any(word in name.lower() for word in _NO_CHAT)]
    if len(talking) == 1:
        return dict.fromkeys(_WISHES, talking[0])
    found = {}
    for klass, wishes in _WISHES.items():
        name = next((name for wish in wishes if (name := _first(talking, wish))), "")
        if name:
            found[klass] = name
    return found


def _first(names: Sequence[str], wish: str) -> str:
    """The exact name, else the shortest one that begins so; a vendor may stand before it (`openai/gpt-5`)."""
    fitting = [name for name in names if name.lower().rpartition("/")[2].startswith(wish)]
    return min(fitting, key=lambda name: (len(name), name), default="")
