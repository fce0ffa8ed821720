"""Contents that the conformance scenarios expect to find: pictures, resources, prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

Context = ServerRequestContext[Any, Any]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA=="

TEMPLATE = re.compile(r"^test://template/(?P<id>[^/]+)/data$")

RESOURCES = [
    types.Resource(uri="test://static-text", name="static-text", description="Fixed text", mime_type="text/plain"),
    types.Resource(uri="test://static-binary", name="static-binary", description="One pixel", mime_type="image/png"),
    types.Resource(uri="test://watched-resource", name="watched", description="May change", mime_type="text/plain"),
]
TEMPLATES = [
    types.ResourceTemplate(
        uri_template="test://template/{id}/data",
        name="template",
        description="Data by id",
        mime_type="application/json",
    )
]


def text(value: str) -> types.TextContent:
    return types.TextContent(type="text", text=value)


def image() -> types.ImageContent:
    return types.ImageContent(type="image", data=PNG, mime_type="image/png")


def embedded(uri: str, mime_type: str, value: str) -> types.EmbeddedResource:
    contents = types.TextResourceContents(uri=uri, mime_type=mime_type, text=value)
    return types.EmbeddedResource(type="resource", resource=contents)


async def list_resources(ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
    return types.ListResourcesResult(resources=RESOURCES)


async def list_templates(
    ctx: Context, params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    return types.ListResourceTemplatesResult(resource_templates=TEMPLATES)


async def read_resource(ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri = params.uri
    found: types.TextResourceContents | types.BlobResourceContents
    if uri == "test://static-text":
        body = "This is the content of the static text resource."
        found = types.TextResourceContents(uri=uri, mime_type="text/plain", text=body)
    elif uri == "test://static-binary":
        found = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
    elif uri == "test://watched-resource":
        found = types.TextResourceContents(uri=uri, mime_type="text/plain", text="Watched resource content")
    elif match := TEMPLATE.match(uri):
        data = {"id": match["id"], "templateTest": True, "data": f"Data for ID: {match['id']}"}
        found = types.TextResourceContents(uri=uri, mime_type="application/json", text=json.dumps(data))
    else:
        raise MCPError(types.INVALID_PARAMS, "Resource not found", {"uri": uri})
    return types.ReadResourceResult(contents=[found])


def _said(*contents: types.ContentBlock) -> types.GetPromptResult:
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=item) for item in contents])


async def _simple(params: types.GetPromptRequestParams) -> types.GetPromptResult:
    return _said(text("This is a simple prompt for testing."))


async def _with_arguments(params: types.GetPromptRequestParams) -> types.GetPromptResult:
    given = params.arguments or {}
    return _said(text(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'"))


async def _with_resource(params: types.GetPromptRequestParams) -> types.GetPromptResult:
    uri = (params.arguments or {}).get("resourceUri", "test://example-resource")
    resource = embedded(uri, "text/plain", "Embedded resource content for testing.")
    return _said(resource, text("Please process the embedded resource above."))


async def _with_image(params: types.GetPromptRequestParams) -> types.GetPromptResult:
    return _said(image(), text("Please analyze the image above."))


async def _asking(params: types.GetPromptRequestParams) -> types.GetPromptResult | types.InputRequiredResult:
    answer = (params.input_responses or {}).get("user_context")
    if isinstance(answer, types.ElicitResult):
        return _said(text(f"Use this context: {(answer.content or {}).get('context')}"))
    schema = {"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]}
    question = types.ElicitRequestFormParams(message="What context should the prompt use?", requested_schema=schema)
    return types.InputRequiredResult(input_requests={"user_context": types.ElicitRequest(params=question)})


def _argument(name: str, description: str) -> types.PromptArgument:
    return types.PromptArgument(name=name, description=description, required=True)


PromptHandler = Callable[[types.GetPromptRequestParams], Awaitable[types.GetPromptResult | types.InputRequiredResult]]
PROMPTS: dict[str, tuple[types.Prompt, PromptHandler]] = {
    prompt.name: (prompt, handler)
    for prompt, handler in (
        (types.Prompt(name="test_simple_prompt", description="No arguments"), _simple),
        (
            types.Prompt(
                name="test_prompt_with_arguments",
                description="Two arguments",
                arguments=[_argument("arg1", "First test argument"), _argument("arg2", "Second test argument")],
            ),
            _with_arguments,
        ),
        (
            types.Prompt(
                name="test_prompt_with_embedded_resource",
                description="Carries a resource",
                arguments=[_argument("resourceUri", "URI of the resource to embed")],
            ),
            _with_resource,
        ),
        (types.Prompt(name="test_prompt_with_image", description="Carries a picture"), _with_image),
        (types.Prompt(name="test_input_required_result_prompt", description="Asks before it answers"), _asking),
    )
}


def flip_prompt() -> None:
    """Add the prompt that comes and goes, or take it away again."""
    name = "test_that_comes_and_goes"
    if PROMPTS.pop(name, None) is None:
        PROMPTS[name] = (types.Prompt(name=name, description="Here until the list changes again"), _simple)


async def list_prompts(ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
    return types.ListPromptsResult(prompts=[prompt for prompt, _ in PROMPTS.values()])


async def get_prompt(
    ctx: Context, params: types.GetPromptRequestParams
) -> types.GetPromptResult | types.InputRequiredResult:
    if params.name not in PROMPTS:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt: {params.name}")
    return await PROMPTS[params.name][1](params)


async def complete(ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
    words = [word for word in ("paris", "park", "party") if word.startswith(params.argument.value)]
    return types.CompleteResult(completion=types.Completion(values=words, total=len(words), has_more=False))
