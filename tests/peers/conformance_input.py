"""Tools of the conformance scenarios that answer `input_required`, as 2026-07-28 does."""

from __future__ import annotations

from typing import Any

from mcp import types

from tests.peers.kit import Context, Toolbox, ToolResult, said, schema, text

Params = types.CallToolRequestParams
STRING = {"type": "string"}
NAME = schema("name", name=STRING)


def _elicit(message: str, wanted: dict[str, Any]) -> types.ElicitRequest:
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=wanted))


def _sample(prompt: str, max_tokens: int) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=text(prompt))
    return types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    )


def _roots() -> types.ListRootsRequest:
    return types.ListRootsRequest(params=types.RequestParams())


def _ask(state: str | None = None, **requests: types.InputRequest) -> types.InputRequiredResult:
    return types.InputRequiredResult(input_requests=requests or None, request_state=state)


def _given(params: Params, key: str) -> dict[str, Any] | None:
    """What a person filled in under `key`; None when there is no accepted answer."""
    answer = (params.input_responses or {}).get(key)
    if isinstance(answer, types.ElicitResult) and answer.action == "accept":
        return dict(answer.content or {})
    return None


def _sampled(params: Params, key: str) -> str | None:
    answer = (params.input_responses or {}).get(key)
    if isinstance(answer, types.CreateMessageResult):
        return str(getattr(answer.content, "text", ""))
    return None


def _rooted(params: Params, key: str) -> list[str] | None:
    answer = (params.input_responses or {}).get(key)
    return [str(root.uri) for root in answer.roots] if isinstance(answer, types.ListRootsResult) else None


def add_single(box: Toolbox) -> None:
    """One question, one answer."""

    @box.tool("test_input_required_result_elicitation", "Asks for a name")
    async def elicitation(ctx: Context, params: Params) -> ToolResult:
        given = _given(params, "user_name")
        if given is None or not isinstance(given.get("name"), str):
            return _ask(user_name=_elicit("What is your name?", NAME))
        return said(f"Hello, {given['name']}!")

    @box.tool("test_input_required_result_sampling", "Asks the client's model")
    async def sampling(ctx: Context, params: Params) -> ToolResult:
        answer = _sampled(params, "capital_question")
        if answer is None:
            return _ask(capital_question=_sample("What is the capital of France?", 100))
        return said(answer)

    @box.tool("test_input_required_result_list_roots", "Asks for roots")
    async def roots(ctx: Context, params: Params) -> ToolResult:
        found = _rooted(params, "client_roots")
        return _ask(client_roots=_roots()) if found is None else said(f"Roots: {', '.join(found)}")

    @box.tool("test_input_required_result_capabilities", "Asks only what the client can do")
    async def capabilities(ctx: Context, params: Params) -> ToolResult:
        if params.input_responses:
            return said("Thank you")
        have = ctx.session.client_capabilities or types.ClientCapabilities()
        wanted: dict[str, types.InputRequest] = {}
        if have.sampling is not None:
            wanted["greeting"] = _sample("Say hello", 50)
        if have.elicitation is not None:
            wanted["user_name"] = _elicit("What is your name?", NAME)
        return _ask(None, **wanted) if wanted else said("There is nothing that this client could be asked")

    @box.tool("test_streaming_elicitation", "Reports progress, then asks")
    async def streaming(ctx: Context, params: Params) -> ToolResult:
        await ctx.session.report_progress(1, 2, "About to ask")
        given = _given(params, "user_name")
        return _ask(user_name=_elicit("What is your name?", NAME)) if given is None else said("Thank you")


def add_stateful(box: Toolbox) -> None:
    """Questions with `requestState`, which the boundary in the server seals and checks."""

    confirm = _elicit("Please confirm", schema("ok", ok={"type": "boolean"}))

    @box.tool("test_input_required_result_request_state", "Asks, and wants its state back")
    async def state(ctx: Context, params: Params) -> ToolResult:
        if params.request_state == "asked" and _given(params, "confirm") is not None:
            return said("state-ok")
        return _ask("asked", confirm=confirm)

    @box.tool("test_input_required_result_tampered_state", "Refuses a state that was changed")
    async def tampered(ctx: Context, params: Params) -> ToolResult:
        if params.request_state == "asked":
            return said("The state is as it was sent")
        return _ask("asked", confirm=confirm)

    @box.tool("test_input_required_result_multiple_inputs", "Asks three things at once")
    async def multiple(ctx: Context, params: Params) -> ToolResult:
        name, greeting, roots = (
            _given(params, "user_name"),
            _sampled(params, "greeting"),
            _rooted(params, "client_roots"),
        )
        if params.request_state != "asked" or name is None or greeting is None or roots is None:
            return _ask(
                "asked",
                user_name=_elicit("What is your name?", NAME),
                greeting=_sample("Generate a greeting", 50),
                client_roots=_roots(),
            )
        return said(f"{greeting}, {name.get('name')}: {len(roots)} roots")

    @box.tool("test_input_required_result_multi_round", "Asks one thing after another")
    async def rounds(ctx: Context, params: Params) -> ToolResult:
        if params.request_state == "round-1" and (given := _given(params, "step1")) is not None:
            question = _elicit("Step 2: What is your favorite color?", schema("color", color=STRING))
            return _ask(f"round-2:{given.get('name')}", step2=question)
        if (params.request_state or "").startswith("round-2:") and (given := _given(params, "step2")) is not None:
            name = str(params.request_state).partition(":")[2]
            return said(f"{name} likes {given.get('color')}")
        return _ask("round-1", step1=_elicit("Step 1: What is your name?", NAME))
