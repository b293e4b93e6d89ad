"""Ten internal functions of a small furniture shop, as one finds them in a company's code base.

    apigen run --library python:examples/company_tools.py --count 200

Nothing here was written for apigen: some functions are annotated, some only documented, styles differ.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Literal

_PRICES = {"oak table": 480.0, "pine shelf": 95.0, "desk lamp": 39.5, "armchair": 260.0, "bed frame": 350.0}
_STOCK = {"oak table": 4, "pine shelf": 31, "desk lamp": 120, "armchair": 9, "bed frame": 0}


class Carrier(Enum):
    """Who brings the parcel."""

    POST = "post"
    COURIER = "courier"
    OWN_VAN = "own van"


@dataclass
class OrderLine:
    """One line of an order."""

    product: str
    quantity: int = 1


def quote_delivery(weight_kg: float, distance_km: int, carrier: Carrier = Carrier.POST) -> float:
    """Quote the price of a delivery in euros.

    Args:
        weight_kg: Weight of the parcel in kilograms.
        distance_km: Distance to the customer in kilometers.
        carrier: Who delivers it.
    """
    if weight_kg <= 0:
        raise ValueError("weight_kg must be above 0")
    rate = {Carrier.POST: 0.9, Carrier.COURIER: 1.8, Carrier.OWN_VAN: 0.5}[carrier]
    return round(4.5 + rate * weight_kg + 0.12 * distance_km, 2)


def order_total(lines: list[OrderLine], discount_percent: float = 0) -> float:
    """Add up what a customer pays for an order.

    Args:
        lines: The products ordered: oak table, pine shelf, desk lamp, armchair or bed frame.
        discount_percent: Discount on the whole order in percent.
    """
    total = sum(_PRICES[line.product.lower()] * line.quantity for line in lines)
    return round(total * (1 - discount_percent / 100), 2)


def check_stock(product: Literal["oak table", "pine shelf", "desk lamp", "armchair", "bed frame"]) -> int:
    """How many pieces of a product are in the warehouse."""
    return _STOCK[product]


def delivery_date(ordered_on: date, working_days: int) -> date:
    """Find the day on which an order arrives, counting working days only.

    Args:
        ordered_on: Day of the order.
        working_days: Working days that production and shipping take.
    """
    day = ordered_on
    while working_days > 0:
        day += timedelta(days=1)
        working_days -= day.weekday() < 5
    return day


def invoice_due(invoice_date: date, terms: Literal["net 14", "net 30", "net 60"] = "net 30") -> date:
    """Tell when an invoice has to be paid.

    Args:
        invoice_date: Date printed on the invoice.
        terms: Payment terms agreed with the customer.
    """
    return invoice_date + timedelta(days=int(terms.split()[1]))


def split_commission(amount, shares):
    """Split a sales commission between colleagues.

    :param amount: commission in euros
    :type amount: float
    :param shares: each colleague's share by name, adding up to any number
    :type shares: dict[str, float]
    :rtype: dict[str, float]
    """
    total = sum(shares.values())
    return {name: round(amount * share / total, 2) for name, share in shares.items()}


def cut_list(board_mm: int, pieces_mm: list[int], saw_mm: int = 3) -> int:
    """Count the boards needed to cut some pieces.

    Args:
        board_mm: Length of one board in millimeters.
        pieces_mm: Lengths of the pieces in millimeters.
        saw_mm: Width of the saw blade in millimeters.
    """
    left: list[int] = []
    for piece in sorted(pieces_mm, reverse=True):
        if piece > board_mm:
            raise ValueError(f"a piece of {piece} mm does not fit on a board of {board_mm} mm")
        fitting = [index for index, rest in enumerate(left) if rest >= piece + saw_mm]
        if fitting:
            left[fitting[0]] -= piece + saw_mm
        else:
            left.append(board_mm - piece)
    return len(left)


def customer_tier(yearly_spend, years=1):
    """Rate a customer as bronze, silver or gold.

    Parameters
    ----------
    yearly_spend : float
        What the customer spends with us in a year, in euros.
    years : int, optional
        For how many years they have been a customer.
    """
    score = yearly_spend * (1 + 0.1 * (years - 1))
    return "gold" if score >= 5000 else "silver" if score >= 1500 else "bronze"


def varnish_needed(area_m2: float, coats: int = 2, surface: Literal["raw", "sanded", "varnished"] = "raw") -> float:
    """Estimate the varnish in liters for a wooden surface.

    Args:
        area_m2: Area to be varnished in square meters.
        coats: Number of coats.
        surface: State that the wood is in.
    """
    spread = {"raw": 9.0, "sanded": 11.0, "varnished": 13.0}[surface]
    return round(area_m2 * coats / spread, 2)


def search_orders(customer: str, since: date | None = None, only_open: bool = False) -> list[str]:
    """Look up the order numbers of a customer.

    Args:
        customer: Name of the customer, such as Anna Keller.
        since: Only orders from this day on.
        only_open: Leave out the orders that are done.
    """
    orders = [("A-1001", "Anna Keller", date(2024, 3, 1), True), ("A-1002", "Tom Berg", date(2024, 6, 9), False)]
    return [
        number
        for number, name, day, is_open in orders
        if name.lower() == customer.lower() and (since is None or day >= since) and (is_open or not only_open)
    ]
