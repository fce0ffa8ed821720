"""Numbers and units in a message: `1.250,50`, `72 Grad Fahrenheit in Celsius`, `把100公里换算成英里`."""

# Names stand with their unit, however long the line is; some signs look like those of ASCII.
# ruff: noqa: E501, RUF001

from __future__ import annotations

import re

NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d{1,3}(?:[.’'\u00a0\u202f]\d{3})+,\d+|\d{1,3}(?:[,’'\u00a0\u202f]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}"
    r"|\d+(?:[.,]\d+)?)(?:[eE][-+]?\d+)?(?!\w)",
    re.A,
)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d{1,3}(?:\.\d{3}){2,}")
_UNITS = {
    "km/h": "stundenkilometer kilometer_pro_stunde kilometern_pro_stunde kilomètres_par_heure kilómetros_por_hora 公里每小时 千米每小时",
    "mph": "meilen_pro_stunde milles_par_heure millas_por_hora 英里每小时",
    "km": "kilometer kilometern kilomètre kilomètres kilómetro kilómetros 公里 千米",
    "m": "meter metern mètre mètres metro metros 米", "cm": "zentimeter zentimetern centimètre centimètres centímetro centímetros 厘米 公分",
    "mm": "millimeter millimetern millimètre millimètres milímetro milímetros 毫米",
    "mi": "meile meilen mille milles milla millas 英里", "ft": "fuß pied pieds pie pies 英尺", "in": "zoll pouce pouces pulgada pulgadas 英寸",
    "yd": "yards 码", "kg": "kilo kilos kilogramm kilogramme kilogrammes kilogramo kilogramos 公斤 千克",
    "g": "gramm gramme grammes gramo gramos 克", "lb": "pfund livre livres libra libras 磅", "oz": "unze unzen once onces onza onzas 盎司",
    "t": "tonne tonnen tonnes tonelada toneladas 吨", "L": "liter litern litre litres litro litros 升",
    "gal": "gallone gallonen gallon gallons galón galones 加仑",
    "degC": "grad_celsius degrés_celsius degré_celsius grados_celsius celsius °c 摄氏度 摄氏 degrees_celsius",
    "degF": "grad_fahrenheit degrés_fahrenheit grados_fahrenheit fahrenheit °f 华氏度 华氏 degrees_fahrenheit",
    "h": "stunde stunden heure heures hora horas 小时", "min": "minute minuten minutes minuto minutos 分钟",
    "s": "sekunde sekunden seconde secondes segundo segundos 秒", "day": "tag tage tagen jour jours día días 天",
    "week": "woche wochen semaine semaines semana semanas 周", "year": "jahr jahre jahren année années año años 年",
    "ha": "hektar hectare hectares hectárea hectáreas 公顷",
}  # fmt: skip
_SYMBOLS = {name.replace("_", " "): unit for unit, said in _UNITS.items() for name in said.split()}
_LATIN = "|".join(sorted((re.escape(name) for name in _SYMBOLS if name < "\u3400"), key=len, reverse=True))
_HAN = "|".join(sorted((name for name in _SYMBOLS if name >= "\u3400"), key=len, reverse=True))
_UNIT = rf"(?:(?:{_LATIN})(?![^\W\d_])|{_HAN}|[^\W\d\u3400-\u9fff][^\s\d,;?!\u3400-\u9fff]*(?:\^?\d(?![\d]))?)"
PAIR = re.compile(
    rf"([-+]?\d+(?:[.,]\d+)?)?\s*({_UNIT})\s*(?:\s(?:to|in|into|nach|zu|en|à|a|sind wie viele?|are how many|vers)\s|换算成|换算为|转换成|转换为|等于多少|是多少|换成|转成|到)\s*({_UNIT})",
    re.I,
)
_ASKED = re.compile(
    rf"(?:how many|wie viele?|combien de|cu[aá]nt[oa]s)\s+({_UNIT})\s+(?:\w+\s+)?(?:are|is|in|sind|ist|hay en|son|font|dans|en)\s+([-+]?\d+(?:[.,]\d+)?)\s*({_UNIT})",
    re.I,
)


def find_pair(text: str) -> tuple[str, str, tuple[int, int], tuple[int, int]] | None:
    """(from, to) as units, and the places of both: `10 km to miles`, `how many miles are 10 km`."""
    found = _ASKED.search(text)
    if found:
        return symbol(found[3]), symbol(found[1]), found.span(3), found.span(1)
    for found in PAIR.finditer(text):
        if found[1] or symbol(found[2]) != found[2] or found[2].lower() not in ("it", "time", "what"):
            return symbol(found[2]), symbol(found[3]), found.span(2), found.span(3)
    return None


def symbol(word: str) -> str:
    """A unit as tools write it; the word itself where it is none of these."""
    bare = word.strip(" .?!,;:")
    return _SYMBOLS.get(bare.lower(), bare)


def as_number(raw: str, *, whole: bool) -> int | float | None:
    """Of what NUMBER found, whichever sign stands before the decimals."""
    text = re.sub(r"[’'\u00a0\u202f]", "", raw.strip().rstrip(".,"))
    text = plain_number(text)
    try:
        value = float(text)
    except ValueError:
        return None
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return None if whole else value


def plain_number(text: str) -> str:
    """`1.250,50`, `1,250.50` and `2,340` with a point before the decimals and nothing else."""
    if _GROUPED.fullmatch(text):
        return text.replace(",", "") if "," in text else text.replace(".", "")
    if "," in text and "." in text:
        return text.replace(".", "").replace(",", ".") if text.rfind(",") > text.rfind(".") else text.replace(",", "")
    return text.replace(",", ".")
