"""What a calculator calculates with: exact fractions while that is possible, decimals of 50 digits when it is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from operator import mul, sub, truediv
from typing import Any

Number = Fraction | Decimal

_MAX_BITS = 13_000
"""Some 3,900 digits: more than anybody reads, and little enough to write out at once."""
_MAX_FACTORIAL = 1000


class CalculationProblem(Exception):
    """Why an expression has no result here."""


def bounded(value: Number) -> Number:
    """The value, unless it outgrows what can be calculated and written."""
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise CalculationProblem("The numbers become too large.")
    return value


def decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)


def combined(a: Number, b: Number, how: Callable[[Any, Any], Any]) -> Number:
    """Exact while both are."""
    both = isinstance(a, Fraction) and isinstance(b, Fraction)
    value: Number = how(a, b) if both else how(decimal(a), decimal(b))
    return bounded(value)


def _divided(a: Number, b: Number) -> Number:
    return combined(a, b, truediv)


def _whole(a: Number, b: Number) -> Number:
    return bounded(Fraction(math.floor(_divided(a, b))))


def _remainder(a: Number, b: Number) -> Number:
    return combined(a, combined(b, _whole(a, b), mul), sub)


PRODUCTS: dict[str, Callable[[Number, Number], Number]] = {
    "*": lambda a, b: combined(a, b, mul),
    "/": _divided,
    "//": _whole,
    "%": _remainder,
}


def power(base: Number, exponent: Number) -> Number:
    """Exact for whole exponents; a root that comes out even is exact too."""
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if size * abs(exponent) <= _MAX_BITS:
            return Fraction(base**exponent.numerator)
        # Too long to be exact. As a decimal it may still have a size that can be said.
        return decimal(base) ** decimal(exponent)
    if base < 0:
        raise CalculationProblem("A root of a negative number is not a real number.")
    if exponent == Fraction(1, 2):
        return square_root(base)
    return decimal(base) ** decimal(exponent)


def square_root(value: Number) -> Number:
    if value < 0:
        raise CalculationProblem("A root of a negative number is not a real number.")
    if isinstance(value, Fraction):
        up, down = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if up * up == value.numerator and down * down == value.denominator:
            return Fraction(up, down)
    return decimal(value).sqrt()


def factorial(value: Number) -> Number:
    if value != int(value) or value < 0:
        raise CalculationProblem("Only whole numbers from 0 up have a factorial.")
    if value > _MAX_FACTORIAL:
        raise CalculationProblem(f"Factorials are calculated up to {_MAX_FACTORIAL}.")
    return Fraction(math.factorial(int(value)))


def _by_float(function: Callable[[float], float]) -> Callable[[Number], Number]:
    """Functions that Decimal lacks, at the precision of floats."""
    return lambda value: Decimal(repr(function(float(value))))


def _rounded(value: Number, places: Number = Fraction(0)) -> Number:
    if places != int(places) or not -1000 <= places <= 1000:
        raise CalculationProblem("The number of places must be a whole number up to 1000.")
    exact = value if isinstance(value, Fraction) else Fraction(value)
    scale = Fraction(10) ** int(places)
    # Half away from zero, as people round; Python's own goes to the even neighbour.
    return Fraction(math.floor(abs(exact) * scale + Fraction(1, 2))) / scale * (1 if exact >= 0 else -1)


def _logarithm(value: Number, base: Number | None = None) -> Number:
    if value <= 0 or (base is not None and (base <= 0 or base == 1)):
        raise CalculationProblem("A logarithm needs a number above 0, and a base above 0 that is not 1.")
    if base is None:
        return decimal(value).ln()
    return decimal(value).log10() if base == 10 else decimal(value).ln() / decimal(base).ln()


def _of_whole(function: Callable[..., int]) -> Callable[..., Number]:
    def apply_whole(*values: Number) -> Number:
        if any(value != int(value) for value in values):
            raise CalculationProblem("This function takes whole numbers.")
        return bounded(Fraction(function(*map(int, values))))

    return apply_whole


CONSTANTS: dict[str, Number] = {
    "pi": Decimal("3.1415926535897932384626433832795028841971693993751"),
    "π": Decimal("3.1415926535897932384626433832795028841971693993751"),
    "tau": Decimal("6.2831853071795864769252867665590057683943387987502"),
    "e": Decimal("2.7182818284590452353602874713526624977572470937000"),
}

FUNCTIONS: dict[str, tuple[Callable[..., Number], int, int]] = {
    "sqrt": (square_root, 1, 1),
    "abs": (abs, 1, 1),
    "round": (_rounded, 1, 2),
    "floor": (lambda value: bounded(Fraction(math.floor(value))), 1, 1),
    "ceil": (lambda value: bounded(Fraction(math.ceil(value))), 1, 1),
    "min": (min, 1, 100),
    "max": (max, 1, 100),
    "gcd": (_of_whole(math.gcd), 1, 100),
    "lcm": (_of_whole(math.lcm), 1, 100),
    "factorial": (factorial, 1, 1),
    "exp": (lambda value: decimal(value).exp(), 1, 1),
    "ln": (_logarithm, 1, 1),
    "log": (_logarithm, 1, 2),
    "log10": (lambda value: _logarithm(value, Fraction(10)), 1, 1),
    "log2": (lambda value: _logarithm(value, Fraction(2)), 1, 1),
    "sin": (_by_float(math.sin), 1, 1),
    "cos": (_by_float(math.cos), 1, 1),
    "tan": (_by_float(math.tan), 1, 1),
    "asin": (_by_float(math.asin), 1, 1),
    "acos": (_by_float(math.acos), 1, 1),
    "atan": (_by_float(math.atan), 1, 1),
    "radians": (lambda value: combined(decimal(value), CONSTANTS["pi"] / 180, mul), 1, 1),
    "degrees": (lambda value: combined(decimal(value), 180 / CONSTANTS["pi"], mul), 1, 1),
}

KNOWN = f"There are the constants pi, tau and e, and the functions {', '.join(FUNCTIONS)}."


def apply(name: str, arguments: list[Number]) -> Number:
    """Call a function by its name. Raises CalculationProblem."""
    if name.lower() not in FUNCTIONS:
        raise CalculationProblem(f"There is no function {name!r}. {KNOWN}")
    function, least, most = FUNCTIONS[name.lower()]
    if not least <= len(arguments) <= most:
        raise CalculationProblem(f"{name} does not take {len(arguments)} values.")
    return function(*arguments)


def written(value: Number, digits: int) -> tuple[str, bool]:
    """The value as a decimal number of up to `digits` significant digits, and whether that is all of it."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return str(value.numerator), True
    with localcontext(Context(prec=digits, Emax=20_000, Emin=-20_000)) as context:
        if isinstance(value, Fraction):
            shown = decimal(value)
            exact = not context.flags[Inexact]
        else:
            shown, exact = context.plus(value), False
        shown = shown.normalize()
    return format(shown, "f" if -20 < shown.adjusted() < 50 else "E"), exact
