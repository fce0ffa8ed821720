"""Answers over the API that may be streams of events."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assistants.adapters.sse import sse_events
from assistants.adapters.threads import release_connections

EVENTS = "text/event-stream"
LAST = OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER, description="Go on behind this event.")
STREAM = OpenApiResponse(str, description="The events of the run as they happen, to `done`.")


class EventStream(JSONRenderer):
    """Makes `Accept: text/event-stream` acceptable. Errors before the stream begins are JSON all the same."""

    media_type = EVENTS
    format = "events"
    charset = None


class StreamingMixin(APIView):
    """`begun` is what a write answers to a repeated idempotency key: a stream cannot be sent twice."""

    renderer_classes = [JSONRenderer, EventStream]
    begun: dict[str, Any] | None = None

    def streams(self) -> bool:
        return str(getattr(self.request, "accepted_media_type", "")).startswith(EVENTS)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, StreamingHttpResponse):
            if self.begun is not None:
                super().finalize_response(request, Response(self.begun, status=202), *args, **kwargs)
            return response
        if self.streams():
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), "application/json"
        return super().finalize_response(request, response, *args, **kwargs)


def stream_of(run_id: str, after: str = "") -> StreamingHttpResponse:
    """The events of a run that the caller may read, from behind the id `after`."""
    release_connections()
    response = StreamingHttpResponse(sse_events(run_id, after), content_type=EVENTS)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
