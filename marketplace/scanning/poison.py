"""Words meant for a model and against its person: orders to forget, to send things out, to keep silent, to pass for
another tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from marketplace.scanning.findings import Finding, Severity
from marketplace.scanning.hidden import without_hidden
from marketplace.scanning.parts import Part

LONG_TOOL = 8_000

_PRIVATE = (
    r"(?:api[ _-]?keys?|passwords?|credentials?|secrets?|access tokens?|auth(?:entication)? tokens?|private keys?"
    r"|ssh keys?|environment variables?|\.env\b|id_rsa|cookies?|session tokens?|(?:chat|conversation|message) history"
    r"|(?:whole|entire|full) (?:conversation|chat|context)|system prompt|mcp\.json|\.ssh\b|\.aws\b)"
)
_SEND = (
    r"\b(?:send|post|upload|forward|transmit|e-?mail|exfiltrate|leak|append|attach|submit|encode|pass|include|put)\b"
)
_AWAY = (
    r"(?:https?://|webhook|external (?:server|site|url|address)|remote server|attacker|e-?mail (?:address )?to"
    r"|[\w.+-]+@[\w-]+\.\w+)"
)
_FILES = (
    r"(?:~/|\$HOME/|/home/\w+/|%USERPROFILE%)\.?(?:ssh|aws|config|cursor|gnupg|kube|netrc|docker)\b"
    r"|\bid_rsa\b|\bid_ed25519\b|/etc/(?:passwd|shadow)\b"
    r"|\b(?:read|open|cat|load|fetch)\b[^.\n]{0,40}(?:\.env\b|mcp\.json|credentials(?:\.json)?\b|private key)"
)
_FORGET = (
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,30}"
    r"\b(?:previous|prior|above|earlier|preceding|foregoing|system|developer|original|safety)\b[^.\n]{0,25}"
    r"\b(?:instructions?|prompts?|messages?|rules?|guidelines?|directives?|context|restrictions?)\b"
)
_FORGET_ELSEWHERE = (
    r"(?:忽略|无视|忘记)[^。\n]{0,8}(?:之前|以上|先前|前面|所有)[^。\n]{0,8}(?:指令|指示|提示|规则)"
    r"|ignorier\w*[^.\n]{0,30}(?:vorherige|bisherige|obige)\w*[^.\n]{0,20}(?:anweisung|regel)"
    r"|(?:ignora|olvida)\w*[^.\n]{0,30}(?:instrucciones|reglas)[^.\n]{0,15}(?:anteriores|previas)"
    r"|(?:ignore[sz]?|oublie[sz]?)[^.\n]{0,30}(?:instructions|consignes)[^.\n]{0,15}(?:précédentes|antérieures)"
)
_SILENT = (
    r"\b(?:do not|don't|never|must not|without)\b[^.\n]{0,25}"
    r"\b(?:tell|telling|mention|mentioning|inform|informing|notify|notifying|reveal|alert|alerting|asking)\b"
    r"[^.\n]{0,25}\b(?:user|person|human|customer)\b"
)
_SHADOW = (
    r"\b(?:before|instead of|prior to)\b[^.\n]{0,20}\b(?:using|calling|invoking|executing)\b[^.\n]{0,25}"
    r"\b(?:any|all|other|another)\b[^.\n]{0,15}\b(?:tools?|servers?|functions?)\b"
    r"|\bwhen(?:ever)?\b[^.\n]{0,20}\b[a-z]+_[a-z_]+\b[^.\n]{0,20}\bis (?:called|used|invoked)\b"
    r"|\b(?:overrides?|supersedes?|replaces?)\b[^.\n]{0,30}\b(?:other|all|any|existing) (?:mcp )?tools?\b"
    r"|\b(?:must|always) (?:be )?(?:call|use|invoke|called|used|invoked)\b[^.\n]{0,30}"
    r"\b(?:first|before)\b[^.\n]{0,25}\b(?:any|all|every) (?:other )?tools?\b"
)
_TAGS = (
    r"<\s*/?\s*(?:important|system|secret|hidden|admin|critical|sys|im_start|instructions?)\s*/?\s*>"
    r"|<\|(?:im_start|im_end|system|endoftext)\|>|\[/?INST\]|<<SYS>>"
)
_MODE = (
    r"\b(?:you are now|enter|enable|activate|switch to)\b[^.\n]{0,20}"
    r"\b(?:DAN|developer mode|god mode|jailbreak|jailbroken|unrestricted mode|sudo mode)\b|\bdo anything now\b"
)
_RUN = (
    r"\b(?:curl|wget|iwr|Invoke-WebRequest)\b[^\n|;]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"
    r"|\bpowershell\b[^\n]{0,40}\s-enc\w*\s"
)
_TOOLS: Mapping[str, Severity] = {"tool": "block", "schema": "block"}
_READERS: Mapping[str, Severity] = {**_TOOLS, "text": "warn", "markdown": "warn"}


@dataclass(frozen=True)
class Pattern:
    """`severities`: how grave it is in each kind of part; in a kind that is not named it means nothing."""

    code: str
    sentence: Promise
    pattern: str
    severities: Mapping[str, Severity]
    compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", re.compile(self.pattern, re.IGNORECASE))


PATTERNS: Sequence[Pattern] = (
    Pattern(
        "ignore_previous",
        _("It tells a model to forget what it was told before."),
        f"{_FORGET}|{_FORGET_ELSEWHERE}",
        {**_READERS, "instructions": "warn"},
    ),
    Pattern(
        "exfiltration",
        _("It tells a model to send something private away."),
        rf"{_SEND}[^.\n]{{0,80}}{_PRIVATE}[^\n]{{0,80}}{_AWAY}|{_PRIVATE}[^.\n]{{0,60}}{_SEND}[^.\n]{{0,40}}{_AWAY}",
        dict.fromkeys(("tool", "schema", "text", "markdown", "instructions"), "block"),
    ),
    Pattern(
        "reads_private",
        _("It tells a model to read private files or secrets."),
        _FILES,
        {**_TOOLS, "text": "warn", "instructions": "warn"},
    ),
    Pattern("keep_silent", _("It tells a model to keep something from the person."), _SILENT, _TOOLS),
    Pattern(
        "hidden_tag",
        _("It speaks to models in a tag as if it were the system."),
        _TAGS,
        {**_TOOLS, "text": "block", "markdown": "warn"},
    ),
    Pattern(
        "hidden_tag",
        _("It holds marks that models use to tell who speaks."),
        r"<\|(?:im_start|im_end|endoftext)\|>|<<SYS>>",
        {"instructions": "warn"},
    ),
    Pattern("shadowing", _("It tells a model how to use the tools of other servers."), _SHADOW, _TOOLS),
    Pattern(
        "system_mode",
        _("It pretends that a model is in a mode without rules."),
        _MODE,
        {**_READERS, "instructions": "warn"},
    ),
    Pattern(
        "runs_commands",
        _("It tells a model to download something and run it."),
        _RUN,
        {**_TOOLS, "text": "block", "instructions": "warn", "markdown": "info"},
    ),
)


def find_poison(part: Part) -> Iterator[Finding]:
    text = without_hidden(part.text)
    for pattern in PATTERNS:
        severity = pattern.severities.get(part.kind)
        if severity and pattern.compiled.search(text):
            yield Finding(code=pattern.code, severity=severity, where=part.where, sentence=str(pattern.sentence))


def find_oversize(part: Part) -> Iterator[Finding]:
    if part.kind == "tool" and len(part.text) > LONG_TOOL:
        sentence = _now("Nobody reads a description of %(n)d characters.") % {"n": len(part.text)}
        yield Finding(code="long_description", severity="warn", where=part.where, sentence=sentence)
