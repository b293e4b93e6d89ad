"""The starter library: complete, and every hand-written seed passes all stages."""

import asyncio
import pkgutil
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Self

import jsonschema_rs
import msgspec
import pytest

from apigen.execute.python import PythonExecutor
from apigen.execute.sandbox.state import state_of
from apigen.execute.values import PreparedFunction, resolve
from apigen.library import starter as starter_package
from apigen.library.base import Loaded
from apigen.library.starter import CATEGORIES, MODULES
from apigen.library.starter.finance import loan_monthly_payment, validate_iban
from apigen.library.starter.other import vehicle_vin_check
from apigen.library.starter_source import load_starter
from apigen.records import Call, Candidate, Execution, Outcome, PythonBinding, Stage, Style, Tool, Wording
from apigen.verify.format import FormatCheck
from apigen.verify.rules import RuleJudge
from apigen.verify.stages import Examined, NamedStage, execution, grounding, semantics, through


class Executed:
    """An executor whose calls were made before."""

    def __init__(self, executions: list[Execution]) -> None:
        self._executions = {msgspec.json.encode(execution.call): execution for execution in executions}

    @classmethod
    async def here(cls, pairs: list[tuple[Tool, Call]]) -> Self:
        """In this process, which may trust them: they are ours."""
        return cls([Execution(call, ok=True, result=_function(tool)(call.arguments)) for tool, call in pairs])

    @classmethod
    async def in_sandbox(cls, pairs: list[tuple[Tool, Call]]) -> Self:
        """In bulk, which says of each what it does by itself."""
        executor = PythonExecutor()
        try:
            return cls(await executor.execute_many(pairs))
        finally:
            await executor.aclose()

    async def execute(self, tool: Tool, call: Call) -> Execution:
        del tool
        return self._executions[msgspec.json.encode(call)]

    async def aclose(self) -> None:
        pass


def _function(tool: Tool) -> PreparedFunction:
    assert isinstance(tool.binding, PythonBinding)
    return _prepared(tool.binding)


@cache
def _prepared(binding: PythonBinding) -> PreparedFunction:
    return resolve(binding)


@pytest.fixture(scope="module")
def starter() -> Loaded:
    return load_starter()


def test_all_21_categories_hold_enough_functions(starter: Loaded) -> None:
    """At least nine in each category and 205 in total, and nothing in the library is left out."""
    counts = Counter(tool.category for tool in starter.tools)
    assert list(counts) == list(CATEGORIES)
    assert min(counts.values()) >= 9
    assert len(starter.tools) >= 205
    assert starter.skipped == ()
    assert len({tool.name for tool in starter.tools}) == len(starter.tools)


def test_no_call_leaves_a_trace(starter: Loaded) -> None:
    """After the calls of all seeds, whatever a function can reach is as before: they can be made together."""
    calls = defaultdict(list)
    for seed in starter.seeds:
        for call in seed.calls:
            calls[call.name].append(call.arguments)
    for tool in starter.tools:
        function = _function(tool)
        before = state_of(function.function)
        for arguments in calls[tool.name]:
            function(arguments)
        assert state_of(function.function) == before, tool.name


def test_every_module_belongs_to_one_category() -> None:
    """A module that no category names would be left out of the library without a word."""
    named = [module for modules in MODULES.values() for module in modules]
    assert sorted(named) == sorted(module.name for module in pkgutil.iter_modules(starter_package.__path__))


def test_parameters_of_every_kind_occur(starter: Loaded) -> None:
    """Enums, bounds, dates, lists, nested objects, booleans, defaults: as in practice."""
    kinds: Counter[str] = Counter()

    def walk(schema: dict[str, object]) -> None:
        kinds.update(str(schema[key]) for key in ("type", "format") if isinstance(schema.get(key), str))
        kinds.update(key for key in ("enum", "minimum", "maximum", "default", "examples", "anyOf") if key in schema)
        for value in schema.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    walk(item)

    for tool in starter.tools:
        for name, schema in tool.properties.items():
            assert schema.get("description"), f"{tool.name}.{name} is not described"
            walk(schema)
    for kind in ("string", "integer", "number", "boolean", "array", "object", "date", "time", "date-time", "enum"):
        assert kinds[kind] >= 3, kind
    for kind in ("minimum", "maximum", "default", "examples"):
        assert kinds[kind] >= 10, kind


def test_each_function_has_seeds_in_every_wording_and_a_parallel_one(starter: Loaded) -> None:
    """Four single-call seeds or more in all wordings, and calls in parallel; no query stands twice."""
    single: defaultdict[str, Counter[Wording]] = defaultdict(Counter)
    parallel: Counter[str] = Counter()
    several: Counter[str] = Counter()
    category = {tool.name: tool.category for tool in starter.tools}
    for seed in starter.seeds:
        if len(seed.calls) == 1:
            single[seed.calls[0].name][seed.wording] += 1
        elif seed.fits(Style.PARALLEL):
            parallel[seed.calls[0].name] += 1
        else:
            several[category[seed.calls[0].name]] += 1
    for tool in starter.tools:
        counts = single[tool.name]
        assert counts.total() >= 4, tool.name
        assert {Wording.TERSE, Wording.CHATTY, Wording.INDIRECT, Wording.MISSPELLED} <= set(counts), tool.name
        assert parallel[tool.name] >= 1, tool.name
    assert min(several[name] for name in CATEGORIES) >= 4
    assert len({seed.query for seed in starter.seeds}) == len(starter.seeds)


@pytest.mark.parametrize("executed", [Executed.here, pytest.param(Executed.in_sandbox, marks=pytest.mark.slow)])
def test_every_seed_passes_all_stages(starter: Loaded, executed: Callable[..., Awaitable[Executed]]) -> None:
    """Format, grounding, real execution, here and in the sandbox, and the rule judge pass each seed."""
    tools: dict[str, Tool] = {tool.name: tool for tool in starter.tools}
    check = FormatCheck()

    async def main() -> list[str]:
        executor = await executed([(tools[call.name], call) for seed in starter.seeds for call in seed.calls])
        stages: list[NamedStage] = [
            (Stage.GROUNDING, grounding),
            (Stage.EXECUTION, execution(executor)),
            (Stage.SEMANTICS, semantics(RuleJudge())),
        ]

        async def fallen(candidate: Candidate) -> str | None:
            examined = await through(stages, Examined(candidate, (check.check(candidate),)))
            verdict = examined.verdicts[-1]
            if verdict.outcome is Outcome.PASS:
                return None
            return f"{verdict.stage} {verdict.reason}: {verdict.detail} | {candidate.query}"

        candidates = []
        for seed in starter.seeds:
            style = next(style for style in Style if seed.fits(style))
            offered = tuple(tools[name] for name in sorted(seed.tool_names))
            candidates.append(Candidate(seed.query, seed.calls, offered, style))
        return [found for candidate in candidates if (found := await fallen(candidate))]

    assert asyncio.run(main()) == []


@pytest.mark.parametrize(
    ("iban", "valid"),
    [
        ("TR330006100519786457841326", True),
        ("SA0380000000608010167519", True),
        ("AE070331234567890123456", True),
        ("GB82 WEST 1234 5698 7654 32", True),
        ("TR330006100519786457841327", False),
        ("SA038000000060801016751", False),
        ("1234567890", False),
        ("", False),
    ],
)
def test_account_numbers_are_judged_only_by_what_is_known(iban: str, valid: bool) -> None:
    """A number is called wrong for its length or check digits, never because its country is missing in a table."""
    assert validate_iban(iban)["valid"] is valid
    with pytest.raises(ValueError, match="ZZ is not in the table of national lengths"):
        validate_iban("ZZ82WEST12345698765432")


def test_vehicle_numbers_without_check_digit_are_not_called_wrong() -> None:
    """European makers put no check digit into theirs."""
    assert vehicle_vin_check("1HGCM82633A004352")["valid"] is True
    with pytest.raises(ValueError, match="without check digit"):
        vehicle_vin_check("WVWZZZ1JZ3W386752")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("loan_monthly_payment", {"principal": 1e308, "annual_rate_percent": 5, "term_months": 12}),
        ("file_transfer_time", {"size": 5, "size_unit": "GB", "speed_mbps": 1e-300}),
        ("video_file_size", {"duration_minutes": 1e308, "video_bitrate_mbps": 8}),
        ("quadratic_roots", {"a": 1, "b": 1e200, "c": 1}),
        ("triangle_from_sides", {"side_a": 0, "side_b": 1, "side_c": 1}),
        ("final_exam_score_needed", {"current_percent": 80, "target_percent": 90, "exam_weight_percent": 1e-300}),
        ("net_present_value", {"discount_rate_percent": 5, "cash_flows": [1e300]}),
    ],
)
def test_nonsense_is_outside_the_bounds(starter: Loaded, tool: str, arguments: dict[str, object]) -> None:
    """What would overflow or divide by nothing is refused by the schema already."""
    parameters = next(one.parameters for one in starter.tools if one.name == tool)
    assert not jsonschema_rs.validator_for(parameters).is_valid(arguments)


def test_a_rate_close_to_zero_is_as_good_as_none() -> None:
    """The annuity formula does not lose itself in rounding errors."""
    free = loan_monthly_payment(1200, 0, 12)
    assert loan_monthly_payment(1200, 1e-300, 12) == loan_monthly_payment(1200, 1e-9, 12) == free
    assert free["monthly_payment"] == 100
    assert loan_monthly_payment(200_000, 6, 360)["monthly_payment"] == 1199.10
