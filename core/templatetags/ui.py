"""The components as template tags; `templates/components/README.md` lists them. Built into every template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.components import atoms, charts, code, fields, formats, html, timeline
from core.components.blocks import draw_with, register_block
from core.components.differences import diff
from core.components.interchange import HubPicture, interchange_with_table
from core.components.markdown import markdown
from core.components.said import said
from core.components.snippets import Snippet, Snippets
from core.components.table import Table

register = template.Library()


def _plain(function: Any, name: str) -> None:
    register.simple_tag(function, name=name)


for _name, _function in {
    "icon": html.icon,
    "state": atoms.state,
    "bullet": atoms.bullet,
    "tile": atoms.tile,
    "avatar": atoms.avatar,
    "person": atoms.person,
    "named": atoms.named,
    "rating": atoms.rating,
    "when": formats.when,
    "duration": formats.duration,
    "bytes": formats.byte_size,
    "number": formats.number,
    "price": formats.price,
    "sparkline": charts.sparkline,
    "histogram": charts.histogram,
    "minutes": charts.minutes,
    "band": charts.band,
    "daily": charts.daily,
    "days": charts.days,
    "bar": charts.bar,
    "code": code.code_block,
    "line": code.code_line,
    "json": code.json_view,
    "markdown": markdown,
    "said": said,
    "diff": diff,
    "kv": atoms.kv,
    "timeline": timeline.timeline,
    "way": timeline.way,
    "stepper": timeline.stepper,
    "field": fields.field,
    "form": fields.form,
}.items():
    _plain(_function, _name)


@register.simple_tag
def button(label: str, *, icon: str = "", **given: Any) -> SafeString:
    return atoms.button(label, icon_name=icon, **given)


@register.simple_tag
def badge(text: str, *, icon: str = "", tone: str = "") -> SafeString:
    return atoms.badge(text, icon_name=icon, tone=tone)


@register.simple_tag
def interchange(picture: HubPicture, layout: str = "page") -> SafeString:
    return interchange_with_table(picture, "hero" if layout == "hero" else "page")


@register.simple_tag
def crumbs(*parts: Any) -> SafeString:
    """Pairs of label and URL; the last label stands alone and is the page itself."""
    *trail, here = parts
    pairs = zip(trail[0::2], trail[1::2], strict=True)
    links = format_html_join("", '<a href="{1}">{0}</a><span aria-hidden="true">/</span>', pairs)
    return format_html('{}<span aria-current="page">{}</span>', links, here)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The present query string with parameters changed, with its question mark; None takes one away."""
    present = context["request"].GET.copy()
    for name, value in changes.items():
        present.pop(name, None)
        if value is not None:
            present[name] = str(value)
    return f"?{present.urlencode()}"


@register.inclusion_tag("components/tabs.html", takes_context=True)
def tabs(context: Context, items: Sequence[Sequence[Any]], label: str = "", current: str = "") -> dict[str, Any]:
    """Items are (label, url) or (label, url, count). The longest URL that the path starts with is the current one."""
    request = context.get("request")
    path = current or (request.path if request else "")
    fitting = [
        str(item[1]) for item in items if path == str(item[1]) or path.startswith(str(item[1]).rstrip("/") + "/")
    ]
    chosen = max(fitting, key=len, default="")
    rows = [(item[0], item[1], item[2] if len(item) > 2 else None, str(item[1]) == chosen) for item in items]
    return {"rows": rows, "label": label}


@register.inclusion_tag("components/stat.html")
def stat(label: str, value: Any, *, unit: str = "", note: Any = "", tone: str = "") -> dict[str, Any]:
    """A number takes its grouping, milliseconds their best unit; a text stands as it is."""
    shown = value
    if isinstance(value, int | float) and unit == "ms":
        shown, unit = formats.duration_parts(value)
    elif isinstance(value, int | float):
        shown = formats.plain_number(value)
    return {"label": label, "value": shown, "unit": unit, "note": note, "tone": tone}


@register.inclusion_tag("components/snippets.html", takes_context=True)
def snippets(
    context: Context,
    items: Sequence[Snippet],
    name: str = "client",
    title: str = "",
    chosen: str = "",
    bare: bool = False,
    beside: str = "",
) -> dict[str, Any]:
    """`bare` leaves out the sheet around them, as on the home page; `beside` is a template that stands left of them."""
    page = {str(key): value for key, value in context.flatten().items()} if beside else {}
    return {**page, "set": Snippets(items, name, title, chosen), "bare": bare, "beside": beside}


@register.inclusion_tag("components/bones.html")
def bones(rows: int = 3, shape: str = "table") -> dict[str, Any]:
    return {"rows": range(rows), "shape": shape}


@register.inclusion_tag("components/search_field.html")
def search_field(
    name: str = "q", value: str = "", label: str = "", placeholder: str = "", big: bool = False
) -> dict[str, Any]:
    return {"name": name, "value": value, "label": label, "placeholder": placeholder, "big": big}


@register.inclusion_tag("components/schema_form.html")
def schema_form(form: Any) -> dict[str, Any]:
    return {"form": form}


@register.inclusion_tag("components/table_filters.html")
def table_filters(table: Table, **given: Any) -> dict[str, Any]:
    return {"table": table, **given}


@register.inclusion_tag("components/table_foot.html")
def table_foot(table: Table) -> dict[str, Any]:
    return {"table": table}


register_block(register, "sheet", draw_with("components/sheet.html", "title"), ("head", "foot"))
register_block(register, "notice", draw_with("components/notice.html", "title"), ("do",))
register_block(register, "empty", draw_with("components/empty.html", "title"))
register_block(register, "nothing", draw_with("components/empty.html", "title"))
register_block(register, "dialog", draw_with("components/dialog.html", "dialog_id", "title"), ("do",))
register_block(register, "table", draw_with("components/table.html", "table"), ("empty",))
