"""The words in which reports speak of stages, reasons and amounts."""

from collections.abc import Mapping
from typing import Any

from apigen.records import Reason, Stage

STAGE_TEXT: dict[Stage, str] = {
    Stage.GENERATION: "generation",
    Stage.FORMAT: "format",
    Stage.DUPLICATE: "duplicate",
    Stage.GROUNDING: "grounding",
    Stage.EXECUTION: "execution",
    Stage.SEMANTICS: "semantics",
}

SHORT_STAGE_TEXT: dict[Stage, str] = {
    Stage.GENERATION: "gen.",
    Stage.FORMAT: "format",
    Stage.DUPLICATE: "dupl.",
    Stage.GROUNDING: "ground.",
    Stage.EXECUTION: "exec.",
    Stage.SEMANTICS: "semant.",
}
"""For a terminal of 80 columns."""

REASON_TEXT: dict[Reason, str] = {
    Reason.NOT_JSON: "the output is not valid JSON, or is truncated",
    Reason.NO_PAIRS: "the writer returned an empty list",
    Reason.MISSING_FIELD: "a required field is missing from a pair or a call",
    Reason.WRONG_SHAPE: "a field has the wrong type",
    Reason.ARGUMENTS_AS_STRING: "the arguments are a JSON string instead of an object",
    Reason.BAD_TOOL: "the definition of an offered tool is not valid, so calls cannot be checked against it",
    Reason.EMPTY_QUERY: "the query is empty",
    Reason.EMPTY_ANSWER: "the answer makes no call",
    Reason.UNKNOWN_TOOL: "a call of a tool that was not offered",
    Reason.UNKNOWN_ARGUMENT: "an argument that the tool does not have",
    Reason.MISSING_ARGUMENT: "a required argument is missing",
    Reason.WRONG_TYPE: "an argument of the wrong JSON type or format",
    Reason.NOT_IN_ENUM: "an argument value that is not in the enum",
    Reason.OUT_OF_BOUNDS: "an argument value that is out of bounds",
    Reason.WRONG_PATTERN: "an argument that does not match the pattern",
    Reason.SCHEMA_VIOLATION: "an argument that violates another schema constraint",
    Reason.WRONG_CALL_COUNT: "too many or too few calls for the style",
    Reason.DUPLICATE_CALLS: "the same call twice in one answer",
    Reason.TOO_FEW_TOOLS: "the style requires calls to several tools",
    Reason.DUPLICATE_QUERY: "the query duplicates an earlier one",
    Reason.UNGROUNDED: "an argument value that the query does not give",
    Reason.ARGUMENT_TYPE: "the function does not accept the type of an argument",
    Reason.INVALID_ARGUMENT: "the function rejected an argument value",
    Reason.RUNTIME_ERROR: "the function failed",
    Reason.ERROR_RESULT: "the function returned an error as its result",
    Reason.TIMEOUT: "the call took too long and was killed",
    Reason.OUT_OF_MEMORY: "the call ran out of memory",
    Reason.CRASHED: "the process making the call, or the server behind it, died",
    Reason.FORBIDDEN: "the call attempted something that the sandbox or the access rules do not allow",
    Reason.RESULT_TOO_LARGE: "the result is too large",
    Reason.RESULT_NOT_JSON: "the result cannot be written as JSON",
    Reason.UNAUTHORIZED: "the service requires a key, or rejects the one it was given",
    Reason.NOT_FOUND: "the service found nothing for these arguments",
    Reason.NOT_EXECUTABLE: "the tool cannot be executed",
    Reason.VARYING_RESULT: "the same call gave two different results",
    Reason.UNANSWERED_REQUEST: "part of the request is not answered by any call",
    Reason.UNREQUESTED_CALL: "a call that the query does not ask for",
    Reason.TOOL_MISMATCH: "another offered tool matches the query better",
    Reason.CALL_COUNT_MISMATCH: "a judge found more or fewer calls than the query asks for",
    Reason.IRRELEVANT_RESULT: "a judge found the results of no use for the query",
    Reason.JUDGED_WRONG: "a judge found the calls wrong for the query",
    Reason.MODEL_REFUSED: "the model refused the prompt, so there is no candidate",
    Reason.JUDGE_REFUSED: "the judge refused the prompt, so nothing was decided",
    Reason.JUDGE_UNREADABLE: "the judge's answer could not be read, so nothing was decided",
    Reason.CHECK_FAILED: "a check itself failed; this is a bug in apigen, please report it",
    Reason.SERVICE_UNAVAILABLE: "the service behind the tool did not respond, so nothing was decided",
    Reason.NOT_RECORDED: "there is no recording of this call, so nothing was decided",
    Reason.EXECUTOR_UNAVAILABLE: "the sandbox could not run the call, so nothing was decided",
}


def repairs_line(counts: Mapping[str, Any]) -> str:
    """What became of the candidates that were sent back to the writer, in a sentence; empty where none was."""
    repairs = counts.get("repairs", {"sent": 0})  # a run of an earlier version has none
    if not repairs["sent"]:
        return ""
    passed = f"{repairs['passed']:,} of them then passed ({percent(repairs['passed'], repairs['sent'])})"
    return (
        f"Rejected candidates sent back to the writer with the reasons (not counted above): {repairs['sent']:,}; "
        f"{passed}."
    )


def varying_line(counts: Mapping[str, Any]) -> str:
    """Which tools returned two different results for the same call, in a sentence; empty where none did."""
    varying = counts.get("varying", {})  # a run of an earlier version has none
    if not varying:
        return ""
    tools = ", ".join(f"{name} ({calls:,})" for name, calls in sorted(varying.items(), key=lambda item: -item[1])[:10])
    more = f" and {len(varying) - 10:,} more" if len(varying) > 10 else ""
    calls = sum(varying.values())
    all_calls = counts["calls_executed"]
    return f"Calls that returned different results when run twice: {calls:,} of {all_calls:,}, from {tools}{more}."


def outcome_changes(changed: Mapping[str, Mapping[str, int]]) -> str:
    """How many candidates have another outcome than before, in a few words."""
    some = [f"{n:,} from {before} to {now}" for before, found in changed.items() for now, n in found.items()]
    return ", ".join(some) if some else "no outcome changed"


def reverified_line(manifest: Mapping[str, Any]) -> str:
    """What was verified again under other settings, in a sentence; empty where nothing was."""
    records = manifest.get("reverified", ())  # a run of an earlier version has none
    if not records:
        return ""
    keys = sorted({change["key"] for record in records for change in record["changes"]})
    last = records[-1]
    what = f"the settings were changed once the first {last['requests']:,} requests had been generated"
    return f"Reverified: {what} ({', '.join(keys)}); outcomes: {outcome_changes(last['changed'])}."


def percent(part: int, whole: int) -> str:
    """A share such as ``81.3%``; a dash where there is no whole."""
    return f"{100 * part / whole:.1f}%" if whole else "-"


def duration(seconds: float) -> str:
    """Seconds as people say them: ``4.2 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, what: str) -> str:
    """A number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
