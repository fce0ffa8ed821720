"""Tags escape what they are given, blocks keep their slots apart, and nothing leaks in from the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.forms import CharField, ChoiceField, Form, HiddenInput, PasswordInput, RadioSelect
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

EVIL = '"><script>alert(1)</script>'


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    "source",
    [
        "{% state 'warn' evil %}",
        "{% badge evil %}",
        "{% bullet evil name=evil %}",
        "{% tile evil %}",
        "{% avatar evil %}",
        "{% person evil note=evil %}",
        "{% named evil code='GH' href=evil note=evil %}",
        "{% button evil href=evil %}",
        "{% button evil name=evil value=evil icon_only=True %}",
        "{% code evil lang='bash' label=evil %}",
        "{% line evil label=evil prompt=evil %}",
        "{% json evil %}",
        "{% json pairs %}",
        "{% markdown evil %}",
        "{% diff evil '' %}",
        "{% kv pairs.items %}",
        "{% crumbs evil evil evil %}",
        "{% tabs items label=evil %}",
        "{% stat evil evil unit=evil note=evil %}",
        "{% sheet evil note=evil %}{{ evil }}{% endsheet %}",
        "{% notice evil %}{{ evil }}{% endnotice %}",
        "{% empty evil %}{% endempty %}",
        "{% dialog 'd' evil %}{% enddialog %}",
        "{% search_field name='q' value=evil label=evil placeholder=evil %}",
        "{% price 5 evil per=evil %}",
        "{% number 5 evil %}",
        "{% sparkline values label=evil %}",
        "{% bar 0.5 label=evil %}",
    ],
)
def test_no_component_lets_markup_through(source: str) -> None:
    html = render(source, evil=EVIL, pairs={EVIL: EVIL}, items=[(EVIL, EVIL, EVIL)], values=[1, 2])
    assert "<script" not in html


def test_slots_reach_their_own_block_through_loops_and_other_blocks() -> None:
    html = render(
        "{% sheet 'Outer' %}{% for n in numbers %}{% sheet_head %}[{{ n }}]{% endsheet_head %}{% endfor %}"
        "{% notice 'Inner' %}{% notice_do %}do{% endnotice_do %}{% endnotice %}"
        "{% sheet_foot %}foot{% endsheet_foot %}{% endsheet %}",
        numbers=[1, 2],
    )
    head, _, rest = html.partition("</header>")
    assert "[1][2]" in head
    assert '<div class="do">do</div>' in rest and "<footer>foot</footer>" in rest


def test_a_slot_outside_its_block_is_a_mistake() -> None:
    with pytest.raises(TemplateSyntaxError, match="outside"):
        render("{% sheet_head %}x{% endsheet_head %}")


def test_a_block_does_not_take_the_pages_variables_for_its_arguments() -> None:
    html = render(
        "{% sheet 'A' %}{% endsheet %}{% empty 'B' %}{% endempty %}",
        note="leak",
        picture="none",
        count=777,
        id="leaked",
    )
    assert "leak" not in html and "777" not in html
    assert 'class="pic"' in html


def test_a_button_is_a_link_only_where_it_leads_somewhere() -> None:
    assert render("{% button 'Go' href='/x/' main=True %}") == '<a class="btn main" href="/x/">Go</a>'
    assert (
        render("{% button 'Save' name='do' value='save' %}")
        == '<button class="btn" type="submit" name="do" value="save">Save</button>'
    )
    assert (
        render("{% button 'Go' href='/x/' disabled=True %}") == '<button class="btn" type="button" disabled>Go</button>'
    )
    assert 'command="show-modal" commandfor="d"' in render("{% button 'Open' popup='d' %}")


def test_an_icon_button_has_a_name() -> None:
    html = render("{% button 'Copy' icon='copy' icon_only=True type='button' %}")
    assert 'aria-label="Copy"' in html and ">Copy<" not in html


def test_the_current_tab_is_the_longest_that_fits() -> None:
    items = [("Overview", "/hubs/a/"), ("Tools", "/hubs/a/tools/", 3)]
    html = Template("{% tabs items %}").render(
        Context({"items": items, "request": RequestFactory().get("/hubs/a/tools/x/")})
    )
    assert '<a href="/hubs/a/tools/" aria-current="page">Tools <small>3</small></a>' in html
    assert html.count("aria-current") == 1


def test_query_keeps_the_rest_of_the_address() -> None:
    context = Context({"request": RequestFactory().get("/?a=1&b=2&b=3")})
    assert Template("{% query a=5 b=None %}").render(context) == "?a=5"
    assert Template("{% query c=1 %}").render(context) == "?a=1&amp;b=2&amp;b=3&amp;c=1"


def test_a_rating_under_ten_has_no_number() -> None:
    assert "Too few to rate" in render("{% rating 5 4 5 9 %}")
    html = render("{% rating 4.4 4.3 4.5 212 %}")
    assert "<b>4.4</b>" in html and "likely between 4.3 and 4.5 of 5" in html and 'x="68" y="2" width="4"' in html


def test_snippets_work_by_radios_alone() -> None:
    from core.styleguide_samples import SNIPPETS

    html = render("{% snippets items name='c' chosen='cursor' %}", items=SNIPPETS)
    assert 'name="c" value="cursor" data-n="1" checked' in html
    assert html.count("data-pane") == 3


class Sample(Form):
    name = CharField(help_text="Short.", max_length=3)
    secret = CharField(widget=PasswordInput, required=False)
    role = ChoiceField(widget=RadioSelect, choices=[("a", "A"), ("b", "B")])
    hidden = CharField(widget=HiddenInput, required=False)


def test_a_field_ties_help_and_error_to_its_control_and_keeps_what_was_typed() -> None:
    html = render("{% form form %}", form=Sample({"name": "long<", "secret": "s3cret", "role": "b"}))
    assert (
        'aria-describedby="id_name_help id_name_error"' in html
        and 'id="id_name_help"' in html
        and 'id="id_name_error"' in html
    )
    assert 'value="long&lt;"' in html and 'aria-invalid="true"' in html
    assert "s3cret" not in html
    assert re.search(r'<input type="radio" name="role" value="b"[^>]* checked>', html)


def test_every_control_has_a_label() -> None:
    html = render("{% form form %}", form=Sample())
    assert '<label for="id_name">' in html and '<label for="id_secret">' in html and "<legend" in html
    assert '<input type="hidden" name="hidden"' in html
