"""The words of a creator's numbers: what changed against the period before, what an error means, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.components.formats import plain_number

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

FEW = 10
"""Below so many a percentage says more than is known."""
MEASURES: dict[str, _StrPromise] = {
    "views": gettext_lazy("Views"),
    "trials": gettext_lazy("Trials"),
    "installs": gettext_lazy("Installs"),
    "workspaces": gettext_lazy("Active workspaces"),
    "runs": gettext_lazy("Runs"),
}
"""What a chart may show."""
COUNTED: Mapping[str, _StrPromise] = MEASURES | {
    "uninstalls": gettext_lazy("Uninstalls"),
    "errors": gettext_lazy("Errors"),
}


@dataclass(frozen=True)
class ErrorWords:
    """`title` names the kind, `advice` says what its publisher can do about it."""

    title: str | _StrPromise
    advice: str | _StrPromise


_MODEL = gettext_lazy("It is the model of the workspace that ran it. Nothing to do here.")
_TOOL = gettext_lazy("The tool answered that it failed. Its own log says why.")
ERRORS: Mapping[str, ErrorWords] = {
    kind: ErrorWords(title, advice)
    for kind, title, advice in (
        ("tool_error", gettext_lazy("The tool said that it failed"), _TOOL),
        ("server_down", gettext_lazy("The server did not answer as it should"), gettext_lazy(
            "See what the probes found on its page, and look at the address or command of the listed version.")),
        ("server_error", gettext_lazy("The server answered with an error"), gettext_lazy(
            "It broke off instead of giving a result. Its own log says why.")),
        ("cannot_carry", gettext_lazy("It asked the client for what the client lacks"), gettext_lazy(
            "Do without sampling and questions back where a client does not offer them.")),
        ("no_tool", gettext_lazy("There is no such tool"), gettext_lazy(
            "Tools went or have another name since the listed version. Publish one with the tools of today.")),
        ("bad_arguments", gettext_lazy("The arguments did not fit"), gettext_lazy(
            "Say in the tool's description and schema what each argument takes, with an example.")),
        ("limit_steps", gettext_lazy("It took too many steps"), gettext_lazy(
            "Shorten the instructions, offer fewer tools, or raise the limit of steps in the next version.")),
        ("limit_tokens", gettext_lazy("It used too many tokens"), gettext_lazy(
            "Have it answer more briefly, or raise the limit of tokens in the next version.")),
        ("limit_time", gettext_lazy("It took too long"), gettext_lazy(
            "Have it do less at once, or raise the limit of time in the next version.")),
        ("not_allowed", gettext_lazy("It wanted what it may not do"), gettext_lazy(
            "See that its manifest names every tool that the instructions speak of.")),
        ("model_down", gettext_lazy("The model could not be reached"), _MODEL),
        ("model_refused", gettext_lazy("The model refused the key"), _MODEL),
        ("model_quota", gettext_lazy("The model's budget was used up"), _MODEL),
        ("model_busy", gettext_lazy("The model was too busy"), _MODEL),
        ("model_slow", gettext_lazy("The model was too slow"), _MODEL),
        ("model_cut", gettext_lazy("The model stopped in the middle"), _MODEL),
        ("model_garbage", gettext_lazy("The model answered what nobody can read"), _MODEL),
        ("model_rejected", gettext_lazy("The model rejected what it was sent"), gettext_lazy(
            "Its settings or schemas may not suit every model. Try it with another one.")),
        ("model_filtered", gettext_lazy("The model's filter stopped the answer"), gettext_lazy(
            "Read the instructions for words that a filter may take amiss.")),
        ("lost", gettext_lazy("The installation was restarted meanwhile"), gettext_lazy("Nothing to do here.")),
        ("failed", gettext_lazy("It failed for another reason"), gettext_lazy(
            "Run it in your own workspace: the conversation says what happened.")),
    )
}  # fmt: skip


def error_words(kind: str) -> ErrorWords:
    return ERRORS.get(kind) or ERRORS["failed"]


def change_words(value: int, before: int, days: int) -> str:
    """ "+12 %, 214 in the 30 days before". Of few a percentage is not told."""
    if not before:
        return _("none in the %(days)s days before") % {"days": days}
    known = {"before": plain_number(before), "days": days}
    said = ngettext("%(before)s in the %(days)s days before", "%(before)s in the %(days)s days before", before) % known
    if before < FEW:
        return said
    percent = round(100 * (value - before) / before)
    sign = "+" if percent > 0 else "\u2212" if percent < 0 else "\u00b1"
    return _("%(change)s, %(said)s") % {"change": f"{sign}{plain_number(abs(percent))}\u00a0%", "said": said}


def share_words(part: int, whole: int) -> str:
    """How many of a hundred; "" where there is nothing to divide by."""
    if not whole:
        return ""
    share = 100 * part / whole
    return _("%(share)s of 100") % {"share": plain_number(share, 1 if 0 < share < 10 else 0)}
