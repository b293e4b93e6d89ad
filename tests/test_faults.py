"""Fault operators: each makes real, reproducible faults, and the stage that should see them does."""

import asyncio
import random

import msgspec
import pytest

from apigen.execute.python import Limits, PythonExecutor
from apigen.faults import BY_NAME, OPERATORS, Faulty, Operator, Pool, Replay, Visible, as_text, replayed
from apigen.generate.parse import parse_pairs
from apigen.records import Call, Candidate, Completion, Execution, Outcome, Reason, Stage, Tool
from apigen.verify.format import FormatCheck
from apigen.verify.grounding import check
from apigen.verify.stages import Examined, execution, through
from right_answers import made, pool, seeds
from runs import PATIENCE_S

FEWEST = {"currency_exchanged": 0, "flag_flipped": 20, "texts_exchanged": 20, "day_and_month_exchanged": 20}
"""How many of the seeds an operator must apply to, where it is fewer than 30."""

CHECK = FormatCheck()


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_operators_make_real_faults(operator: Operator) -> None:
    """What comes out differs from the right answer, says how, and leaves the right answer as it was."""
    faults = made(operator.name, 40)
    assert len(faults) >= FEWEST.get(operator.name, 30)
    for right, faulty in faults:
        before = as_text(right)
        assert faulty.what
        assert "\n" not in faulty.what
        changed = (
            faulty.text not in ("", before)
            or faulty.returned is not None
            or as_text(faulty.candidate) != before
            or faulty.candidate.tools != right.tools
        )
        assert changed, faulty.what
        assert as_text(right) == before


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_operators_are_reproducible(operator: Operator) -> None:
    """The same answer, seed and pool give the same fault."""
    for index, right in enumerate(seeds()[:20]):
        again = [operator.apply(right, random.Random(index), pool()) for _ in range(2)]
        assert again[0] == again[1]


def test_names_are_unique_and_stages_are_promised() -> None:
    """Every operator has a name of its own; only those for the semantics stage may need a judge."""
    assert len(BY_NAME) == len(OPERATORS) >= 60
    assert all(operator.stage is Stage.SEMANTICS for operator in OPERATORS if operator.visible is Visible.JUDGE)


def format_reason(faulty: Faulty) -> Reason | None:
    draft = parse_pairs(Completion(faulty.text or as_text(faulty.candidate), "test"))[0]
    if draft.problem:
        return draft.reason
    return CHECK.read(draft.value, faulty.candidate.tools, None)[1].reason


@pytest.mark.parametrize("name", [one.name for one in OPERATORS if one.stage is Stage.FORMAT])
def test_format_faults_fall_at_format(name: str) -> None:
    """Without exception."""
    assert [faulty.what for _, faulty in made(name, 40) if format_reason(faulty) is None] == []


GROUNDED = {
    "number_off_by_one": 0.85,
    "unit_slip": 0.85,
    "sign_flipped": 0.85,
    "half_of_day_slip": 0.75,
    "optional_argument_invented": 0.8,
}
"""The least share that falls before execution, where it is below nine in ten."""


@pytest.mark.parametrize("name", [one.name for one in OPERATORS if one.stage is Stage.GROUNDING])
def test_grounding_faults_fall_at_grounding(name: str) -> None:
    """Nearly all: some wrong values stand in the query by chance."""
    faults = [faulty for _, faulty in made(name, 40)]
    caught = [faulty for faulty in faults if format_reason(faulty) or check(faulty.candidate).outcome is Outcome.REJECT]
    assert len(caught) >= GROUNDED.get(name, 0.9) * len(faults)


PRICES = Tool(
    "convert_money",
    "Convert an amount of money.",
    {
        "type": "object",
        "properties": {"amount": {"type": "number"}, "source": {"type": "string"}, "target": {"type": "string"}},
        "required": ["amount", "source", "target"],
        "additionalProperties": False,
    },
)
MONEY = Candidate(
    "What are 250 EUR in USD?", (Call("convert_money", {"amount": 250, "source": "EUR", "target": "USD"}),), (PRICES,)
)


def test_another_currency_is_neither_of_those_said() -> None:
    """``currency_exchanged`` names a third one, which grounding does not find."""
    for seed in range(20):
        faulty = BY_NAME["currency_exchanged"].apply(MONEY, random.Random(seed), Pool([MONEY]))
        assert faulty
        values = {faulty.candidate.calls[0].arguments[name] for name in ("source", "target")}
        assert len(values & {"EUR", "USD"}) == 1
        assert check(faulty.candidate).outcome is Outcome.REJECT


def test_exchanged_values_are_not_symmetric() -> None:
    """The sides of a sum are not exchanged: the answer would be right."""
    add = Tool("add", "Sum of two numbers.", PRICES.parameters | {"properties": {"a": {"type": "number"}, "b": {}}})
    right = Candidate("add 1 and 2", (Call("add", {"a": 1, "b": 2}),), (add,))
    assert BY_NAME["numbers_exchanged"].apply(right, random.Random(0), Pool([right])) is None


FAILURES = {
    "tool_raises": {Reason.INVALID_ARGUMENT, Reason.RUNTIME_ERROR},
    "tool_fails": {Reason.RUNTIME_ERROR},
    "tool_hangs": {Reason.TIMEOUT},
    "tool_crashes": {Reason.CRASHED},
    "tool_floods": {Reason.RESULT_TOO_LARGE},
    "tool_hoards": {Reason.OUT_OF_MEMORY},
    "tool_returns_no_json": {Reason.RESULT_NOT_JSON},
    "error_shaped_result": {Reason.ERROR_RESULT},
}


def test_execution_faults_fall_at_execution() -> None:
    """Each for its reason."""

    async def run(name: str, patient: PythonExecutor, hasty: PythonExecutor) -> Examined:
        _, faulty = made(name, 1)[0]
        executor = hasty if Reason.TIMEOUT in FAILURES[name] else patient
        chosen = Replay(replayed(faulty)) if faulty.returned is not None else executor
        return await through([(Stage.EXECUTION, execution(chosen))], Examined(faulty.candidate))

    async def main() -> list[Examined]:
        # Only what hangs meets the clock: on a busy machine, the others take their time.
        patient, hasty = PythonExecutor(Limits(wall_s=PATIENCE_S), 1), PythonExecutor(Limits(wall_s=1.0), 1)
        try:
            return [await run(name, patient, hasty) for name in FAILURES]
        finally:
            await patient.aclose()
            await hasty.aclose()

    assert FAILURES.keys() == {one.name for one in OPERATORS if one.stage is Stage.EXECUTION}
    for name, examined in zip(FAILURES, asyncio.run(main()), strict=True):
        assert examined.verdicts[-1].reason in FAILURES[name], (name, examined.verdicts)


def test_recorded_results_are_classified() -> None:
    """A result given in place of the tool's is a success, unless it says that it is an error."""
    right = MONEY
    fine = Faulty(right, "", returned=({"amount": 270},))
    failed = Faulty(right, "", returned=({"error": "no rate"},))
    assert replayed(fine) == (Execution(right.calls[0], ok=True, result={"amount": 270}),)
    assert [one.reason for one in replayed(failed)] == [Reason.ERROR_RESULT]
    assert replayed(Faulty(right, "")) == ()


def test_the_pool_knows_what_other_rows_give() -> None:
    """Values by tool and argument, in order; rows by tool."""
    other = msgspec.structs.replace(MONEY, calls=(Call("convert_money", {"amount": 3}),))
    rows = Pool([MONEY, other])
    assert rows.values("convert_money", "amount") == [250, 3]
    assert rows.calling("convert_money") == [MONEY, other]
    assert rows.calling("nothing") == ()
    assert rows.tool_names == ("convert_money",)
