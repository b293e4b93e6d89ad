"""Finance of a household: debts, savings and income tax."""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

CATEGORY = "Finance"

_MONTHS_PER_YEAR = 12
_LONGEST_MONTHS = 1200


@dataclass(frozen=True)
class _TaxBracket:
    """One step of a tax scale: the rate on income above a threshold, up to the next threshold."""

    above: Annotated[float, Field(ge=0, le=1e12, description="Income from which the rate applies.")]
    rate_percent: Annotated[float, Field(ge=0, le=100, description="Tax rate of the bracket in percent.")]


def debt_payoff_time(
    balance: Annotated[float, Field(gt=0, le=1e9)],
    annual_rate_percent: Annotated[float, Field(ge=0, le=200)],
    monthly_payment: Annotated[float, Field(ge=0.01, le=1e9)],
) -> dict[str, float | int]:
    """Find how many months it takes to pay off a credit card or another debt with a fixed monthly payment.

    Args:
        balance: What is owed today.
        annual_rate_percent: Yearly interest rate in percent, charged monthly.
        monthly_payment: What is paid each month.

    Returns:
        ``months``, ``total_interest`` and ``last_payment``, the smaller payment of the last month.

    Raises:
        ValueError: The payment does not cover the interest, or the debt would last longer than 100 years.

    Source: Regulation Z (12 CFR part 1026), appendix M1: interest of a month is a twelfth of the yearly rate.
    """
    owed, interest_paid, last_payment, months = balance, 0.0, 0.0, 0
    while owed > 0:
        interest = owed * annual_rate_percent / 100 / _MONTHS_PER_YEAR
        if monthly_payment <= interest:
            raise ValueError(f"a payment of {monthly_payment:g} must exceed the month's interest of {interest:.2f}")
        if months == _LONGEST_MONTHS:
            raise ValueError("the debt would not be paid within 100 years: raise monthly_payment")
        last_payment = min(monthly_payment, owed + interest)
        owed = owed + interest - last_payment
        interest_paid += interest
        months += 1
        if owed < 0.005:  # less than half a cent is a rounding error
            owed = 0.0
    return {"months": months, "total_interest": round(interest_paid, 2), "last_payment": round(last_payment, 2)}


def monthly_saving_for_goal(
    goal: Annotated[float, Field(gt=0, le=1e12)],
    months: Annotated[int, Field(ge=1, le=1200)],
    already_saved: Annotated[float, Field(ge=0, le=1e12)] = 0,
    annual_rate_percent: Annotated[float, Field(ge=0, le=100)] = 0,
) -> float:
    """How much money to put aside each month to reach a savings goal in time.

    Args:
        goal: Amount wanted in the end.
        months: Number of months left, with one deposit at the end of each.
        already_saved: Amount that is saved already.
        annual_rate_percent: Yearly interest rate in percent, paid monthly.

    Returns:
        The monthly deposit, rounded up to the cent; 0 where what is saved already suffices.

    Source: future value of an annuity; Brealey, Myers & Allen, "Principles of Corporate Finance", chapter 2.
    """
    rate = annual_rate_percent / 100 / _MONTHS_PER_YEAR
    growth = (1 + rate) ** months
    missing = goal - already_saved * growth
    deposits_worth = months if growth - 1 < 1e-9 else (growth - 1) / rate
    return max(0.0, math.ceil(round(missing / deposits_worth * 100, 6)) / 100)


def progressive_income_tax(
    taxable_income: Annotated[float, Field(ge=0, le=1e12)],
    brackets: Annotated[list[_TaxBracket], Field(min_length=1, max_length=20)],
) -> dict[str, float]:
    """Work out the income tax that falls due under a scale of tax brackets, each rate taxing only its own slice.

    Args:
        taxable_income: Taxable income of the year.
        brackets: The tax brackets, each with the income above which its rate applies; below the lowest one nothing
            is due.

    Returns:
        ``tax``, ``effective_rate_percent`` of the whole income, ``marginal_rate_percent`` of the last unit earned.

    Raises:
        ValueError: Two brackets begin at the same income.

    Source: US Code title 26, section 1 (tax imposed): a rate applies only to the income within its bracket.
    """
    scale = sorted(brackets, key=lambda bracket: bracket.above)
    starts = [bracket.above for bracket in scale]
    if len(set(starts)) != len(starts):
        raise ValueError("two tax brackets begin at the same income: give each its own threshold")
    tax = marginal = 0.0
    for bracket, end in zip(scale, [*starts[1:], math.inf], strict=True):
        if taxable_income > bracket.above:
            tax += (min(taxable_income, end) - bracket.above) * bracket.rate_percent / 100
            marginal = bracket.rate_percent
    effective = 100 * tax / taxable_income if tax else 0.0
    return {"tax": round(tax, 2), "effective_rate_percent": round(effective, 2), "marginal_rate_percent": marginal}
