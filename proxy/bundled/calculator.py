"""A calculator without eval: exact fractions as long as the numbers allow, bounded in time and size."""

from __future__ import annotations

import re
from decimal import Context, DecimalException, Overflow, localcontext
from fractions import Fraction
from operator import add
from typing import NamedTuple

from proxy.bundled.values import (
    CONSTANTS,
    KNOWN,
    PRODUCTS,
    CalculationProblem,
    Number,
    apply,
    bounded,
    combined,
    factorial,
    power,
)

MAX_LENGTH = 2000
_MAX_DEPTH = 60
_DIGITS = 50

_TOKEN = re.compile(
    r"\s*(?:(\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([a-zA-Z]\w*|π)|(\*\*|//|[-+*/%^(),!]))"
)
# The signs of typesetters: times, middle dot, division, minus, dash.
_SAME = str.maketrans("\u00d7\u00b7\u00f7\u2212\u2013", "**/--")


class Token(NamedTuple):
    kind: str
    text: str
    at: int


def tokens_of(expression: str) -> list[Token]:
    """Raises CalculationProblem for what is no part of an expression."""
    expression = expression.translate(_SAME)
    found: list[Token] = []
    at = 0
    while at < len(expression.rstrip()):
        match = _TOKEN.match(expression, at)
        if match is None:
            rest = expression[at:].lstrip()
            where = len(expression) - len(rest) + 1
            raise CalculationProblem(f"{rest.rstrip()[:10]!r} at position {where} is not understood.")
        kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]
        found.append(Token(kind, match[match.lastindex or 1], match.start(match.lastindex or 1)))
        at = match.end()
    return found


def calculate(expression: str) -> Number:
    """The value of an expression: a Fraction when it is exact, else a Decimal of 50 digits.

    `^` and `**` raise to a power, `//` divides whole, `%` is the remainder, `!` the factorial. Raises
    CalculationProblem.
    """
    if len(expression) > MAX_LENGTH:
        raise CalculationProblem(f"The expression is longer than {MAX_LENGTH} characters.")
    with localcontext(Context(prec=_DIGITS, Emax=10_000, Emin=-10_000)):
        try:
            parser = _Parser(tokens_of(expression))
            value = parser.sum()
            parser.expect_end()
            return value
        except ZeroDivisionError:
            raise CalculationProblem("Division by zero has no result.") from None
        except (Overflow, OverflowError):
            raise CalculationProblem("The result is too large to calculate.") from None
        except (DecimalException, ValueError):
            raise CalculationProblem("The result is not defined.") from None


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def _next(self, *texts: str) -> str:
        """Take the next token if it is one of these signs."""
        if self._at < len(self._tokens) and self._tokens[self._at].text in texts:
            self._at += 1
            return self._tokens[self._at - 1].text
        return ""

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            raise CalculationProblem(f"{token.text!r} at position {token.at + 1} is one too many.")

    def sum(self) -> Number:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise CalculationProblem("The expression is nested too deeply.")
        value = self._product()
        while sign := self._next("+", "-"):
            other = self._product()
            value = combined(value, other if sign == "+" else -other, add)
        self._depth -= 1
        return value

    def _product(self) -> Number:
        value = self._signed()
        while sign := self._next("*", "/", "//", "%"):
            value = PRODUCTS[sign](value, self._signed())
        return value

    def _signed(self) -> Number:
        negative = False
        while sign := self._next("-", "+"):
            negative ^= sign == "-"
        value = self._power()
        return -value if negative else value

    def _power(self) -> Number:
        base = self._factorial()
        if not self._next("^", "**"):
            return base
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise CalculationProblem("The expression is nested too deeply.")
        exponent = self._signed()
        self._depth -= 1
        return power(base, exponent)

    def _factorial(self) -> Number:
        value = self._atom()
        while self._next("!"):
            value = factorial(value)
        return value

    def _atom(self) -> Number:
        if self._at >= len(self._tokens):
            raise CalculationProblem("The expression ends too early.")
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "number":
            return _literal(token.text)
        if token.kind == "name":
            return self._named(token)
        if token.text == "(":
            value = self.sum()
            self._close(token)
            return value
        raise CalculationProblem(f"{token.text!r} at position {token.at + 1} stands in the wrong place.")

    def _named(self, token: Token) -> Number:
        name = token.text.lower()
        if not self._next("("):
            if name in CONSTANTS:
                return CONSTANTS[name]
            raise CalculationProblem(f"{token.text!r} is not known. {KNOWN}")
        arguments = [self.sum()]
        while self._next(","):
            arguments.append(self.sum())
        self._close(token)
        return apply(token.text, arguments)

    def _close(self, opened: Token) -> None:
        if not self._next(")"):
            raise CalculationProblem(f"The bracket after position {opened.at + 1} is not closed.")


def _literal(text: str) -> Number:
    exponent = re.search(r"[eE]([+-]?\d+)", text)
    if exponent and abs(int(exponent[1][:9])) > 3000:
        raise CalculationProblem(f"{text} is too large or too small.")
    return bounded(Fraction(text.replace("_", "")))
