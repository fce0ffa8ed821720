"""Units of measurement and what lies between them. All factors are exact where the unit is defined exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_BASES = ("m", "kg", "s", "A", "K", "mol", "cd", "bit")
_PREFIXES = {
    "Q": 30, "R": 27, "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "µ": -6, "n": -9, "p": -12, "f": -15, "a": -18,
}  # fmt: skip
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


class UnitProblem(Exception):
    """A unit that is not known, or two that do not measure the same."""


@dataclass(frozen=True)
class Unit:
    """`factor` in base units, `dimension` in powers of the bases; `offset` is for temperatures, added before."""

    factor: Fraction
    dimension: tuple[int, ...]
    offset: Fraction = Fraction(0)

    def __mul__(self, other: Unit) -> Unit:
        return Unit(self.factor * other.factor, tuple(map(sum, zip(self.dimension, other.dimension, strict=True))))

    def __pow__(self, exponent: int) -> Unit:
        return Unit(self.factor**exponent, tuple(power * exponent for power in self.dimension))


def _make(factor: str, **powers: int) -> Unit:
    return Unit(Fraction(factor), tuple(powers.get(base, 0) for base in _BASES))


# What prefixes go with, and what they do not.
_PREFIXED = {
    "m": _make("1", m=1), "g": _make("1/1000", kg=1), "s": _make("1", s=1), "A": _make("1", A=1), "K": _make("1", K=1),
    "mol": _make("1", mol=1), "cd": _make("1", cd=1), "Hz": _make("1", s=-1), "N": _make("1", kg=1, m=1, s=-2),
    "Pa": _make("1", kg=1, m=-1, s=-2), "J": _make("1", kg=1, m=2, s=-2), "W": _make("1", kg=1, m=2, s=-3),
    "C": _make("1", A=1, s=1), "V": _make("1", kg=1, m=2, s=-3, A=-1), "ohm": _make("1", kg=1, m=2, s=-3, A=-2),
    "F": _make("1", kg=-1, m=-2, s=4, A=2), "T": _make("1", kg=1, s=-2, A=-1), "H": _make("1", kg=1, m=2, s=-2, A=-2),
    "L": _make("1/1000", m=3), "l": _make("1/1000", m=3), "bar": _make("100000", kg=1, m=-1, s=-2),
    "eV": _make("1.602176634e-19", kg=1, m=2, s=-2), "Wh": _make("3600", kg=1, m=2, s=-2),
    "cal": _make("4.184", kg=1, m=2, s=-2), "bit": _make("1", bit=1), "B": _make("8", bit=1), "t": _make("1000", kg=1),
}  # fmt: skip
_PLAIN = {
    "min": _make("60", s=1), "h": _make("3600", s=1), "day": _make("86400", s=1), "week": _make("604800", s=1),
    "month": _make("2629746", s=1), "year": _make("31556952", s=1), "in": _make("0.0254", m=1),
    "ft": _make("0.3048", m=1), "yd": _make("0.9144", m=1), "mi": _make("1609.344", m=1), "nmi": _make("1852", m=1),
    "au": _make("149597870700", m=1), "ly": _make("9460730472580800", m=1), "angstrom": _make("1e-10", m=1),
    "acre": _make("4046.8564224", m=2), "ha": _make("10000", m=2), "gal": _make("0.003785411784", m=3),
    "qt": _make("0.000946352946", m=3), "pt": _make("0.000473176473", m=3), "cup": _make("0.0002365882365", m=3),
    "floz": _make("0.0000295735295625", m=3), "tbsp": _make("0.00001478676478125", m=3),
    "tsp": _make("0.00000492892159375", m=3), "impgal": _make("0.00454609", m=3), "lb": _make("0.45359237", kg=1),
    "oz": _make("0.028349523125", kg=1), "st": _make("6.35029318", kg=1), "ct": _make("0.0002", kg=1),
    "ton": _make("907.18474", kg=1), "mph": _make("0.44704", m=1, s=-1), "kmh": _make("5/18", m=1, s=-1),
    "kn": _make("1852/3600", m=1, s=-1), "atm": _make("101325", kg=1, m=-1, s=-2),
    "psi": _make("8896443230521/1290320000", kg=1, m=-1, s=-2), "mmHg": _make("133.322387415", kg=1, m=-1, s=-2),
    "hp": _make("745.69987158227022", kg=1, m=2, s=-3), "btu": _make("1055.05585262", kg=1, m=2, s=-2),
    "rpm": _make("1/60", s=-1), "percent": _make("1/100"), "1": _make("1"),
    "degC": Unit(Fraction(1), _make("1", K=1).dimension, Fraction("273.15")),
    "degF": Unit(Fraction(5, 9), _make("1", K=1).dimension, Fraction("459.67")),
    "degR": _make("5/9", K=1),
}  # fmt: skip
_ALIASES = {
    "meter": "m", "metre": "m", "gram": "g", "gramme": "g", "second": "s", "sec": "s", "minute": "min", "hour": "h",
    "hr": "h", "d": "day", "wk": "week", "yr": "year", "inch": "in", "foot": "ft", "feet": "ft", "yard": "yd",
    "mile": "mi", "liter": "L", "litre": "L", "gallon": "gal", "quart": "qt", "pint": "pt", "pound": "lb", "lbs": "lb",
    "ounce": "oz", "stone": "st", "carat": "ct", "tonne": "t", "kph": "kmh", "knot": "kn", "joule": "J", "watt": "W",
    "newton": "N", "pascal": "Pa", "volt": "V", "ampere": "A", "amp": "A", "kelvin": "K", "celsius": "degC",
    "°C": "degC", "fahrenheit": "degF", "°F": "degF", "rankine": "degR", "byte": "B", "bits": "bit", "calorie": "cal",
    "hectare": "ha", "Ω": "ohm", "b": "bit", "kcal": "kcal", "horsepower": "hp", "BTU": "btu", "%": "percent",
    "Å": "angstrom", "lightyear": "ly", "inches": "in", "hertz": "Hz",
}  # fmt: skip
_LONG_PREFIXES = {
    "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "milli": "m", "micro": "u", "nano": "n",
    "centi": "c", "deci": "d", "hecto": "h", "pico": "p",
}  # fmt: skip
_PART = re.compile(r"([^\d\s*/·^()²³-]+|1)(?:\s*(?:\^|\*\*)?\s*(-?\d+)|([²³]))?")


def unit_of(text: str) -> Unit:
    """A unit such as `km`, `m/s^2` or `kg*m^2/s^2`. Raises UnitProblem."""
    above, *below = text.strip().split("/")
    unit = _product(above, text)
    for part in below:
        unit *= _product(part, text) ** -1
    return unit


def convert(value: Fraction, source: str, target: str) -> Fraction:
    """Raises UnitProblem when a unit is not known or both do not measure the same."""
    old, new = unit_of(source), unit_of(target)
    if old.dimension != new.dimension:
        raise UnitProblem(f"{source} measures {_measured(old)}, {target} measures {_measured(new)}.")
    return (value + old.offset) * old.factor / new.factor - new.offset


def _product(text: str, whole: str) -> Unit:
    unit = Unit(Fraction(1), (0,) * len(_BASES))
    parts = [part for part in re.split(r"[\s*·]+", text.replace("**", "^").strip(" ()")) if part]
    if not parts or len(parts) > 10:
        raise UnitProblem(f"{whole!r} is no unit.")
    if len(parts) == 1 and (single := _PART.fullmatch(parts[0])) and not single[2] and not single[3]:
        return _named(single[1])
    for part in parts:
        match = _PART.fullmatch(part)
        if match is None or abs(int(match[2] or 0)) > 10:
            raise UnitProblem(f"{part!r} is no unit.")
        exponent = {"²": 2, "³": 3}.get(match[3] or "") or int(match[2] or 1)
        unit *= _named(match[1]) ** exponent
    return unit


def _named(name: str) -> Unit:
    for candidate in (name, name.removesuffix("s"), name.lower(), name.lower().removesuffix("s")):
        candidate = _ALIASES.get(candidate, candidate)
        if found := _PLAIN.get(candidate) or _PREFIXED.get(candidate) or _with_prefix(candidate):
            return found
    raise UnitProblem(f"The unit {name!r} is not known.")


def _with_prefix(name: str) -> Unit | None:
    for prefix, power in _BINARY.items():
        if name.startswith(prefix) and name[len(prefix) :] in ("B", "bit"):
            return _PREFIXED[name[len(prefix) :]] * Unit(Fraction(2**power), (0,) * len(_BASES))
    for long, short in _LONG_PREFIXES.items():
        if name.startswith(long):
            rest = name[len(long) :].removesuffix("s")
            name = short + _ALIASES.get(rest, rest)
            break
    for prefix, power in _PREFIXES.items():
        base = _PREFIXED.get(name[len(prefix) :]) if name.startswith(prefix) else None
        if base is not None:
            return base * Unit(Fraction(10) ** power, (0,) * len(_BASES))
    return None


def _measured(unit: Unit) -> str:
    parts = [
        base if power == 1 else f"{base}^{power}" for base, power in zip(_BASES, unit.dimension, strict=True) if power
    ]
    return "*".join(parts) or "a plain number"
