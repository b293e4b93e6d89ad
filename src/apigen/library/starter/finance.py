"""Finance: loans, savings, valuations, portfolios and bank account numbers."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Finance"

_COMPOUNDINGS_PER_YEAR = {"annually": 1, "semiannually": 2, "quarterly": 4, "monthly": 12, "daily": 365}

# Lengths of national account numbers: SWIFT, "IBAN Registry" (ISO 13616-1).
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip


@dataclass(frozen=True)
class _Holding:
    """One position of an investment portfolio."""

    name: Annotated[
        str,
        Field(
            description="Ticker or name of the position.",
            examples=["AAPL", "gold", "MSFT", "government bonds", "VTI", "Nestle", "TSLA", "cash"],
        ),
    ]
    value: Annotated[float, Field(ge=0, le=1e12, description="Market value, in the same currency for all positions.")]


def loan_monthly_payment(
    principal: Annotated[float, Field(gt=0, le=1e12)],
    annual_rate_percent: Annotated[float, Field(ge=0, le=100)],
    term_months: Annotated[int, Field(ge=1, le=480)],
) -> dict[str, float]:
    """Monthly payment and total interest of a fixed-rate loan or mortgage that is paid off in equal instalments.

    Args:
        principal: Amount borrowed.
        annual_rate_percent: Nominal interest rate a year, in percent.
        term_months: Number of monthly payments.

    Returns:
        ``monthly_payment``, ``total_paid`` and ``total_interest``, in the currency of the principal.

    Source: annuity formula; Brealey, Myers & Allen, "Principles of Corporate Finance", chapter 2.
    """
    rate = annual_rate_percent / 100 / 12
    # In logarithms, so that a rate close to 0 does not leave 1 - 1 to divide by.
    discounted = -math.expm1(-term_months * math.log1p(rate)) / rate if rate > 1e-12 else term_months
    payment = principal / discounted
    total = payment * term_months
    return {
        "monthly_payment": round(payment, 2),
        "total_paid": round(total, 2),
        "total_interest": round(total - principal, 2),
    }


def compound_interest_balance(
    deposit: Annotated[float, Field(ge=0, le=1e12)],
    annual_rate_percent: Annotated[float, Field(ge=0, le=100)],
    years: Annotated[float, Field(gt=0, le=100)],
    compounding: Literal["annually", "semiannually", "quarterly", "monthly", "daily"] = "annually",
) -> float:
    """Balance of a single deposit in a savings account after some years of compound interest.

    Args:
        deposit: Amount put in at the start.
        annual_rate_percent: Nominal interest rate a year, in percent.
        years: How long the money stays in the account.
        compounding: How often interest is added to the balance.

    Returns:
        The balance at the end, in the currency of the deposit.

    Source: compound interest formula; Brealey, Myers & Allen, "Principles of Corporate Finance", chapter 2.
    """
    periods = _COMPOUNDINGS_PER_YEAR[compounding]
    return round(deposit * math.pow(1 + annual_rate_percent / 100 / periods, periods * years), 2)


def net_present_value(
    discount_rate_percent: Annotated[float, Field(ge=0, le=1000)],
    cash_flows: Annotated[list[Annotated[float, Field(ge=-1e12, le=1e12)]], Field(min_length=1, max_length=100)],
    initial_investment: Annotated[float, Field(ge=0, le=1e12)] = 0.0,
) -> float:
    """Net present value of a project or investment: its yearly cash flows discounted to today.

    Args:
        discount_rate_percent: Required return a year, in percent.
        cash_flows: Money received at the end of each year from the first on; negative where money is paid.
        initial_investment: Money paid today, as a positive amount.

    Returns:
        The net present value; positive where the investment earns more than the required return.

    Source: Brealey, Myers & Allen, "Principles of Corporate Finance", chapter 2.
    """
    growth = 1 + discount_rate_percent / 100
    discounted = sum(flow / growth**year for year, flow in enumerate(cash_flows, start=1))
    return round(discounted - initial_investment, 2)


def investment_annual_growth(
    start_value: Annotated[float, Field(ge=1e-6, le=1e15)],
    end_value: Annotated[float, Field(ge=1e-6, le=1e15)],
    years: Annotated[float, Field(ge=1, le=200)],
) -> float:
    """Compound annual growth rate (CAGR) at which a value went from a start to an end in some years.

    Args:
        start_value: Value at the beginning.
        end_value: Value at the end, in the same currency.
        years: Time between the two, in years; at least one, as shorter periods are not annualized.

    Returns:
        The yearly growth rate in percent; negative for a loss.

    Source: CFA Institute, "CFA Program Curriculum", Quantitative Methods (geometric mean return); least period: Global
    Investment Performance Standards (GIPS).
    """
    return round((math.pow(end_value / start_value, 1 / years) - 1) * 100, 4)


def bond_price(
    face_value: Annotated[float, Field(gt=0, le=1e12)],
    coupon_rate_percent: Annotated[float, Field(ge=0, le=100)],
    market_yield_percent: Annotated[float, Field(gt=-20, le=100)],
    years_to_maturity: Annotated[int, Field(ge=1, le=100)],
    coupon_frequency: Literal["annual", "semiannual", "quarterly"] = "semiannual",
) -> float:
    """Fair price of a fixed-coupon bond at a market yield (yield to maturity).

    Args:
        face_value: Amount repaid at maturity (par value).
        coupon_rate_percent: Coupon a year, in percent of the face value; 0 for a zero-coupon bond.
        market_yield_percent: Yield to maturity a year, in percent.
        years_to_maturity: Whole years until the bond is repaid.
        coupon_frequency: How often coupons are paid.

    Returns:
        The price just after a coupon payment, in the currency of the face value.

    Source: Fabozzi, "Bond Markets, Analysis, and Strategies", chapter 2.
    """
    periods_per_year = {"annual": 1, "semiannual": 2, "quarterly": 4}[coupon_frequency]
    periods = periods_per_year * years_to_maturity
    coupon = face_value * coupon_rate_percent / 100 / periods_per_year
    growth = 1 + market_yield_percent / 100 / periods_per_year
    coupons = sum(coupon / growth**period for period in range(1, periods + 1))
    return round(coupons + face_value / growth**periods, 2)


def portfolio_weights(
    holdings: Annotated[list[_Holding], Field(min_length=1, max_length=50)],
) -> dict[str, object]:
    """Share of each position in an investment portfolio, its total value and how concentrated it is.

    Args:
        holdings: The positions with their market values.

    Returns:
        ``total``, ``weights_percent`` by name (positions of the same name are added up) and ``concentration``, the
        Herfindahl-Hirschman index from 0 (spread out) to 1 (a single position).

    Raises:
        ValueError: All values are zero.

    Source: Herfindahl-Hirschman index as in U.S. Department of Justice, "Merger Guidelines", scaled to 0..1.
    """
    total = sum(holding.value for holding in holdings)
    if total <= 0:
        raise ValueError("the portfolio has no value: give at least one holding a value above zero")
    values: dict[str, float] = {}
    for holding in holdings:
        values[holding.name] = values.get(holding.name, 0.0) + holding.value
    return {
        "total": round(total, 2),
        "weights_percent": {name: round(value / total * 100, 2) for name, value in values.items()},
        "concentration": round(sum((value / total) ** 2 for value in values.values()), 4),
    }


def depreciation_schedule(
    cost: Annotated[float, Field(gt=0, le=1e12)],
    useful_life_years: Annotated[int, Field(ge=1, le=50)],
    salvage_value: Annotated[float, Field(ge=0, le=1e12)] = 0.0,
    method: Literal["straight_line", "double_declining", "sum_of_years"] = "straight_line",
) -> list[float]:
    """Yearly depreciation of an asset such as a machine, a vehicle or office equipment, for bookkeeping.

    Args:
        cost: Purchase price.
        useful_life_years: Years over which the asset is written off.
        salvage_value: Residual value at the end of its life.
        method: Straight line, double declining balance, or sum of the years' digits.

    Returns:
        The depreciation expense of each year, from the first to the last.

    Raises:
        ValueError: The salvage value is more than the cost.

    Source: Kieso, Weygandt & Warfield, "Intermediate Accounting", chapter 11.
    """
    if salvage_value > cost:
        raise ValueError(
            f"salvage_value {salvage_value} is more than cost {cost}: give a residual value below the cost"
        )
    depreciable = cost - salvage_value
    years = range(1, useful_life_years + 1)
    if method == "straight_line":
        return [round(depreciable / useful_life_years, 2) for _ in years]
    if method == "sum_of_years":
        digits = useful_life_years * (useful_life_years + 1) / 2
        return [round(depreciable * (useful_life_years - year + 1) / digits, 2) for year in years]
    return _double_declining(cost, salvage_value, useful_life_years)


def validate_iban(
    iban: Annotated[
        str,
        Field(
            max_length=50,
            examples=[
                "GB82WEST12345698765432",
                "DE89370400440532013000",
                "NL91ABNA0417164300",
                "BE68539007547034",
                "CH9300762011623852957",
                "NO9386011117947",
                "AT611904300234573201",
                "DK5000400440116243",
            ],
        ),
    ],
) -> dict[str, object]:
    """Check an international bank account number (IBAN) for typing mistakes: its length and its check digits.

    Args:
        iban: The account number, with or without spaces.

    Returns:
        ``valid``, ``country`` (ISO 3166 code) and ``problem``, which is empty for a valid number.

    Raises:
        ValueError: The country's length of account numbers is not known here.

    Source: ISO 13616-1 (structure) and ISO/IEC 7064 MOD 97-10 (check digits).
    """
    compact = "".join(iban.split()).upper()
    country = compact[:2]
    problem = ""
    if len(country) < 2 or not (country.isascii() and country.isalpha()):
        problem = "no country code at the start"
    elif country not in _IBAN_LENGTHS:
        raise ValueError(f"{country} is not in the table of national lengths, so its numbers cannot be checked")
    elif len(compact) != _IBAN_LENGTHS[country]:
        problem = f"{len(compact)} characters instead of {_IBAN_LENGTHS[country]}"
    elif not (compact.isascii() and compact.isalnum() and compact[2:4].isdigit()):
        problem = "characters that an IBAN cannot have"
    elif int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 != 1:
        problem = "wrong check digits"
    return {"valid": not problem, "country": country, "problem": problem}


def _double_declining(cost: float, salvage_value: float, useful_life_years: int) -> list[float]:
    """Twice the straight-line rate on the book value, down to the salvage value in the last year."""
    book_value = cost
    schedule = []
    for year in range(1, useful_life_years + 1):
        is_last = year == useful_life_years
        expense = book_value - salvage_value if is_last else book_value * 2 / useful_life_years
        expense = min(expense, book_value - salvage_value)
        book_value -= expense
        schedule.append(round(expense, 2))
    return schedule
