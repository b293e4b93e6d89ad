"""Commerce: prices, discounts, VAT, parcels, barcodes and consumer deadlines."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Commerce"

_PRODUCTS = ["olive oil 1 l", "AA batteries", "toilet paper", "dog food", "notebook", "shampoo", "coffee beans", "mug"]

_Country = Literal[
    "Austria",
    "Belgium",
    "Bulgaria",
    "Croatia",
    "Cyprus",
    "Czechia",
    "Denmark",
    "Estonia",
    "Finland",
    "France",
    "Germany",
    "Greece",
    "Hungary",
    "Ireland",
    "Italy",
    "Latvia",
    "Lithuania",
    "Luxembourg",
    "Malta",
    "Netherlands",
    "Poland",
    "Portugal",
    "Romania",
    "Slovakia",
    "Slovenia",
    "Spain",
    "Sweden",
]

# European Commission, "VAT rates applied in the Member States of the European Union": standard rates in percent, in
# force on 1 January 2024, by rate.
_STANDARD_VAT_2024 = {
    country: rate
    for rate, countries in {
        17: "Luxembourg",
        18: "Malta",
        19: "Cyprus Germany Romania",
        20: "Austria Bulgaria France Slovakia",
        21: "Belgium Czechia Latvia Lithuania Netherlands Spain",
        22: "Estonia Italy Slovenia",
        23: "Ireland Poland Portugal",
        24: "Finland Greece",
        25: "Croatia Denmark Sweden",
        27: "Hungary",
    }.items()
    for country in countries.split()
}

# Cubic centimetres counted as one kilogram: IATA TACT Rules 3.9.4 for air freight; DHL Express, FedEx and UPS use 5000.
_VOLUMETRIC_DIVISORS = {"express": 5000, "air_freight": 6000}

_BARCODE_NAMES = {8: "GTIN-8 (EAN-8)", 12: "GTIN-12 (UPC-A)", 13: "GTIN-13 (EAN-13)", 14: "GTIN-14 (ITF-14)"}
_SATURDAY = 5


@dataclass(frozen=True)
class _Offer:
    """One offer of a product."""

    name: Annotated[str, Field(description="What tells the offer apart, such as the shop or pack.", examples=_PRODUCTS)]
    price: Annotated[float, Field(ge=0, le=1e9, description="Price of the whole pack.")]
    quantity: Annotated[
        float, Field(ge=0.0001, le=1e9, description="How much is in it, in the same unit for all offers.")
    ]


@dataclass(frozen=True)
class _CartItem:
    """One line of a shopping cart."""

    name: Annotated[str, Field(description="Name of the product.", examples=_PRODUCTS)]
    unit_price: Annotated[float, Field(ge=0, le=1e9, description="Price of one piece.")]
    quantity: Annotated[int, Field(ge=1, le=1_000_000, description="How many pieces.")] = 1


def stacked_discount_price(
    price: Annotated[float, Field(ge=0, le=1e12)],
    discount_percents: Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1)],
) -> dict[str, float]:
    """Compute what to pay for an item marked down by one or more discounts in percent, taken off one after the other.

    Args:
        price: Price before any discount.
        discount_percents: The discounts in percent; each is taken off what the one before left.

    Returns:
        ``final_price``, ``saved`` and the ``total_discount_percent`` that the discounts amount to.

    Source: elementary arithmetic (successive percentage changes).
    """
    remaining = 1.0
    for percent in discount_percents:
        remaining *= 1 - percent / 100
    final = round(price * remaining, 2)
    return {
        "final_price": final,
        "saved": round(price - final, 2),
        "total_discount_percent": round(100 * (1 - remaining), 4),
    }


def product_barcode_check(
    barcode: Annotated[
        str,
        Field(
            pattern="^([0-9]{8}|[0-9]{12,14})$",
            examples=["4006381333931", "036000291452", "96385074", "5901234123457", "9780306406157", "10614141000415"],
        ),
    ],
) -> dict[str, str | int | bool]:
    """Check whether the number under a product's barcode (EAN, UPC, GTIN) is valid.

    Args:
        barcode: The 8, 12, 13 or 14 digits, without spaces.

    Returns:
        The ``format``, whether it is ``valid``, and the ``check_digit`` that would be right.

    Raises:
        ValueError: The number has another length or other characters than digits.

    Source: GS1 General Specifications, section 7.9 (check digit calculation).
    """
    if not (barcode.isascii() and barcode.isdigit()) or len(barcode) not in _BARCODE_NAMES:
        raise ValueError(f"barcode {barcode!r} must have 8, 12, 13 or 14 digits")
    # From the right, the digits before the check digit weigh 3, 1, 3, 1, ...
    weighted = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(barcode[:-1])))
    check_digit = -weighted % 10
    return {
        "format": _BARCODE_NAMES[len(barcode)],
        "valid": check_digit == int(barcode[-1]),
        "check_digit": check_digit,
    }


def best_unit_price(
    offers: Annotated[list[_Offer], Field(min_length=2)],
) -> dict[str, str | dict[str, float]]:
    """Compare offers of the same product in packs of different size and find the best value for money.

    Args:
        offers: The offers with their prices and quantities.

    Returns:
        Name of the ``best_offer`` and the ``unit_prices`` by name.

    Raises:
        ValueError: Two offers have the same name, or there are none.

    Source: Directive 98/6/EC, article 2 (unit price).
    """
    unit_prices = {offer.name: round(offer.price / offer.quantity, 6) for offer in offers}
    if not offers or len(unit_prices) < len(offers):
        raise ValueError("give at least one offer, each with a name of its own")
    return {"best_offer": min(unit_prices, key=lambda name: unit_prices[name]), "unit_prices": unit_prices}


def eu_vat_price(
    amount: Annotated[float, Field(ge=0, le=1e12)],
    country: _Country,
    action: Literal["add", "remove"],
) -> dict[str, float]:
    """Add a European Union country's standard VAT to a net price, or take it out of a gross price (rates of 2024).

    Args:
        amount: Net price in order to add the tax, gross price in order to remove it.
        country: Member state whose rate applies.
        action: Whether to add VAT to the amount or remove it from the amount.

    Returns:
        ``rate_percent``, ``net``, ``vat`` and ``gross``.

    Source: European Commission, "VAT rates applied in the Member States of the European Union", standard rates in force
        on 1 January 2024.
    """
    rate = _STANDARD_VAT_2024[country]
    net = amount if action == "add" else amount / (1 + rate / 100)
    gross = amount * (1 + rate / 100) if action == "add" else amount
    return {
        "rate_percent": rate,
        "net": round(net, 2),
        "vat": round(round(gross, 2) - round(net, 2), 2),
        "gross": round(gross, 2),
    }


def parcel_billable_weight(
    length_cm: Annotated[float, Field(gt=0, le=10_000)],
    width_cm: Annotated[float, Field(gt=0, le=10_000)],
    height_cm: Annotated[float, Field(gt=0, le=10_000)],
    weight_kg: Annotated[float, Field(gt=0, le=1_000_000)],
    service: Literal["express", "air_freight"] = "express",
) -> dict[str, float]:
    """Find the weight a carrier charges for a parcel: its real or its volumetric weight, whichever is more.

    Args:
        length_cm: Length in centimeters.
        width_cm: Width in centimeters.
        height_cm: Height in centimeters.
        weight_kg: Weight on the scales, in kilograms.
        service: ``express`` counts 5000 cubic centimeters as a kilogram, ``air_freight`` 6000.

    Returns:
        ``volumetric_weight_kg`` and ``billable_weight_kg``.

    Source: IATA TACT Rules 3.9.4 (air freight); published divisor of DHL Express, FedEx and UPS (express).
    """
    volumetric = length_cm * width_cm * height_cm / _VOLUMETRIC_DIVISORS[service]
    return {"volumetric_weight_kg": round(volumetric, 3), "billable_weight_kg": round(max(volumetric, weight_kg), 3)}


def retail_price_from_cost(
    cost: Annotated[float, Field(gt=0, le=1e12)],
    percent: Annotated[float, Field(ge=0, le=100_000)],
    basis: Literal["markup", "margin"],
) -> dict[str, float]:
    """Set a selling price from what an item costs and the markup or margin wanted.

    Args:
        cost: Purchase or production cost of one item.
        percent: Markup or margin in percent.
        basis: ``markup`` takes the percentage of the cost, ``margin`` of the selling price.

    Returns:
        ``price`` and ``profit`` per item.

    Raises:
        ValueError: A margin is 100 percent or more.

    Source: Kotler and Armstrong, "Principles of Marketing", appendix "Marketing by the Numbers".
    """
    if basis == "margin" and percent >= 100:
        raise ValueError(f"a margin must be below 100 percent, got {percent}")
    price = cost * (1 + percent / 100) if basis == "markup" else cost / (1 - percent / 100)
    return {"price": round(price, 2), "profit": round(price - cost, 2)}


def shopping_cart_total(
    items: Annotated[list[_CartItem], Field(min_length=1)],
    coupon_percent: Annotated[float, Field(ge=0, le=100)] = 0,
    tax_percent: Annotated[float, Field(ge=0, le=100)] = 0,
    shipping: Annotated[float, Field(ge=0, le=1e9)] = 0,
) -> dict[str, float]:
    """Add up a shopping cart or basket at checkout, with coupon, sales tax and shipping or delivery.

    Args:
        items: What is in the cart.
        coupon_percent: Coupon in percent, taken off the goods before tax.
        tax_percent: Sales tax in percent on the discounted goods.
        shipping: Shipping fee, added at the end and not taxed.

    Returns:
        ``subtotal``, ``discount``, ``tax`` and ``total``.

    Source: plain arithmetic.
    """
    subtotal = round(sum(item.unit_price * item.quantity for item in items), 2)
    discount = round(subtotal * coupon_percent / 100, 2)
    tax = round((subtotal - discount) * tax_percent / 100, 2)
    return {
        "subtotal": subtotal,
        "discount": discount,
        "tax": tax,
        "total": round(subtotal - discount + tax + shipping, 2),
    }


def eu_withdrawal_deadline(
    delivered_on: datetime.date,
    seller_informed: bool = True,
) -> str:
    """Find the last day on which an EU consumer may withdraw from an online purchase (14-day cooling-off period).

    Args:
        delivered_on: Day on which the goods arrived, as YYYY-MM-DD.
        seller_informed: False if the seller did not tell the buyer about the right to withdraw: 12 months more.

    Returns:
        The last day, as YYYY-MM-DD; a weekend moves it to Monday, public holidays are not considered.

    Source: Directive 2011/83/EU, articles 9 and 10; Regulation (EEC, Euratom) No 1182/71, article 3.
    """
    last = delivered_on + datetime.timedelta(days=14)
    if not seller_informed:
        leap_day = (last.month, last.day) == (2, 29)
        last = last.replace(year=last.year + 1, day=28 if leap_day else last.day)
    if last.weekday() >= _SATURDAY:
        last += datetime.timedelta(days=7 - last.weekday())
    return last.isoformat()
