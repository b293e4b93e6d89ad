"""Commerce: multi-buy offers and subscriptions."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

CATEGORY = "Commerce"


@dataclass(frozen=True)
class _Plan:
    """An offer of a subscription or contract."""

    name: Annotated[
        str,
        Field(
            description="Name of the plan or its provider.",
            examples=["Basic", "Premium", "Family", "Streamly", "Gym West", "Starter", "PhoneCo", "Nimbus"],
        ),
    ]
    monthly_price: Annotated[float, Field(ge=0, le=1e7, description="Price of a month.")]
    sign_up_fee: Annotated[float, Field(ge=0, le=1e7, description="What is charged once at the start.")] = 0
    free_months: Annotated[int, Field(ge=0, le=120, description="Months at the start that cost nothing.")] = 0


def multibuy_offer_price(
    unit_price: Annotated[float, Field(gt=0, le=1e7)],
    quantity: Annotated[int, Field(ge=1, le=100_000)],
    offer_items: Annotated[int, Field(ge=2, le=100)],
    paid_items: Annotated[int, Field(ge=1, le=99)],
) -> dict[str, float]:
    """Work out what a number of items costs under a multi-buy offer such as three for the price of two.

    Args:
        unit_price: Normal price of one item.
        quantity: How many items are bought.
        offer_items: How many items make up one offer (the three of "3 for 2").
        paid_items: How many of them are paid for (the two of "3 for 2").

    Returns:
        ``total``, amount ``saved`` and ``price_per_item``. Items beyond whole offers cost the normal price.

    Raises:
        ValueError: The offer makes nothing free.

    Source: plain arithmetic; each whole offer is charged for its paid items only.
    """
    if paid_items >= offer_items:
        raise ValueError(f"{offer_items} for {paid_items} saves nothing: paid_items must be below offer_items")
    offers, single = divmod(quantity, offer_items)
    total = (offers * paid_items + single) * unit_price
    return {
        "total": round(total, 2),
        "saved": round(quantity * unit_price - total, 2),
        "price_per_item": round(total / quantity, 4),
    }


def compare_subscription_plans(
    plans: Annotated[list[_Plan], Field(min_length=2, max_length=30)],
    months: Annotated[int, Field(ge=1, le=600)] = 12,
) -> dict[str, Any]:
    """Compare what subscriptions or contracts cost over some time, with their sign-up fees, and find the cheapest.

    Args:
        plans: The plans on offer.
        months: For how many months one of them is wanted.

    Returns:
        ``cheapest``, the name of the cheapest plan, and the ``total_cost`` of each, cheapest first.

    Raises:
        ValueError: Two plans have the same name.

    Source: plain arithmetic.
    """
    costs = {plan.name: plan.sign_up_fee + plan.monthly_price * max(0, months - plan.free_months) for plan in plans}
    if len(costs) < len(plans):
        raise ValueError("two plans have the same name: name each of them differently")
    ordered = sorted(costs, key=lambda name: costs[name])
    return {"cheapest": ordered[0], "total_cost": {name: round(costs[name], 2) for name in ordered}}
