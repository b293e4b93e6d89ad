"""What a verified sample cost: how answers are shared out, and how reports speak of it."""

from typing import Any

import pytest

from apigen.cli.progress import _detail
from apigen.costs import costs
from apigen.models.prices import Price
from apigen.models.purse import Spending
from apigen.records import Attempt, Outcome, Reason, Stage, Style, Verdict, Wording
from apigen.report.money import cost_lines, end_rows, role_rows, spent, tokens, usd, writer_rows
from apigen.session import Progress
from apigen.tally import Tally

JUDGED = Verdict(Stage.SEMANTICS, Outcome.PASS, by="openai/j")
DISLIKED = Verdict(Stage.SEMANTICS, Outcome.REJECT, Reason.JUDGED_WRONG, by="openai/j")
FORMAT = Verdict(Stage.FORMAT, Outcome.REJECT, Reason.WRONG_TYPE, "no number")


def told(*wanted: tuple[str, Verdict, str]) -> Tally:
    """A tally of attempts, each with its writer, its last verdict and what it mends."""
    tally = Tally()
    tally.add(
        Attempt(
            f"{number}.0", number, 0, True, 0, Style.SIMPLE, Wording.PLAIN, (), (), writer, verdict.outcome, (verdict,),
            repair_of=mends,
        )
        for number, (writer, verdict, mends) in enumerate(wanted)
    )  # fmt: skip
    return tally


def row(model: str, role: str, requests: int, tokens: int, cost: float | None) -> dict[str, Any]:
    return {
        "model": model, "role": role, "requests": requests, "prompt_tokens": tokens, "completion_tokens": 0,
        "cost_usd": cost, "unpriced": 0 if cost is not None else requests,
    }  # fmt: skip


TALLY = told(
    ("openai/a", JUDGED, ""),
    ("openai/a", JUDGED, ""),
    ("openai/a", FORMAT, ""),
    ("openai/a", JUDGED, "2.0"),
    ("openai/b", DISLIKED, ""),
)
USAGE = [
    row("openai/a", "writer", 1, 300, 3.0),
    row("openai/a", "repair", 1, 50, 0.5),
    row("openai/b", "writer", 1, 200, 1.0),
    row("openai/j", "judge", 4, 400, 4.0),
]
PRICES: dict[str, Price | None] = {"openai/a": Price(1, 1, 1), "openai/b": Price(1, 1, 1), "openai/j": Price(1, 1, 1)}


def test_answers_are_shared_out_among_candidates_and_nothing_is_lost() -> None:
    """A writer's evenly among what it wrote, a mender's among what it mended, a judge's among what it judged."""
    found = costs(USAGE, TALLY, 3, PRICES)
    assert (found["tokens"], found["cost_usd"], found["unpriced"]) == (950, 8.5, 0)
    assert found["per_sample"] == {"tokens": 317, "cost_usd": pytest.approx(8.5 / 3)}
    assert found["ends"] == {
        "format": {"candidates": 1, "tokens": 100, "cost_usd": 1.0},
        "semantics": {"candidates": 1, "tokens": 300, "cost_usd": 2.0},
        "accepted": {"candidates": 3, "tokens": 550, "cost_usd": 5.5},
    }
    assert sum(end["cost_usd"] for end in found["ends"].values()) == found["cost_usd"]
    assert found["writers"]["openai/a"] == {
        "candidates": 4, "accepted": 3, "tokens": 650, "cost_usd": 6.5,
        "per_accepted": {"tokens": 217, "cost_usd": pytest.approx(6.5 / 3)},
    }  # fmt: skip
    assert found["writers"]["openai/b"]["per_accepted"] == {"tokens": None, "cost_usd": None}
    assert [(role, row["requests"]) for role, row in found["roles"].items()] == [
        ("writer", 2), ("repair", 1), ("judge", 4),
    ]  # fmt: skip


def test_what_one_model_costs_unknown_makes_the_whole_unknown_and_never_nothing() -> None:
    """A sum with a hole is no sum; what has a price is still told where it alone is spoken of."""
    found = costs([*USAGE[:3], row("openai/j", "judge", 4, 400, None)], TALLY, 3, {**PRICES, "openai/j": None})
    assert (found["cost_usd"], found["unpriced"], found["per_sample"]["cost_usd"]) == (None, 4, None)
    assert found["ends"]["format"]["cost_usd"] == 1.0, "no judge saw it"
    assert found["ends"]["accepted"]["cost_usd"] is None
    (first, fell, *writers) = cost_lines({"costs": found})
    assert first == (
        "Models used 950 tokens; cost unknown, since openai/j has no known price, or more than one. "
        "Per verified sample: 317 tokens."
    )
    assert fell == "Spent on dropped candidates: 400 tokens (format 100, semantics 300)."
    assert writers == [
        "openai/a: 3 of 4 candidates accepted, at 217 tokens each.",
        "openai/b: none of 1 candidates accepted, 300 tokens.",
    ]


def test_reports_speak_of_money_where_some_was_spent() -> None:
    """The summary's lines and the page's tables; an offline run, and one of an earlier version, have none."""
    found = costs(USAGE, TALLY, 3, PRICES)
    assert cost_lines({"costs": found})[:2] == [
        "Models used 950 tokens; cost: $8.50. Per verified sample: $2.83 and 317 tokens.",
        "Spent on dropped candidates: $3, 400 tokens (format 100, semantics 300).",
    ]
    assert role_rows(found)[0] == ("writing", "2", "500", "0", "$4")
    assert end_rows(found)[0] == ("dropped at format", "1", "100", "$1")
    assert writer_rows(found)[0] == ("openai/a", "4", "3", "$6.50", "$2.17", "217")
    offline = costs([{**row("offline", "writer", 5, 0, 0.0)}], told(("offline", JUDGED, "")), 1, {})
    assert (offline["cost_usd"], cost_lines({"costs": offline}), cost_lines({})) == (0.0, [], [])


@pytest.mark.parametrize(
    ("spending", "said"),
    [
        (Spending(0.421, 0, 1_234_567, 5.0), "$0.42 of $5, 1.2 M tokens"),
        (Spending(0.0, 7, 640_000, None, 2_000_000), "640 k tokens of 2.0 M (cost unknown)"),
        (Spending(0.0012, 7, 940), "$0.0012 plus 7 requests of unknown cost, 940 tokens"),
    ],
)
def test_progress_tells_what_is_spent(spending: Spending, said: str) -> None:
    """Of how much, and that a cost is not known; without paid models it says nothing."""
    assert spent(spending) == said
    assert _detail(Progress(Tally(), 0, 5, 0, 1, 1.0, spending)).endswith(f"1 in flight  {said}")
    assert _detail(Progress(Tally(), 0, 5, 0, 1, 1.0)).endswith("1 in flight")


@pytest.mark.parametrize(
    ("fallen", "errors", "said"),
    [
        (0, 0, "none rejected  "),
        (0, 1, "no rejects; 1 error  "),
        (0, 20, "no rejects; 20 errors  "),
        (3, 0, "rejected: format 3  "),
        (3, 2, "rejected: format 3; 2 errors  "),
    ],
)
def test_progress_counts_rejects_and_errors_apart(fallen: int, errors: int, said: str) -> None:
    """An error is no reject, and where there are none of either that is said in words."""
    unknown = Verdict(Stage.SEMANTICS, Outcome.ERROR, Reason.JUDGE_UNREADABLE, by="openai/j")
    tally = told(*[("openai/w", FORMAT, "")] * fallen, *[("openai/w", unknown, "")] * errors)
    assert said in _detail(Progress(tally, 0, 5, 0, 1, 1.0))


def test_amounts_are_written_as_people_write_them() -> None:
    """No more digits than count, and a price never looks like nothing."""
    amounts = (5.0, 12.3, 0.6, 0.42, 0.0011, 0.000_000_2, 1234.5, None)
    assert [usd(amount) for amount in amounts] == [
        "$5", "$12.30", "$0.60", "$0.42", "$0.0011", "$0.0000002", "$1,234.50", "unknown",
    ]  # fmt: skip
    assert [tokens(number) for number in (940, 12_345, 640_000, 999_600, 1_234_567)] == [
        "940", "12,345", "640 k", "1.0 M", "1.2 M",
    ]  # fmt: skip
