"""Places in a message, as time zones: by the zone's own name, by its city, by what other languages call that."""

# Names stand with their zone, however long the line is.
# ruff: noqa: E501

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from functools import lru_cache

ZONE = re.compile(
    r"(?<![A-Za-z/])[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_+-]*\d*){1,2}(?![A-Za-z/])|(?<![A-Za-z])(?:UTC|GMT)(?![A-Za-z])"
)
_WORD = re.compile(r"[^\W\d_]+")
LATIN_MOST = 3
"""Words that the name of a place has at most."""

# Countries that lie in one zone (or whose capital's is meant), cities that are no zone, and names in other languages.
_NAMES = {
    "Europe/Berlin": "germany deutschland allemagne alemania munich münchen múnich hamburg hambourg frankfurt francfort cologne köln berlín berlin_time 柏林 德国 慕尼黑",
    "Europe/London": "uk england britain großbritannien londres londra angleterre inglaterra 伦敦 英国",
    "Europe/Paris": "france frankreich francia parís lyon marseille 巴黎 法国",
    "Europe/Madrid": "spain spanien espagne españa barcelona barcelone 马德里 西班牙 巴塞罗那",
    "Europe/Rome": "italy italien italie italia rom roma milan mailand milano milán 罗马 意大利 米兰",
    "Europe/Vienna": "austria österreich autriche wien vienne viena 维也纳 奥地利",
    "Europe/Zurich": "switzerland schweiz suisse suiza zürich zúrich geneva genf genève ginebra bern basel 苏黎世 瑞士 日内瓦",
    "Europe/Amsterdam": "netherlands niederlande pays-bas holanda 阿姆斯特丹 荷兰",
    "Europe/Brussels": "belgium belgien belgique bélgica brüssel bruxelles bruselas 布鲁塞尔",
    "Europe/Lisbon": "portugal lissabon lisbonne lisboa 里斯本 葡萄牙",
    "Europe/Prague": "prag praga 布拉格", "Europe/Warsaw": "poland polen pologne polonia warschau varsovie varsovia 华沙",
    "Europe/Copenhagen": "denmark dänemark kopenhagen copenhague 哥本哈根", "Europe/Stockholm": "sweden schweden suède suecia estocolmo 斯德哥尔摩",
    "Europe/Oslo": "norway norwegen norvège noruega 奥斯陆", "Europe/Helsinki": "finland finnland finlande finlandia 赫尔辛基",
    "Europe/Dublin": "ireland irland irlande irlanda dublín 都柏林", "Europe/Athens": "greece griechenland grèce grecia athen athènes atenas 雅典",
    "Europe/Moscow": "moskau moscou moscú 莫斯科", "Europe/Kyiv": "kiew kyjiw kiev ukraine 基辅", "Europe/Istanbul": "turkey türkei turquie turquía estambul 伊斯坦布尔",
    "America/New_York": "nueva_york nyc boston washington miami philadelphia atlanta new_york_city 纽约 波士顿 华盛顿",
    "America/Chicago": "dallas houston austin 芝加哥", "America/Denver": "丹佛",
    "America/Los_Angeles": "san_francisco seattle san_diego las_vegas california kalifornien 洛杉矶 旧金山 西雅图",
    "America/Toronto": "montreal montréal ottawa 多伦多", "America/Vancouver": "温哥华",
    "America/Mexico_City": "mexiko-stadt mexiko ciudad_de_méxico méxico mexico 墨西哥城", "America/Sao_Paulo": "são_paulo rio_de_janeiro rio 圣保罗",
    "America/Argentina/Buenos_Aires": "argentina argentinien argentine 布宜诺斯艾利斯", "America/Bogota": "bogotá kolumbien colombie colombia",
    "America/Lima": "perú peru", "America/Santiago": "chile",
    "Asia/Tokyo": "japan japon japón tokio osaka kyoto 东京 日本 大阪", "Asia/Shanghai": "china chine beijing peking pékin pekín shanghái 北京 上海 中国 深圳 广州",
    "Asia/Hong_Kong": "hongkong 香港", "Asia/Taipei": "taiwan 台北", "Asia/Seoul": "korea south_korea südkorea séoul seúl 首尔 韩国",
    "Asia/Singapore": "singapur singapour 新加坡", "Asia/Kolkata": "india indien inde mumbai delhi new_delhi neu-delhi bangalore bengaluru calcutta chennai 孟买 德里 印度 班加罗尔",
    "Asia/Dubai": "dubái vae emirates 迪拜", "Asia/Bangkok": "thailand thaïlande tailandia 曼谷 泰国", "Asia/Jakarta": "djakarta 雅加达",
    "Asia/Manila": "philippines 马尼拉", "Asia/Ho_Chi_Minh": "vietnam hanoi saigon 河内", "Asia/Jerusalem": "israel tel_aviv 耶路撒冷",
    "Asia/Tehran": "teheran téhéran teherán 德黑兰", "Asia/Kathmandu": "nepal",
    "Africa/Cairo": "egypt ägypten égypte egipto kairo le_caire el_cairo 开罗", "Africa/Johannesburg": "south_africa südafrika kapstadt cape_town 约翰内斯堡",
    "Africa/Nairobi": "kenya kenia 内罗毕", "Africa/Lagos": "nigeria", "Australia/Sydney": "australia sidney sídney 悉尼 澳大利亚",
    "Australia/Melbourne": "墨尔本", "Pacific/Auckland": "new_zealand neuseeland nueva_zelanda 奥克兰 新西兰", "UTC": "greenwich",
}  # fmt: skip
# Countries of several zones, as `find_time_zones` knows them.
_COUNTRIES = {
    "brazil": "brasilien brésil brasil 巴西", "us": "usa 美国 états-unis estados_unidos vereinigte_staaten united_states",
    "canada": "kanada canadá 加拿大", "australia": "australien australie 澳大利亚", "indian": "indischer", "mexico": "mexiko mexique méxico 墨西哥",
    "chile": "chili 智利", "argentina": "argentinien argentine 阿根廷", "america": "amerika amérique américa 美洲",
    "europe": "europa 欧洲", "asia": "asien asie 亚洲", "africa": "afrika afrique áfrica 非洲",
}  # fmt: skip


@lru_cache(maxsize=1)
def known_zones() -> Mapping[str, str]:
    """Every zone by its name, by its city and by names in other languages; lower case, `_` for blanks."""
    names = sorted(zoneinfo.available_timezones())
    cities = {name.rpartition("/")[2].lower(): name for name in names if "/" in name and not name.startswith("Etc/")}
    others = {name: zone for zone, said in _NAMES.items() for name in said.split()}
    return others | cities | {name.lower(): name for name in names}


@lru_cache(maxsize=1)
def _chinese() -> Mapping[str, str]:
    return {name: zone for name, zone in known_zones().items() if name >= "\u3400"}


def is_zone(name: str) -> bool:
    parts = name.lower().split("_")
    return "zone" in parts or "tz" in parts or any(part.startswith("timezone") for part in parts)


def find_zone(text: str) -> tuple[str, int, int] | None:
    """The first zone that a text names, and where."""
    zones = known_zones()
    for found in ZONE.finditer(text):
        if found[0].lower() in zones:
            return zones[found[0].lower()], found.start(), found.end()
    words = list(_WORD.finditer(text))
    for length in range(LATIN_MOST, 0, -1):
        for at in range(len(words) - length + 1):
            start, end = words[at].start(), words[at + length - 1].end()
            piece = text[start:end]
            zone = zones.get(piece.lower().replace(" ", "_"))
            if zone and len(piece) > 3:
                return zone, start, end
    spots = [(text.find(name), name) for name in _chinese() if name in text]
    if spots:
        at, name = min(spots, key=lambda spot: (spot[0], -len(spot[1])))
        return zones[name], at, at + len(name)
    return None


def zone_query(text: str) -> str:
    """A place as the zone database names it: `Brasilien` and `Tokio` are found as Brazil and Tokyo."""
    whole = text.strip().lower().replace(" ", "_")
    for word in (whole, *(one for one in re.split(r"[\W_]+", text.lower()) if len(one) > 2), *_han_in(text)):
        for english, said in _COUNTRIES.items():
            if word in said.split():
                return english.title() if len(english) > 2 else english.upper()
        zone = known_zones().get(word, "")
        if zone and word not in zone.lower():
            return zone.rpartition("/")[2].replace("_", " ")
    return text


def _han_in(text: str) -> list[str]:
    names = [name for said in _COUNTRIES.values() for name in said.split() if name >= "\u3400"]
    return [name for name in (*names, *_chinese()) if name in text]
