"""What goes wrong between us and a model provider, as a kind and a plain sentence."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
from django.utils.translation import gettext as _
from pydantic_ai import exceptions as ai

from assistants.errors import RunProblem
from core.net import AddressRefused, HostNotFound


def as_problem(error: BaseException, *, began: bool) -> RunProblem:
    """A RunProblem for what the library raised. `began`: had any of the answer arrived?"""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, AddressRefused | HostNotFound):
            return RunProblem("model_down", _("The model provider cannot be reached: %s") % one)
        if isinstance(one, httpx2.RemoteProtocolError | httpx2.ReadError) and began:
            return RunProblem("model_cut", _("The model's answer broke off in the middle. What came is kept."))
        if isinstance(one, httpx2.TimeoutException):
            return _slow(one)
    for one in chain:
        known = _known(one, began=began)
        if known is not None:
            return known
    return RunProblem("model_garbage", _("The model provider sent an answer that cannot be read."))


def _known(error: BaseException, *, began: bool) -> RunProblem | None:
    match error:
        case ai.ModelAuthenticationError():
            return RunProblem("model_refused", _("The model provider refused the key. Check it under Models."))
        case ai.ModelQuotaExceededError():
            return RunProblem("model_quota", _("The account at the model provider has no credit left."))
        case ai.ModelRateLimitError():
            wait = _(" It asks to wait %d seconds.") % round(error.retry_after) if error.retry_after else ""
            return RunProblem("model_busy", _("The model provider limits how often it is asked.") + wait)
        case ai.ModelOverloadedError():
            return RunProblem("model_busy", _("The model provider is overloaded at the moment."))
        case ai.ModelContextWindowExceededError():
            long = _("The conversation is longer than the model can read. Start a new one.")
            return RunProblem("model_rejected", long)
        case ai.ModelNotFoundError():
            said = _("The model provider does not know the model %s.") % error.model_name
            return RunProblem("model_rejected", said)
        case ai.ModelRequestRejectedError():
            return RunProblem("model_rejected", _("The model provider refused the request: %s") % _said(error))
        case ai.ModelServerError() | ai.ModelUnavailableError():
            return RunProblem("model_down", _("The model provider has an error of its own at the moment."))
        case ai.ModelTimeoutError() | ai.ModelRequestTimeout():
            return RunProblem("model_slow", _("The model provider did not answer in time."))
        case ai.ModelConnectionError():
            if began:
                return RunProblem("model_cut", _("The model's answer broke off in the middle. What came is kept."))
            return RunProblem("model_down", _("The model provider cannot be reached: %s") % _said(error))
        case ai.ContentFilterError():
            return RunProblem("model_filtered", _("The model provider's content filter stopped the answer."))
        case ai.ModelAPIError() if began and "finish_reason" in error.message:
            return RunProblem("model_cut", _("The model's answer broke off in the middle. What came is kept."))
        case ai.ModelHTTPError():
            return RunProblem("model_down", _("The model provider answered with status %d.") % error.status_code)
    return None


def _slow(error: httpx2.TimeoutException) -> RunProblem:
    if isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return RunProblem("model_down", _("The model provider does not take the connection."))
    return RunProblem("model_slow", _("The model provider sent nothing for too long."))


def _said(error: ai.ModelAPIError) -> str:
    """What the provider says of it, cut short."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        said = inner.get("message") if isinstance(inner, dict) else inner
        if said:
            return str(said)[:300]
    return error.message[:300]


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
