"""Block tags with named slots: `{% sheet _("Tools") %}…{% sheet_foot %}…{% endsheet_foot %}{% endsheet %}`.

A slot tag inside a block hands its content to the block instead of printing it where it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.template import Library, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.utils.safestring import SafeString

from core.components.html import EMPTY

Slots = dict[str, SafeString]
Draw = Callable[..., str]
"""Called with context, content, slots, and the tag's own arguments."""


def _slots_key(block: str) -> str:
    return f"_slots_{block}"


class BlockNode(Node):
    """Renders its content, then draws the component around it."""

    def __init__(
        self,
        name: str,
        draw: Draw,
        args: list[FilterExpression],
        kwargs: dict[str, FilterExpression],
        nodelist: NodeList,
    ) -> None:
        self.name, self.draw, self.args, self.kwargs, self.nodelist = name, draw, args, kwargs, nodelist

    def render(self, context: Context) -> SafeString:
        slots: Slots = {}
        args = [arg.resolve(context) for arg in self.args]
        kwargs = {key: value.resolve(context) for key, value in self.kwargs.items()}
        with context.push(**{_slots_key(self.name): slots}):
            content = self.nodelist.render(context)
        return SafeString(self.draw(context, content, slots, *args, **kwargs))


class SlotNode(Node):
    """Gives its content to the nearest block of its kind and prints nothing."""

    def __init__(self, block: str, slot: str, nodelist: NodeList) -> None:
        self.block, self.slot, self.nodelist = block, slot, nodelist

    def render(self, context: Context) -> SafeString:
        slots: Slots | None = context.get(_slots_key(self.block))
        if slots is None:
            raise TemplateSyntaxError(f"{self.block}_{self.slot} stands outside a {self.block}")
        slots[self.slot] = SafeString(slots.get(self.slot, EMPTY) + self.nodelist.render(context))
        return EMPTY


def register_block(register: Library, name: str, draw: Draw, slots: tuple[str, ...] = ()) -> None:
    """Add the tag `name … endname` and, for each slot, `name_slot … endname_slot`."""

    def parse_block(parser: Parser, token: Token) -> BlockNode:
        bits = token.split_contents()[1:]
        args: list[FilterExpression] = []
        while bits and not _is_keyword(bits[0]):
            args.append(parser.compile_filter(bits.pop(0)))
        kwargs = token_kwargs(bits, parser)
        if bits:
            raise TemplateSyntaxError(f"{name}: cannot read {bits[0]!r}")
        nodelist = parser.parse((f"end{name}",))
        parser.delete_first_token()
        return BlockNode(name, draw, args, kwargs, nodelist)

    register.tag(name, parse_block)
    for slot in slots:
        register.tag(f"{name}_{slot}", _slot_parser(name, slot))


def _is_keyword(bit: str) -> bool:
    key, equals, _ = bit.partition("=")
    return bool(equals) and key.isidentifier()


def _slot_parser(block: str, slot: str) -> Callable[[Parser, Token], SlotNode]:
    def parse_slot(parser: Parser, token: Token) -> SlotNode:
        nodelist = parser.parse((f"end{block}_{slot}",))
        parser.delete_first_token()
        return SlotNode(block, slot, nodelist)

    return parse_slot


def draw_with(template: str, *names: str) -> Draw:
    """A Draw that renders a partial with the tag's arguments alone; `names` are those that may be positional."""

    def draw(context: Context, content: SafeString, slots: Slots, *args: Any, **given: Any) -> str:
        if len(args) > len(names):
            raise TypeError(f"{template}: at most {len(names)} arguments without a name")
        values = {**given, **dict(zip(names, args, strict=False)), "content": content, "slots": slots}
        assert context.template is not None
        return context.template.engine.get_template(template).render(context.new(values))

    return draw
