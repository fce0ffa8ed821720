"""The calculator and the units of the bundled server."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.bundled import calculator, values
from proxy.bundled.units import UnitProblem, convert, unit_of
from tests.bundled.conftest import Tools

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("expression", "result", "exact"),
    [
        ("1 + 2 * 3", "7", True),
        ("(1 + 2) * 3", "9", True),
        ("0.1 + 0.2", "0.3", True),
        ("1/3", "0.33333333333333333333", False),
        ("1/3 + 2/3", "1", True),
        ("2^3^2", "512", True),
        ("-2^2", "-4", True),
        ("2^-1", "0.5", True),
        ("(-8)^3", "-512", True),
        ("7 // 2", "3", True),
        ("-7 // 2", "-4", True),
        ("-7 % 3", "2", True),
        ("5! / 3!", "20", True),
        ("sqrt(16)", "4", True),
        ("sqrt(2)", "1.4142135623730950488", False),
        ("9/4 ^ (1/2)", "4.5", True),
        ("round(2.5) + round(-2.5)", "0", True),
        ("round(pi, 4)", "3.1416", True),
        ("floor(-1.5) + ceil(1.2)", "0", True),
        ("min(3, 1/2, pi)", "0.5", True),
        ("gcd(12, 18) + lcm(4, 6)", "18", True),
        ("log(8, 2)", "3", False),
        ("ln(e)", "1", False),
        ("log10(1000)", "3", False),
        ("sin(0) + cos(0)", "1", False),
        ("degrees(pi)", "180", False),
        ("1e3 + 1_000", "2000", True),
        ("2 \u00d7 3 \u2212 1", "5", True),
        ("9**9**2", "196627050475552913618075908526912116283103450944214766927315415537966391196809", True),
        ("1.0000001 ^ 1000000", "1.1051709125497934166", False),
        ("2^100", "1267650600228229401496703205376", True),
        ("1e60 / 7", "1.4285714285714285714E+59", False),
    ],
)
async def test_expressions_have_their_value(tools: Tools, expression: str, result: str, exact: bool) -> None:
    given = await tools("calculate", expression=expression)
    assert (given["result"], given["exact"]) == (result, exact)


async def test_an_exact_value_is_given_as_a_fraction_too(tools: Tools) -> None:
    assert (await tools("calculate", expression="0.125 - 1/3", digits=3))["fraction"] == "-5/24"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "ends too early"),
        ("1 +", "ends too early"),
        ("(1 + 2", "is not closed"),
        ("1 2", "one too many"),
        ("1 $ 2", "'$ 2' at position 3 is not understood"),
        (")", "stands in the wrong place"),
        ("1 / 0", "Division by zero"),
        ("5 % 0", "Division by zero"),
        ("sqrt(-1)", "not a real number"),
        ("(-8)^(1/3)", "not a real number"),
        ("ln(0)", "above 0"),
        ("asin(2)", "not defined"),
        ("x + 1", "'x' is not known"),
        ("evil(1)", "no function 'evil'"),
        ("sqrt(1, 2)", "does not take 2 values"),
        ("1.5!", "whole numbers"),
        ("gcd(1.5, 2)", "whole numbers"),
        ("2000!", "up to 1000"),
        ("9**9**9", "too large"),
        ("9**9**9**9**9", "too large"),
        ("1e999999999999", "too large"),
        ("10^3000 * 10^3000", "too large"),
        ("exp(1e9)", "too large"),
        ("round(1, 5000)", "up to 1000"),
        ("(" * 500 + "1" + ")" * 500, "nested too deeply"),
        ("2" + "^2" * 500, "nested too deeply"),
        ("__import__('os')", "not understood"),
    ],
)
async def test_what_has_no_value_is_said_so_soon(tools: Tools, expression: str, said: str) -> None:
    began = time.monotonic()
    assert said in await tools("calculate", expression=expression)
    assert time.monotonic() - began < 1


@settings(max_examples=300, deadline=1000)
@given(st.text(alphabet="0123456789.+-*/%^!(), esqrtpilogn", max_size=60))
def test_no_expression_does_more_than_give_a_value_or_a_reason(expression: str) -> None:
    try:
        values.written(calculator.calculate(expression), 20)
    except values.CalculationProblem as problem:
        assert str(problem)


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        ("100", "km/h", "m/s", "27.7777777778"),
        ("1", "mile", "km", "1.609344"),
        ("20", "\u00b0C", "\u00b0F", "68"),
        ("-40", "fahrenheit", "celsius", "-40"),
        ("0", "degC", "K", "273.15"),
        ("1", "GiB", "MB", "1073.741824"),
        ("8", "Mbit/s", "MB/s", "1"),
        ("1", "kWh", "MJ", "3.6"),
        ("1", "N", "kg*m/s^2", "1"),
        ("2 * 3", "ft\u00b2", "in^2", "864"),
        ("1", "kilograms", "lb", "2.20462262185"),
        ("180", "lbs", "stone", "12.8571428571"),
        ("1", "atm", "psi", "14.6959487755"),
        ("2", "weeks", "hours", "336"),
        ("1", "L", "cm^3", "1000"),
        ("5", "kcal", "kJ", "20.92"),
        ("50", "percent", "1", "0.5"),
        ("30", "mpg", "km/L", None),
        ("1", "m", "kg", None),
        ("1", "parsnip", "m", None),
        ("1", "m^99", "m", None),
        ("1", "", "m", None),
    ],
)
async def test_units_are_converted(tools: Tools, value: str, source: str, target: str, result: str | None) -> None:
    given = await tools("convert_units", value=value, from_=source, to=target)
    assert isinstance(given, str) if result is None else given["result"] == result


def test_units_that_do_not_fit_say_what_they_measure() -> None:
    with pytest.raises(UnitProblem, match=r"km/h measures m\*s\^-1, J measures m\^2\*kg\*s\^-2"):
        convert(Fraction(1), "km/h", "J")
    assert unit_of("km").factor == 1000
