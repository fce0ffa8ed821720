"""What a version may do, in plain words, and what an update adds."""

from __future__ import annotations

from marketplace.manifest_words import sentences_of, widened
from marketplace.manifests import manifest_of
from marketplace.packages import AssistantPackage, Manifest, ManifestSecret, ManifestTool, ToolNeed

READ = ManifestTool(listing="orders", tool="search")
WRITE = ManifestTool(listing="orders", tool="refund", writes=True)
ASKED = ManifestTool(listing="orders", tool="refund", writes=True, asks=True)
KEY = ManifestSecret(name="API_KEY", label="Key of the shop", where="env")


def test_it_says_what_it_may_ask_and_cannot() -> None:
    said = sentences_of(Manifest(tools=(READ, ASKED), hosts=("model",)), {"orders": "Order book"})
    assert said.may == ("Read with search of Order book", "Send the conversation to your workspace's model")
    assert said.asks == ("Call refund of Order book, once you allow it",)
    assert said.cannot == ("See a key or a password of yours", "Run a program on this installation")
    assert said.needs == ()


def test_a_program_that_runs_here_comes_first() -> None:
    said = sentences_of(
        Manifest(tools=(ManifestTool(listing="", tool="x", writes=True),), runs_program="npx", secrets=(KEY,))
    )
    assert said.may == ("Run a program on this installation, with npx", "Read and change things with x")
    assert said.needs == ("Key of the shop",)
    assert said.cannot == ()


def test_one_that_does_nothing_says_so() -> None:
    said = sentences_of(Manifest())
    assert said.may == said.asks == ()
    assert len(said.cannot) == 4


def test_many_tools_are_counted() -> None:
    tools = tuple(ManifestTool(listing="orders", tool=f"t{number}") for number in range(9))
    assert sentences_of(Manifest(tools=tools)).may == ("Read with t0, t1, t2, t3, t4, t5, 3 more of orders",)


def test_an_update_says_what_it_adds_and_only_that() -> None:
    old = Manifest(tools=(READ, ASKED), hosts=("a.example.com",))
    assert widened(old, old) == []
    assert widened(old, Manifest(tools=(READ,))) == []
    assert widened(Manifest(tools=(READ,)), old) == [
        "Send what it is given to a.example.com", "Call refund of orders, once you allow it",
    ]  # fmt: skip
    assert widened(old, Manifest(tools=(READ, WRITE), hosts=("a.example.com", "b.example.com"), secrets=(KEY,))) == [
        "Send what it is given to b.example.com", "Key of the shop", "No longer ask before it calls refund",
    ]  # fmt: skip
    turned = ManifestTool(listing="orders", tool="search", writes=True)
    assert widened(Manifest(tools=(READ,)), Manifest(tools=(turned,))) == [
        "Read and change things with search of orders"
    ]
    assert widened(Manifest(), Manifest(runs_program="docker")) == ["Run a program on this installation, with docker"]


def test_what_a_tool_does_is_asked() -> None:
    package = AssistantPackage(
        instructions="x", tools=(ToolNeed(listing="a", tool="r"), ToolNeed(listing="a", tool="w"))
    )
    assert [tool.writes for tool in manifest_of(package).tools] == [True, True]
    known = manifest_of(package, lambda listing, tool: tool == "w")
    assert [tool.writes for tool in known.tools] == [False, True]
