"""What a message in German, French, Spanish or Chinese wants, in the English in which tools describe themselves.

No translation: the words with which people ask for a calculation, a date, a note and the like, each with what it means.
"""

# Words stand with what they mean, however long the line is; some look like signs of ASCII.
# ruff: noqa: E501

from __future__ import annotations

import re
from functools import lru_cache

CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    "en": "the of and to in is are you that it for on with as this what how many much which when my me can please from",
    "de": "der die das und ist sind wie viel viele was wann welche im von zu mit auf für ein eine einen es bitte mir "
    "nach den dem am bis zwischen uhr noch dieses diese",
    "fr": "le les des du et est sont quel quelle quelles combien quand dans pour avec une un il me moi à où vers entre "
    "jusqu en ce cette au aux sur",
    "es": "el los las y es son qué que cuál cuánto cuánta cuántos cuántas cuándo cuanto cuantos cuando con para una un "
    "del al por desde hasta entre en este esta",
}
"""Words that tell a language by how many of them there are."""

# What is wanted, and how it is asked for in the four languages.
_WANTS: tuple[tuple[str, str], ...] = (
    ("what time is it now", r"wie spät|uhrzeit|wie ?viel uhr|quelle heure|l'heure|qué hora|que hora|hora actual|几点|现在.{0,6}时间|当前时间"),
    ("find time zones", r"zeitzone|fuseaux? horaires?|zonas? horarias?|时区"),
    ("convert", r"\brechne\b.*\bum\b|umrechn|umwandel|wandle|konvertier|convert|convierte|换算|转换|换成|转成|多少英|多少公"),
    ("a time in another time zone", r"\d{1,2}[:.]\d{2} ?uhr|\d{1,2} ?uhr|\d{1,2}:\d{2}|\d ?h ?\d\d|\d[点點]"),
    ("units of length, mass, temperature", r"kilometer|meile|\bgrad\b|pfund|zoll|\bfuß\b|unze|kilomètre|\bmilles?\b|degré|livres?\b|pouces?\b|"
     r"\bpieds?\b|kilómetro|\bmillas?\b|grados|libras|pulgadas|公里|千米|英里|摄氏|华氏|公斤|千克|磅|英寸|英尺|厘米"),
    ("how many days between two dates", r"wie viele (?:tage|wochen|arbeitstage|werktage)|tage (?:zwischen|sind|bis)|arbeitstage|werktage|wie lange .*bis|"
     r"combien de (?:jours|semaines)|jours (?:entre|ouvr|jusqu)|cu[aá]nt[oa]s (?:d[ií]as|semanas)|d[ií]as (?:entre|laborables|hábiles|hasta|faltan)|"
     r"多少天|几天|相差|天数|工作日|还有多少"),
    ("when is the next occurrence", r"wann (?:ist|kommt|fällt)|nächste[rnms]?\b|quand (?:est|tombe)|prochaine?s?\b|cu[aá]ndo (?:es|cae|será)|pr[oó]xim[oa]s?\b|"
     r"什么时候|下一个|下个|下次|哪天"),
    ("calculate the arithmetic expression", r"berechne|ausrechn|\brechne(?!.*\bum\b)|wie ?viel (?:ist|sind|ergibt)|was (?:ist|ergibt) \d|prozent|calcule|combien fon?t|pour ?cent|"
     r"calcula|cu[aá]nto (?:es|son|da)|por ciento|计算|算一下|等于多少|百分之|是多少$"),
    ("test the regular expression pattern", r"regul[aä]r|\bmuster\b|\bmotif\b|expression (?:régulière|rationnelle)|patr[oó]n|expresi[oó]n regular|正则"),
    ("format and check JSON", r"formatier|\bformate\b|formatea|(?:prüfe|vérifie|comprueba|valida).*json|格式化|检查.*json"),
    ("count the words and characters of a text", r"zähle|wie viele (?:wörter|zeichen|buchstaben|zeilen)|wortzahl|\bcompter?\b|(?:combien|nombre) de (?:mots|caractères|lignes)|"
     r"cuenta|cu[aá]ntas (?:palabras|letras|líneas)|cu[aá]ntos caracteres|字数|多少(?:个)?(?:字|词|单词)|统计|数一下"),
    ("sort the lines of a text", r"sortier|\btrier?\b|ordena|排序"),
    ("compare two texts, the difference", r"vergleich|unterschied|\bcompare[rz]?\b|différence|compara|diferencia|比较|对比|差异|区别"),
    ("make a slug", r"\bslug\b"),
    ("hash a text", r"\bhash|hache|empreinte|哈希|散列"),
    ("decode", r"de[ck]odier|entschlüssel|décode|(?:de|des)codifica|解码"),
    ("encode", r"(?<!de)[ck]odier|(?<!dé)\bencode|(?<!de)(?<!des)\bcodifica|编码"),
    ("make UUIDs", r"\buuids?\b"),
    ("list all", r"\bliste\b|welche|zeige? (?:mir )?(?:alle|die)|quelles?|montre|lista\b|qué (?!hora)|muestra|哪些|列出|所有|有什么"),
    ("search, find", r"\bsuche?\b|finde?\b|cherche|recherche|trouve|busca|encuentra|搜索|查找|寻找|找"),
    ("add and keep", r"notiere|merke? dir|schreib|halte .*fest|füge?\b|ajoute|retiens|note que|écris|anota|apunta|añade|guarda|记下|记录|记住|添加|保存|写"),
    ("read", r"\blies\b|\bläs[st]|\bouvre|\blis\b|\blee\b|abre|读|打开"),
    ("edit and change", r"ändere|bearbeite|modifie|edita|cambia|修改|编辑|更改"),
    ("delete", r"lösche|entferne|supprime|efface|borra|elimina|删除"),
    ("notes", r"notiz|\bnotes?\b|\bnotas?\b|笔记|备忘"),
    ("weather forecast", r"wetter|météo|clima|天气"),
)  # fmt: skip
_COMPILED = tuple((meaning, re.compile(pattern, re.I)) for meaning, pattern in _WANTS)
_ENGLISH = (
    ("how many days between two dates", re.compile(r"\b(?:working|business|week) ?days\b|\bdays (?:are )?left\b|\bdays (?:since|until|till)\b|\bhow long until\b", re.I)),
)  # fmt: skip
"""English that tools do not say of themselves."""


def in_english(wish: str, text: str) -> str:
    """What is asked for as tools say it; the wish itself where the whole `text` is English, or of no known language."""
    if language_of(text) == "en":
        more = [meaning for meaning, pattern in _ENGLISH if pattern.search(wish)]
        return ", ".join([wish, *more])
    found = [meaning for meaning, pattern in _COMPILED if pattern.search(wish)]
    return ", ".join(found) or wish


@lru_cache(maxsize=512)
def language_of(text: str) -> str:
    """en, de, fr, es or zh: by its characters, else by its small words. What could be any is taken for English."""
    if CHINESE.search(text):
        return "zh"
    words = [word.lower() for word in _WORD.findall(text[:2000])]
    votes = {name: sum(word in common.split() for word in words) for name, common in _COMMON.items()}
    for name, hint in (("de", r"[äöüß]|\b(?:berechne|suche|zeige|sortiere|zähle|wandle|lösche|rechne)\b"),
                       ("fr", r"[çèêëœà]|\b(?:calcule|convertis|cherche|trie|compte|décode|génère)\b"),
                       ("es", r"[ñ¿¡]|\b(?:calcula|convierte|busca|ordena|cuenta|genera|decodifica|borra)\b")):  # fmt: skip
        votes[name] += 2 * bool(re.search(hint, text, re.I))
    best = max(votes, key=lambda name: votes[name])
    return best if votes[best] > votes["en"] else "en"
