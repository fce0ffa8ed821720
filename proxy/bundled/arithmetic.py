"""The calculator and the units as tools."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from msgspec import Meta, field

from proxy.bundled import calculator, units, values
from proxy.bundled.toolbox import Gives, Takes, Toolbox, ToolProblem

toolbox = Toolbox()

Digits = Annotated[int, Meta(ge=1, le=50, description="Significant digits of a result that is not exact")]


class Calculate(Takes):
    expression: Annotated[
        str, Meta(description="For example (2 + 3) * 4 / 7 or sqrt(2) * sin(pi / 6)", max_length=2000)
    ]
    digits: Digits = 20


class Calculated(Gives):
    result: Annotated[str, Meta(description="The value as a decimal number")]
    exact: Annotated[bool, Meta(description="Is `result` the whole truth, or rounded?")]
    fraction: Annotated[str, Meta(description="The exact value as a fraction, where there is one")] = ""


@toolbox.tool("Calculate")
def calculate(asked: Calculate) -> Calculated:
    """Evaluate an arithmetic expression, exactly where that is possible.

    Understands + - * / // % ^ ! and brackets, the constants pi, tau and e, and functions such as sqrt, round, min, max,
    gcd, lcm, ln, log, exp, sin, cos, tan.
    """
    try:
        value = calculator.calculate(asked.expression)
        result, exact = values.written(value, asked.digits)
    except values.CalculationProblem as problem:
        raise ToolProblem(str(problem)) from None
    fraction = str(value) if isinstance(value, Fraction) and value.denominator != 1 else ""
    return Calculated(result=result, exact=exact, fraction=fraction)


class ConvertUnits(Takes):
    value: Annotated[str | float, Meta(description="A number, or an expression that gives one")]
    from_: Annotated[str, Meta(description="For example km/h, kg*m/s^2, degF, GiB", max_length=60)] = field(name="from")
    to: Annotated[str, Meta(description="The unit to convert to", max_length=60)]
    digits: Digits = 12


class ConvertedUnits(Gives):
    result: str
    unit: str
    exact: bool


@toolbox.tool("Convert units")
def convert_units(asked: ConvertUnits) -> ConvertedUnits:
    """Convert between units of length, mass, time, temperature, area, volume, speed, pressure, energy, power, data and
    what can be made of them with * / and ^."""
    try:
        value = calculator.calculate(str(asked.value))
        converted = units.convert(Fraction(value), asked.from_, asked.to)
        result, exact = values.written(converted, asked.digits)
    except (values.CalculationProblem, units.UnitProblem) as problem:
        raise ToolProblem(str(problem)) from None
    return ConvertedUnits(result=result, unit=asked.to, exact=exact and isinstance(value, Fraction))
