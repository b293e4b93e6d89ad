"""Business: costs, stock, invoices, shifts, projects and customers."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Business"

_LAST_WORKDAY = 4  # Friday, in the numbering of datetime.date.weekday


@dataclass(frozen=True)
class _ProjectTask:
    """One task of a project plan."""

    name: Annotated[
        str,
        Field(
            description="Name of the task.",
            examples=["design", "permits", "foundation", "wiring", "testing", "copywriting", "launch", "training"],
        ),
    ]
    days: Annotated[float, Field(ge=0, le=100_000, description="Duration of the task in days.")]
    depends_on: Annotated[list[str], Field(description="Names of the tasks that must be finished before it.")] = field(
        default_factory=list
    )


def break_even_units(
    fixed_costs: Annotated[float, Field(ge=0, le=1e12)],
    unit_price: Annotated[float, Field(ge=0.0001, le=1e9)],
    unit_variable_cost: Annotated[float, Field(ge=0, le=1e9)],
    target_profit: Annotated[float, Field(ge=0, le=1e12)] = 0,
) -> dict[str, float]:
    """Find how many units must be sold to cover all costs, or to reach a profit.

    Args:
        fixed_costs: Costs of the period that do not depend on how much is sold, such as rent and salaries.
        unit_price: Selling price of one unit.
        unit_variable_cost: What it costs to make or buy one unit.
        target_profit: Profit to reach on top of covering the costs.

    Returns:
        ``units`` (rounded up to whole ones) and the ``revenue`` they bring.

    Raises:
        ValueError: A unit sells for no more than it costs.

    Source: Horngren, Datar and Rajan, "Cost Accounting: A Managerial Emphasis" (cost-volume-profit analysis).
    """
    contribution = unit_price - unit_variable_cost
    if contribution < 1e-9:
        raise ValueError(f"unit_price {unit_price} must exceed unit_variable_cost {unit_variable_cost}")
    # Rounded first, so that 1000 / (0.3 - 0.1) does not become 5001.
    units = math.ceil(round((fixed_costs + target_profit) / contribution, 6))
    return {"units": units, "revenue": round(units * unit_price, 2)}


def economic_order_quantity(
    annual_demand: Annotated[float, Field(ge=0.001, le=1e12)],
    cost_per_order: Annotated[float, Field(ge=0.001, le=1e12)],
    holding_cost_per_unit: Annotated[float, Field(ge=0.001, le=1e12)],
) -> dict[str, float]:
    """Find the order size that keeps the yearly cost of ordering and storing stock lowest.

    Args:
        annual_demand: Units used or sold in a year.
        cost_per_order: Fixed cost of placing one order, whatever its size.
        holding_cost_per_unit: Cost of keeping one unit in stock for a year.

    Returns:
        ``order_quantity`` in units, ``orders_per_year`` and the ``annual_cost`` of ordering and holding.

    Source: Harris (1913), "How Many Parts to Make at Once", Factory, The Magazine of Management 10(2).
    """
    quantity = math.sqrt(2 * annual_demand * cost_per_order / holding_cost_per_unit)
    return {
        "order_quantity": round(quantity, 2),
        "orders_per_year": round(annual_demand / quantity, 2),
        "annual_cost": round(quantity * holding_cost_per_unit, 2),
    }


def invoice_due_date(
    issued_on: datetime.date,
    net_days: Annotated[int, Field(ge=0, le=365)] = 30,
    from_end_of_month: bool = False,
) -> str:
    """Work out when an invoice must be paid from its date and payment terms.

    Args:
        issued_on: Date of the invoice, as YYYY-MM-DD.
        net_days: Days allowed for payment, such as 30 for "net 30".
        from_end_of_month: Count the days from the end of the month of the invoice (EOM terms).

    Returns:
        The due date, as YYYY-MM-DD.

    Source: plain calendar arithmetic.
    """
    start = issued_on
    if from_end_of_month:
        first_of_next_month = (issued_on.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
        start = first_of_next_month - datetime.timedelta(days=1)
    return (start + datetime.timedelta(days=net_days)).isoformat()


def net_promoter_score(
    ratings: Annotated[list[Annotated[int, Field(ge=0, le=10)]], Field(min_length=1)],
) -> dict[str, float]:
    """Compute the Net Promoter Score (NPS) from customers' "would you recommend us" ratings.

    Args:
        ratings: Each customer's answer, from 0 (not at all likely) to 10 (extremely likely).

    Returns:
        ``score`` from -100 to 100, and how many ``promoters``, ``passives`` and ``detractors`` there are.

    Raises:
        ValueError: There are no ratings.

    Source: Reichheld (2003), "The One Number You Need to Grow", Harvard Business Review.
    """
    if not ratings:
        raise ValueError("ratings is empty: give at least one")
    promoters = sum(rating >= 9 for rating in ratings)
    detractors = sum(rating <= 6 for rating in ratings)
    return {
        "score": round(100 * (promoters - detractors) / len(ratings), 1),
        "promoters": promoters,
        "passives": len(ratings) - promoters - detractors,
        "detractors": detractors,
    }


def project_critical_path(
    tasks: Annotated[list[_ProjectTask], Field(min_length=1)],
) -> dict[str, float | list[str]]:
    """Find the total duration of a project whose tasks wait for each other, and the critical chain of tasks behind it.

    Args:
        tasks: The tasks with their durations and what each one waits for.

    Returns:
        ``total_days`` and the ``critical_path``, names of the tasks that cannot slip, in order.

    Raises:
        ValueError: Two tasks share a name, a task waits for an unknown one, or tasks wait for each other in a circle.

    Source: Kelley and Walker (1959), "Critical-Path Planning and Scheduling", Eastern Joint Computer Conference.
    """
    by_name = {task.name: task for task in tasks}
    if len(by_name) < len(tasks):
        raise ValueError("two tasks have the same name: give each one its own")
    finish: dict[str, float] = {}
    critical: dict[str, list[str]] = {}
    for task in _in_order(by_name):
        last = max(task.depends_on, key=lambda name: finish[name], default=None)
        finish[task.name] = task.days + (finish[last] if last is not None else 0)
        critical[task.name] = [*(critical[last] if last is not None else []), task.name]
    end = max(finish, key=lambda name: finish[name])
    return {"total_days": round(finish[end], 4), "critical_path": critical[end]}


def task_duration_estimate(
    optimistic: Annotated[float, Field(ge=0, le=1_000_000)],
    most_likely: Annotated[float, Field(ge=0, le=1_000_000)],
    pessimistic: Annotated[float, Field(ge=0, le=1_000_000)],
    unit: Literal["hours", "days", "weeks", "months"] = "days",
) -> dict[str, float | str]:
    """Estimate how long a task will take from a best, a likely and a worst case (three-point PERT estimate).

    Args:
        optimistic: Duration if everything goes well.
        most_likely: Duration to be expected normally.
        pessimistic: Duration if everything goes wrong.
        unit: Unit of the three durations.

    Returns:
        The ``expected`` duration, its ``standard_deviation`` and the ``unit`` of both.

    Raises:
        ValueError: The three durations are not in rising order.

    Source: Malcolm et al. (1959), "Application of a Technique for Research and Development Program Evaluation",
        Operations Research 7(5).
    """
    if not optimistic <= most_likely <= pessimistic:
        raise ValueError("the durations must rise: optimistic <= most_likely <= pessimistic")
    return {
        "expected": round((optimistic + 4 * most_likely + pessimistic) / 6, 2),
        "standard_deviation": round((pessimistic - optimistic) / 6, 2),
        "unit": unit,
    }


def shift_paid_hours(
    starts_at: datetime.time,
    ends_at: datetime.time,
    unpaid_break_minutes: Annotated[int, Field(ge=0, le=1440)] = 0,
) -> float:
    """Count the paid hours of a work shift, also one that runs past midnight.

    Args:
        starts_at: When the shift starts, as HH:MM on a 24-hour clock.
        ends_at: When it ends, as HH:MM; a time not after the start is on the next day.
        unpaid_break_minutes: Minutes of break that are not paid.

    Returns:
        Paid hours, in decimals.

    Raises:
        ValueError: The break is longer than the shift.

    Source: plain clock arithmetic.
    """
    minutes = _minutes(ends_at) - _minutes(starts_at)
    if minutes <= 0:
        minutes += 24 * 60
    if unpaid_break_minutes > minutes:
        raise ValueError(f"unpaid_break_minutes {unpaid_break_minutes} exceeds the shift of {minutes:g} minutes")
    return round((minutes - unpaid_break_minutes) / 60, 2)


def support_ticket_deadline(
    opened_at: datetime.datetime,
    response_hours: Annotated[float, Field(gt=0, le=1000)],
    day_opens: datetime.time = datetime.time(9),
    day_closes: datetime.time = datetime.time(17),
    open_weekends: bool = False,
) -> str:
    """Tell by when a support ticket must be answered under a service level agreement (SLA), counting business hours.

    Args:
        opened_at: When the ticket was opened, as YYYY-MM-DDTHH:MM, local time.
        response_hours: Business hours that the agreement allows.
        day_opens: When the business day opens, as HH:MM.
        day_closes: When the business day closes, as HH:MM.
        open_weekends: Saturdays and Sundays are business days too.

    Returns:
        The deadline, as YYYY-MM-DDTHH:MM:SS.

    Raises:
        ValueError: The business day does not close after it opens.

    Source: plain calendar arithmetic; public holidays are not considered.
    """
    day_opens, day_closes = day_opens.replace(tzinfo=None), day_closes.replace(tzinfo=None)
    if day_closes <= day_opens:
        raise ValueError(f"day_closes {day_closes} must be after day_opens {day_opens}")
    left = datetime.timedelta(hours=response_hours)
    day = opened_at.date()
    now = opened_at.replace(tzinfo=None)
    while True:
        if open_weekends or day.weekday() <= _LAST_WORKDAY:
            start = max(now, datetime.datetime.combine(day, day_opens))
            available = datetime.datetime.combine(day, day_closes) - start
            if left <= available:
                return (start + left).isoformat(timespec="seconds")
            left -= max(available, datetime.timedelta())
        day += datetime.timedelta(days=1)


def _minutes(time: datetime.time) -> float:
    return time.hour * 60 + time.minute + time.second / 60


def _in_order(by_name: dict[str, _ProjectTask]) -> Sequence[_ProjectTask]:
    """The tasks, each after everything it depends on."""
    ordered: dict[str, _ProjectTask] = {}
    for task in by_name.values():
        for name in task.depends_on:
            if name not in by_name:
                raise ValueError(f"task {task.name!r} depends on {name!r}, which is not among the tasks")
    while len(ordered) < len(by_name):
        ready = [
            task
            for task in by_name.values()
            if task.name not in ordered and all(name in ordered for name in task.depends_on)
        ]
        if not ready:
            circle = sorted(set(by_name) - set(ordered))
            raise ValueError(f"tasks wait for each other in a circle: {', '.join(circle)}")
        ordered.update((task.name, task) for task in ready)
    return list(ordered.values())
