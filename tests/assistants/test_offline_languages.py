"""The built-in model in German, French, Spanish and Chinese, with the tools that come along."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistants.gateways import dates
from assistants.gateways.languages import in_english, language_of
from assistants.gateways.measures import as_number, find_pair
from assistants.gateways.offline import Candidate, plan
from assistants.gateways.zones import find_zone
from marketplace.importers.stock_assistants import stock_assistants
from proxy.bundled.server import Bundled

TODAY = date(2026, 3, 4)
SAID: list[tuple[str, str, str, dict[str, Any]]] = [
    ("world-clock", "Wie spät ist es in Tokio?", "current_time", {"zone": "Asia/Tokyo"}),
    ("world-clock", "Quelle heure est-il à New York ?", "current_time", {"zone": "America/New_York"}),
    ("world-clock", "¿Qué hora es en Londres?", "current_time", {"zone": "Europe/London"}),
    ("world-clock", "东京现在几点?", "current_time", {"zone": "Asia/Tokyo"}),
    ("world-clock", "Welche Zeitzonen gibt es in Brasilien?", "find_time_zones", {"query": "Brazil"}),
    ("world-clock", "Wandle 15 Uhr von Berlin nach New York um", "convert_time",
     {"from": "Europe/Berlin", "to": "America/New_York", "time": "15:00"}),
    ("world-clock", "Convertis 15h30 de Paris à Tokyo", "convert_time",
     {"from": "Europe/Paris", "to": "Asia/Tokyo", "time": "15:30"}),
    ("world-clock", "Convierte las 15:30 de Madrid a Ciudad de México", "convert_time",
     {"from": "Europe/Madrid", "to": "America/Mexico_City", "time": "15:30"}),
    ("world-clock", "把北京时间下午3点换算成纽约时间", "convert_time",
     {"from": "Asia/Shanghai", "to": "America/New_York", "time": "15:00"}),
    ("world-clock", "Convert 3 pm from Berlin to San Francisco", "convert_time",
     {"from": "Europe/Berlin", "to": "America/Los_Angeles", "time": "15:00"}),
    ("exact-calculator", "Berechne 17 % von 3.500,50", "calculate", {"expression": "17 / 100 * 3500.50"}),
    ("exact-calculator", "Combien font 12 * (3 + 4) ?", "calculate", {"expression": "12 * (3 + 4)"}),
    ("exact-calculator", "¿Cuánto es 3,5 + 2,25?", "calculate", {"expression": "3.5 + 2.25"}),
    ("exact-calculator", "3500的17%是多少", "calculate", {"expression": "17 / 100 * 3500"}),
    ("exact-calculator", "计算 12 乘以 7", "calculate", {"expression": "12 * 7"}),
    ("unit-converter", "Rechne 72 Grad Fahrenheit in Celsius um", "convert_units",
     {"from": "degF", "to": "degC", "value": "72"}),
    ("unit-converter", "Wie viele Meilen sind 100 Kilometer?", "convert_units",
     {"from": "km", "to": "mi", "value": "100"}),
    ("unit-converter", "Convertis 2,5 kilomètres en miles", "convert_units",
     {"from": "km", "to": "miles", "value": "2.5"}),
    ("unit-converter", "Convierte 5 kilos a libras", "convert_units", {"from": "kg", "to": "lb", "value": "5"}),
    ("unit-converter", "把100公里换算成英里", "convert_units", {"from": "km", "to": "mi", "value": "100"}),
    ("date-counter", "Wie viele Tage sind es vom 15.01.2026 bis 31.12.2026?", "date_difference",
     {"start": "2026-01-15", "end": "2026-12-31"}),
    ("date-counter", "Combien de jours entre le 15 janvier 2026 et le 31 décembre 2026 ?", "date_difference",
     {"start": "2026-01-15", "end": "2026-12-31"}),
    ("date-counter", "¿Cuántos días hay del 15 de enero de 2026 al 31 de diciembre de 2026?", "date_difference",
     {"start": "2026-01-15", "end": "2026-12-31"}),
    ("date-counter", "2026年1月15日到2026年12月31日有多少天?", "date_difference",
     {"start": "2026-01-15", "end": "2026-12-31"}),
    ("date-counter",
     "Wie viele Tage bis Weihnachten?", "date_difference", {"start": "2026-03-04", "end": "2026-12-25"}),
    ("date-counter", "Wie viele Arbeitstage hat dieses Quartal noch?", "date_difference",
     {"start": "2026-03-04", "end": "2026-04-01"}),
    ("date-counter", "Wann ist der nächste Freitag der 13.?", "next_occurrence",
     {"weekdays": ["friday"], "day_of_month": 13}),
    ("date-counter", "Quand tombe le prochain vendredi 13 ?", "next_occurrence",
     {"weekdays": ["friday"], "day_of_month": 13}),
    ("date-counter", "¿Cuándo es el próximo viernes 13?", "next_occurrence",
     {"weekdays": ["friday"], "day_of_month": 13}),
    ("date-counter", "下一个13号星期五是什么时候?", "next_occurrence", {"weekdays": ["friday"], "day_of_month": 13}),
    ("regex-bench", 'Probiere das Muster "\\d+" an "a1 b22"', "test_regex", {"pattern": "\\d+", "text": "a1 b22"}),
    ("json-desk", '格式化 {"z":1,"a":2}', "format_json", {"text": '{"z":1,"a":2}'}),
    ("text-desk", "Zähle die Wörter in „Der schnelle braune Fuchs“", "count_text",
     {"text": "Der schnelle braune Fuchs"}),
    ("text-desk", "Compte les mots de « Le vif renard brun »", "count_text", {"text": "Le vif renard brun"}),
    ("text-desk", 'Cuenta las palabras de "El rápido zorro"', "count_text", {"text": "El rápido zorro"}),
    ("text-desk", "统计「你好 世界」的字数", "count_text", {"text": "你好 世界"}),
    ("text-desk", "Sortiere diese Zeilen nach Länge", "sort_lines", {"by": "length"}),
    ("team-notebook", "Welche Notizen haben wir?", "list_notes", {}),
    ("team-notebook", "Cherche « version » dans les notes", "search_notes", {"query": "version"}),
    ("team-notebook", "Notiere: Die Vorführung ist am Donnerstag", "add_note",
     {"text": "Die Vorführung ist am Donnerstag", "title": "Die Vorführung ist am Donnerstag"}),
    ("team-notebook", "搜索笔记「发布」", "search_notes", {"query": "发布"}),
    ("encoder", 'Dekodiere den Base64-Text "Q3Jv"', "base64_text", {"text": "Q3Jv", "direction": "decode"}),
    ("encoder", "Génère 3 UUID", "make_uuid", {"count": 3}),
    ("encoder", "生成3个UUID", "make_uuid", {"count": 3}),
    ("encoder", 'Hash "hallo" mit sha256', "hash_text", {"text": "hallo", "algorithm": "sha256"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Candidate]]:
    """By the slug of a stock assistant: its tools."""
    known = Bundled(Path(tmp_path_factory.mktemp("notes")))._toolbox.tools

    def candidate(name: str) -> Candidate:
        one = known[name].definition
        return Candidate(name, name, one.title or "", one.description or "", one.input_schema)

    found = {}
    for stock in stock_assistants():
        if stock.works_offline:
            found[stock.slug] = [candidate(name) for name in (*stock.tools, *stock.tools_that_ask)]
    return found


@pytest.mark.parametrize(("assistant", "said", "tool", "arguments"), SAID, ids=[one[1] for one in SAID])
def test_the_tool_and_its_arguments_are_found_in_any_of_five_languages(
    tools: dict[str, list[Candidate]], assistant: str, said: str, tool: str, arguments: dict[str, Any]
) -> None:
    made = plan(tools[assistant], said, today=TODAY)
    assert (made.key, made.arguments) == (tool, arguments)


@pytest.mark.parametrize("said", ["Guten Tag", "Bonjour", "Hola", "你好", "Schreib mir ein Gedicht", "Qui es-tu ?"])
def test_what_no_tool_does_is_left_to_the_person(tools: dict[str, list[Candidate]], said: str) -> None:
    for slug in ("world-clock", "exact-calculator", "date-counter", "encoder"):
        assert plan(tools[slug], said, today=TODAY).key == "", slug


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("on 3 March 2026 and March 5th, 2026", ["2026-03-03", "2026-03-05"]),
        ("am 3. März", ["2027-03-03"]),
        ("am 3.4.26", ["2026-04-03"]),
        ("le 1er mai", ["2026-05-01"]),
        ("demain, après-demain", ["2026-03-05", "2026-03-06"]),
        ("pasado mañana", ["2026-03-06"]),
        ("heute Morgen und übermorgen", ["2026-03-04", "2026-03-06"]),
        ("后天", ["2026-03-06"]),
        ("25/12/2026 or 12/25/2026", ["2026-12-25", "2026-12-25"]),
        ("03/04/2026", []),
        ("31.02.2026, version 1.2.3, 192.168.0.1, 99/99/2026", []),
        ("2026-12-01 15:00", ["2026-12-01T15:00"]),
    ],
)
def test_days_are_read_as_people_write_them(said: str, days: list[str]) -> None:
    """What could be two days is none: it is asked for."""
    assert [one.value for one in dates.find_days(said, TODAY)] == days


@pytest.mark.parametrize(
    ("raw", "number"),
    [("1.250,50", 1250.5), ("1,250.50", 1250.5), ("2,340", 2340), ("3,5", 3.5), ("1.250.000", 1250000),
     ("1 250", 1250), ("-3", -3), ("1e3", 1000)],
)  # fmt: skip
def test_numbers_are_read_with_either_sign_before_their_decimals(raw: str, number: float) -> None:
    assert as_number(raw.replace(" ", "\u00a0"), whole=False) == number


def test_small_words_tell_a_language() -> None:
    said = {"de": "Wie viel ist das?", "fr": "Combien de jours ?", "es": "¿Cuándo es?", "zh": "几点", "en": "hello"}
    assert {name: language_of(text) for name, text in said.items()} == {name: name for name in said}
    assert in_english("sort these lines", "sort these lines") == "sort these lines"


def test_places_and_units_are_found_where_they_stand() -> None:
    found = find_zone("the time in New York please")
    assert found is not None and found[0] == "America/New_York"
    assert find_zone("the time in Atlantis") is None
    assert find_pair("100 km/h to mph") == ("km/h", "mph", (4, 8), (12, 15))


def test_hostile_messages_end_in_every_language(tools: dict[str, list[Candidate]]) -> None:
    for said in ("在" * 20_000, "1.000" * 6_000, "3 de " * 6_000, "km nach " * 4_000, "「" * 20_000, "\ue000\ue001: x",
                 "12:" * 9_000, "13. " * 7_000):  # fmt: skip
        for slug in ("world-clock", "unit-converter", "date-counter"):
            plan(tools[slug], said, today=TODAY)
