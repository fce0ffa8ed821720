from __future__ import annotations

import base64

import pytest

from proxy.results import MOST_SHOWN, parts_of

PNG = base64.b64encode(b"\x89PNG").decode()


def test_each_part_is_shown_as_what_it_is() -> None:
    result = {
        "content": [
            {"type": "text", "text": "plain"},
            {"type": "text", "text": "# Heading\n\n- one"},
            {"type": "image", "data": PNG, "mimeType": "image/png"},
            {"type": "audio", "data": PNG, "mimeType": "audio/wav"},
            {"type": "resource_link", "uri": "file:///a", "name": "A"},
            {"type": "resource", "resource": {"uri": "note:1", "text": "kept", "mimeType": "text/plain"}},
            {"type": "resource", "resource": {"uri": "note:2", "blob": PNG, "mimeType": "application/pdf"}},
            {"type": "unheard of", "x": 1},
        ],
        "structuredContent": {"a": 1},
    }
    kinds = [part.kind for part in parts_of(result)]
    assert kinds == ["text", "markdown", "image", "audio", "link", "text", "binary", "json", "json"]


def test_prompts_and_resources_have_parts_too() -> None:
    prompt = {"messages": [{"role": "user", "content": {"type": "text", "text": "Ask"}}]}
    assert [(part.kind, part.label) for part in parts_of(prompt)] == [("text", "user")]
    resource = {"contents": [{"uri": "a:1", "text": "# T", "mimeType": "text/markdown"}, {"uri": "a:2"}]}
    assert [part.kind for part in parts_of(resource)] == ["markdown", "json"]


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", ""])
def test_what_could_run_in_a_browser_is_not_shown_as_a_picture(mime: str) -> None:
    (part,) = parts_of({"content": [{"type": "image", "data": PNG, "mimeType": mime}]})
    assert part.kind == "binary"
    assert not part.data


def test_broken_and_huge_data_is_said() -> None:
    (broken,) = parts_of({"content": [{"type": "image", "data": "not base64!", "mimeType": "image/png"}]})
    assert broken.kind == "text"
    (long,) = parts_of({"content": [{"type": "text", "text": "x" * (MOST_SHOWN + 1)}]})
    assert long.shortened
    assert len(long.text) == MOST_SHOWN


@pytest.mark.parametrize("result", [{}, {"content": "text"}, {"content": [1, None]}, {"messages": 3}])
def test_what_is_not_understood_is_shown_as_json(result: dict[str, object]) -> None:
    (part,) = parts_of(result)
    assert (part.kind, part.value) == ("json", result)
