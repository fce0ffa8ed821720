"""The pieces that a message is made of, as `filling` looks for them: patterns, and words that only ask."""

# Some signs that people write look like those of ASCII.
# ruff: noqa: RUF001

from __future__ import annotations

import re

from assistants.gateways.measures import NUMBER, plain_number

WORD = re.compile(r"[^\W_]+")
QUOTED = re.compile(
    r"\"([^\"]+)\"|“([^“”]+)”|«\s?([^«»]*[^«»\s])\s?»|„([^„“”]+)[“”]|`([^`]+)`|「([^「」]+)」|『([^『』]+)』|(?<!\w)[‘']([^‘'’]+)['’](?!\w)"
)
TOLD = re.compile(r"\s*((?:[^\s:：]+\s+){0,7}[^\s:：]+)\s*(?::\s+|：\s*)(\S.*)", re.S)
"""`count the words: …`: at most eight words that say what to do, then what to do it to."""
URL = re.compile(r"https?://[^\s<>\"']+")
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+", re.A)
FORMULA = re.compile(
    r"(?:(?<![\w.])(?:\d[\d.,]*+(?:[eE][-+]?\d+)?|(?:pi|e|sqrt|sin|cos|tan|log|ln|exp|abs|min|max|round)(?![\w]))"
    r"|\*\*|[-+*/^%()!,]|\s)+",
    re.A,
)
_SHARE = re.compile(
    r"(?<![\d.,])(\d[\d.,]*+)\s*(?:%|percent|prozent|pour ?cent|por ?ciento)\s*(?:of|von|de[l]?|des)\s+(?=[\d(])", re.I
)
_CHINESE_SHARE = re.compile(r"(?<![\d.,])(\d[\d.,]*+)\s*的\s*(?:(\d[\d.,]*+)\s*[%％]|百分之\s*(\d[\d.,]*+))")
_SIGNS = tuple(
    (re.compile(rf"(?<=[\d)])\s*(?:{words})\s*(?=[\d(])", re.I), sign)
    for words, sign in (
        (r"plus|más|加上?", " + "),
        (r"minus|moins|menos|减去?|−", " - "),
        (r"times|multiplied by|mal|fois|multiplié par|multiplicado por|乘以?|[×·]", " * "),
        (r"divided by|geteilt durch|divisé par|dividido (?:entre|por)|除以|÷", " / "),
    )
)
LEAD = re.compile(
    r"^\s*(?:please\s+|can you\s+|could you\s+|bitte\s+|请|帮我)*(?:what(?:'s| is| are)|search(?: for)?|find(?: me)?|"
    r"look up|"
    r"look for|show(?: me)?|tell me|give me|get(?: me)?|list|calculate|compute|evaluate|count|summari[sz]e|read|open|"
    r"suche(?: nach)?|finde|zeige?(?: mir)?|was ist|berechne|zähle|sortiere|cherche|recherche|trouve|montre(?:-moi)?|"
    r"calcule|compte|trie|busca|encuentra|muestra(?:me)?|calcula|cuenta|ordena|搜索|查找|计算|显示|告诉我)(?!\w*['’])[\s:：]*",
    re.I,
)
SAID = r"\s*(?:=|:|\bis\b)?\s*(?:\"([^\"]+)\"|“([^”]+)”|(?<=[=:]\s)(\S+)|(?<=[=:])(\S+)|([-+]?\d[\d.,]*))"
MARKS = " \t\n?!,;:.…¿¡？！，。；："
DAY_NAMES = ("date", "day", "since", "until", "deadline")
ENDS = ("start", "end", "from", "to", "begin")
FROM = ("from", "from_unit", "source", "source_unit", "from_zone", "from_timezone", "from_tz")
TO = ("to", "to_unit", "target", "target_unit", "to_zone", "to_timezone", "to_tz")
TEXTS = ("text", "content", "body", "message", "input", "query", "q", "question", "prompt", "term", "expression")
COUNTS = ("count", "limit", "n", "number", "amount", "how_many")
FILLERS = frozenset(
    WORD.findall(
        "a an the this that these those it its of for to in on at by with and or is are be my me i we you your please "
        "can could would will should do does did how what which who when where why many much some any following word "
        "words text texts string phrase message need want der die das den dem des ein eine einen von für zu mit und "
        "ist sind wie viele bitte nach mir uns welche was gibt es haben wir diese dieser dieses zeile zeilen wörter "
        "in le la les un une des du de et est sont quel quelle quelles dans pour avec ces cette lignes textes texte "
        "mots moi nous il y a el los las una unos del y es son qué cuál con para en hay mi estas estos esta este "
        "líneas palabras"
    )
)
TAILS = frozenset(WORD.findall("with in to as of for using please from into by the a an bitte nach um an"))
_FIRST_ODD, MOST_HIDDEN = 0xE000, 500
_ODD = re.compile("[\ue000-\uf8ff]")
STEMS = ("ing", "es", "ed", "en", "s", "e", "n")


def wish_of(text: str) -> str:
    """What is to be done, without what it is to be done to: quoted texts, JSON, and what stands behind a colon."""
    whole = text
    span = json_span(text)
    if span is not None:
        text = f"{text[: span[0]]}{' JSON ' if text[span[0]] == '{' else ' '}{text[span[1] :]}"
    bare = QUOTED.sub(" ", text)
    found = TOLD.match(bare)
    wish = found[1] if found else bare
    return wish if WORD.search(wish) else whole


def json_span(text: str) -> tuple[int, int] | None:
    """Where a piece of JSON stands, as far as its brackets tell."""
    spans = [(text.find(opening), text.rfind(closing) + 1) for opening, closing in ("{}", "[]")]
    return min((span for span in spans if 0 <= span[0] < span[1]), default=None)


def masked(text: str) -> tuple[str, list[str]]:
    """The text with one odd character for each piece that is quoted, JSON or told behind a colon; and these pieces."""
    hidden: list[str] = []
    if has_odd(text):
        return text, hidden

    def hide(found: re.Match[str]) -> str:
        hidden.append(found[0])
        return placeholder(len(hidden) - 1) if len(hidden) <= MOST_HIDDEN else found[0]

    if (span := json_span(text)) is not None:
        hidden.append(text[span[0] : span[1]])
        text = f"{text[: span[0]]}{placeholder(0)}{text[span[1] :]}"
    text = QUOTED.sub(hide, text)
    told = TOLD.match(text)
    if told is not None and len(hidden) < MOST_HIDDEN:
        hidden.append(told[2])
        text = f"{text[: told.start(2)]}{placeholder(len(hidden) - 1)}"
    return text, hidden


def has_odd(text: str) -> bool:
    """Does it use such characters itself? Then nothing of it is hidden."""
    return _ODD.search(text) is not None


def placeholder(at: int) -> str:
    return chr(_FIRST_ODD + at)


def unmasked(text: str, hidden: list[str]) -> str:
    for at in range(min(len(hidden), MOST_HIDDEN) - 1, -1, -1):  # what was hidden last may hold what was hidden before
        text = text.replace(placeholder(at), hidden[at])
    return text


def formula_in(text: str) -> tuple[str, str]:
    """(the longest calculation in a text, the text in which signs stand for words); "" without one."""
    text = _SHARE.sub(r"\1 / 100 * ", text)
    text = _CHINESE_SHARE.sub(lambda one: f"{one[2] or one[3]} / 100 * {one[1]}", text)
    for words, sign in _SIGNS:
        text = words.sub(sign, text)
    found = max(FORMULA.finditer(text), key=lambda one: len(one[0].strip()), default=None)
    formula = found[0].strip().rstrip("?.!, ") if found else ""
    return (formula if any(character.isdigit() for character in formula) else ""), text


def plain_formula(formula: str) -> str:
    """Numbers with a point before their decimals. Within a function commas stand between its values."""
    if any(character.isalpha() for character in formula.replace("e", "")):
        return formula
    return NUMBER.sub(lambda found: plain_number(found[0]) if not found[0].startswith(("+", "-")) else
                      found[0][0] + plain_number(found[0][1:]), formula)  # fmt: skip


def stem(word: str) -> str:
    """The same for `line` and `lines`, `count` and `counting`."""
    for ending in STEMS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return word.removesuffix(ending)
    return word
