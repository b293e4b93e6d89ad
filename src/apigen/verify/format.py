"""Stage 1: is the pair well formed, and do its calls fit the tools that were offered?

From the least assumption to the most: fields, query, call objects, tool names, arguments against the tool's JSON
Schema, and the number of calls against the query style. The first thing wrong is the reason.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from typing import Any

import jsonschema_rs
import msgspec

from apigen.records import Call, Candidate, Json, Outcome, Reason, Stage, Style, Tool, Verdict

MAX_DETAIL = 300
"""Longest detail in characters: a model may write anything, and a verdict must stay readable."""

PASSED = Verdict(Stage.FORMAT, Outcome.PASS)

_REASONS = {
    "additionalProperties": Reason.UNKNOWN_ARGUMENT,
    "unevaluatedProperties": Reason.UNKNOWN_ARGUMENT,
    "required": Reason.MISSING_ARGUMENT,
    "type": Reason.WRONG_TYPE,
    "format": Reason.WRONG_TYPE,
    "enum": Reason.NOT_IN_ENUM,
    "const": Reason.NOT_IN_ENUM,
    "minimum": Reason.OUT_OF_BOUNDS,
    "maximum": Reason.OUT_OF_BOUNDS,
    "exclusiveMinimum": Reason.OUT_OF_BOUNDS,
    "exclusiveMaximum": Reason.OUT_OF_BOUNDS,
    "multipleOf": Reason.OUT_OF_BOUNDS,
    "minItems": Reason.OUT_OF_BOUNDS,
    "maxItems": Reason.OUT_OF_BOUNDS,
    "minLength": Reason.OUT_OF_BOUNDS,
    "maxLength": Reason.OUT_OF_BOUNDS,
    "minProperties": Reason.OUT_OF_BOUNDS,
    "maxProperties": Reason.OUT_OF_BOUNDS,
    "pattern": Reason.WRONG_PATTERN,
}


def _reads_as(kind: type[datetime] | type[time]) -> Callable[[str], bool]:
    def reads(text: str) -> bool:
        try:
            kind.fromisoformat(text)
        except ValueError:
            return False
        return True

    return reads


_LOCAL_TIMES = {"time": _reads_as(time), "date-time": _reads_as(datetime)}
"""ISO 8601, with or without an offset. RFC 3339, which JSON Schema names, demands one, but people say 3 pm."""

_ORDER = (Reason.UNKNOWN_ARGUMENT, Reason.MISSING_ARGUMENT, Reason.WRONG_TYPE)
"""Which of several faults in one call names it: a wrong name explains more than a wrong bound."""


class FormatCheck:
    """Stage 1 with one compiled validator per tool, kept as long as the check lives."""

    def __init__(self) -> None:
        self._validators: dict[str, tuple[Tool, jsonschema_rs.Validator]] = {}

    def read(self, value: Json, tools: Sequence[Tool], style: Style | None) -> tuple[Candidate | None, Verdict]:
        """Turn one parsed pair into a candidate and check it.

        Args:
            value: what the model wrote for one pair, parsed.
            tools: the tools that were offered.
            style: what the answer should look like; ``None`` checks no number of calls.

        Returns:
            The candidate, or ``None`` where the value has not even its shape, and the verdict.
        """
        candidate, fault = _shape(value, tools, style)
        if candidate is None or fault:
            return candidate, fault or PASSED
        return candidate, self.check(candidate)

    def check(self, candidate: Candidate) -> Verdict:
        """Check a candidate's calls against its tools and its style."""
        for index, call in enumerate(candidate.calls):
            tool = candidate.tool(call.name)
            if tool is None:
                offered = ", ".join(tool.name for tool in candidate.tools)
                return reject(Reason.UNKNOWN_TOOL, f"calls[{index}]: {call.name!r} is not offered ({offered})")
            fault = self._arguments(tool, call, f"calls[{index}]")
            if fault:
                return fault
        return _against_style(candidate) or PASSED

    def _arguments(self, tool: Tool, call: Call, where: str) -> Verdict | None:
        validator = self._validator(tool)
        if validator.is_valid(call.arguments) and not _whole_floats(call.arguments):
            return None
        faults = [_fault(error, where) for error in validator.iter_errors(call.arguments)]
        if not faults and (shifted := _whole_floats(call.arguments)) is not None:
            # JSON Schema takes 1.0 for an integer; callers do not. Moved off the whole number it shows.
            faults = [
                (Reason.WRONG_TYPE, f"{where}.arguments{_path(error)}: a float where an integer is due")
                for error in validator.iter_errors(shifted)
                if error.kind.name in ("type", "anyOf", "oneOf")
            ]
        if not faults:
            return None
        reason, detail = min(faults, key=lambda fault: _ORDER.index(fault[0]) if fault[0] in _ORDER else len(_ORDER))
        return reject(reason, detail)

    def _validator(self, tool: Tool) -> jsonschema_rs.Validator:
        known = self._validators.get(tool.name)
        if known and known[0] is tool:
            return known[1]
        validator = jsonschema_rs.validator_for(tool.parameters, validate_formats=True, formats=_LOCAL_TIMES)
        self._validators[tool.name] = (tool, validator)
        return validator


def reject(reason: Reason, detail: str) -> Verdict:
    """A stage 1 reject."""
    detail = detail if len(detail) <= MAX_DETAIL else detail[: MAX_DETAIL - 1] + "…"
    return Verdict(Stage.FORMAT, Outcome.REJECT, reason, detail)


def _shape(value: Json, tools: Sequence[Tool], style: Style | None) -> tuple[Candidate | None, Verdict | None]:
    if not isinstance(value, dict):
        return None, reject(Reason.WRONG_SHAPE, f"a pair is an object with query and answers, not {_kind(value)}")
    for field in ("query", "answers"):
        if field not in value:
            return None, reject(Reason.MISSING_FIELD, f"no field {field!r}")
    query, answers = value["query"], value["answers"]
    if not isinstance(query, str):
        return None, reject(Reason.WRONG_SHAPE, f"query is {_kind(query)}, not text")
    if not isinstance(answers, list):
        return None, reject(Reason.WRONG_SHAPE, f"answers is {_kind(answers)}, not a list of calls")
    calls = []
    for index, answer in enumerate(answers):
        call, fault = _call(answer, f"answers[{index}]")
        if call is None:
            return None, fault
        calls.append(call)
    candidate = Candidate(query.strip(), tuple(calls), tuple(tools), style)
    if not candidate.query:
        return candidate, reject(Reason.EMPTY_QUERY, "the query is empty")
    if not calls:
        return candidate, reject(Reason.EMPTY_ANSWER, "the answer holds no call")
    return candidate, None


def _call(answer: Json, where: str) -> tuple[Call | None, Verdict | None]:
    if not isinstance(answer, dict):
        return None, reject(Reason.WRONG_SHAPE, f"{where} is {_kind(answer)}, not an object with name and arguments")
    for field in ("name", "arguments"):
        if field not in answer:
            return None, reject(Reason.MISSING_FIELD, f"{where} has no {field!r}")
    name, arguments = answer["name"], answer["arguments"]
    if not isinstance(name, str):
        return None, reject(Reason.WRONG_SHAPE, f"{where}.name is {_kind(name)}, not text")
    if not isinstance(arguments, dict):
        return None, reject(Reason.WRONG_SHAPE, f"{where}.arguments is {_kind(arguments)}, not an object")
    return Call(name, arguments), None


def _against_style(candidate: Candidate) -> Verdict | None:
    calls, style = candidate.calls, candidate.style
    distinct = {msgspec.json.encode((call.name, call.arguments), order="sorted") for call in calls}
    if len(distinct) < len(calls):
        return reject(Reason.DUPLICATE_CALLS, "the same call with the same arguments stands there twice")
    if style is None:
        return None
    if style.many_calls != (len(calls) > 1):
        wanted = "several calls" if style.many_calls else "exactly one call"
        return reject(Reason.WRONG_CALL_COUNT, f"{style} needs {wanted}, got {len(calls)}")
    if style is Style.PARALLEL_MULTIPLE and len({call.name for call in calls}) < 2:
        return reject(Reason.TOO_FEW_TOOLS, f"{style} needs calls of at least two tools, got only {calls[0].name}")
    return None


def _fault(error: jsonschema_rs.ValidationError, where: str) -> tuple[Reason, str]:
    reason = _reason(error)
    return reason, f"{where}.arguments{_path(error)}: {error.message}"


def _reason(error: jsonschema_rs.ValidationError) -> Reason:
    """The reason behind an error; for alternatives, that of the one that came nearest: of the right type, if any."""
    if error.kind.name not in ("anyOf", "oneOf"):
        return _REASONS.get(error.kind.name, Reason.SCHEMA_VIOLATION)
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", None) or []
    reasons = [_reason(branch[0]) for branch in branches if branch]
    nearest = [reason for reason in reasons if reason is not Reason.WRONG_TYPE]
    return nearest[0] if nearest else Reason.WRONG_TYPE


def _path(error: jsonschema_rs.ValidationError) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)


def _whole_floats(arguments: Mapping[str, Json]) -> dict[str, Json] | None:
    """The arguments with each whole-numbered float moved by a half; ``None`` where there is none."""
    found = False

    def shift(value: Any) -> Any:
        nonlocal found
        if isinstance(value, float) and value.is_integer():
            found = True
            return value + 0.5
        if isinstance(value, dict):
            return {key: shift(item) for key, item in value.items()}
        if isinstance(value, list):
            return [shift(item) for item in value]
        return value

    shifted = shift(dict(arguments))
    return shifted if found else None


def _kind(value: Json) -> str:
    for kinds, name in _KINDS:
        if isinstance(value, kinds):
            return name
    return "null"


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "an object"),
)
