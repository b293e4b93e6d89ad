"""Every fault operator there is, in the order of the tables in docs/verification.md."""

from apigen.faults import calls, names, numbers, queries, results, text, times, values
from apigen.faults.base import Apply, Operator, Visible
from apigen.records import Stage


def _operator(
    name: str,
    stage: Stage,
    apply: Apply,
    description: str,
    visible: Visible = Visible.RULES,
    *,
    hangs: bool = False,
    by_result: bool = False,
) -> Operator:
    return Operator(name, description, stage, apply, visible, hangs, by_result)


_F, _G, _E, _S = Stage.FORMAT, Stage.GROUNDING, Stage.EXECUTION, Stage.SEMANTICS
_JUDGE = Visible.JUDGE

OPERATORS: tuple[Operator, ...] = (
    # the text
    _operator("truncated_json", _F, text.truncated_json, "the completion ends in the middle"),
    _operator("arguments_as_string", _F, text.arguments_as_string, "all arguments as one string"),
    _operator("arguments_by_position", _F, text.arguments_by_position, "arguments as a list, without names"),
    _operator("call_without_arguments", _F, text.call_without_arguments, "arguments next to the name"),
    _operator("calls_as_code", _F, text.calls_as_code, "calls as a line of code"),
    _operator("prose_for_calls", _F, text.prose_for_calls, "words instead of JSON"),
    _operator("query_missing", _F, text.query_missing, "calls without a query"),
    # names of tools and arguments
    _operator("unknown_tool", _F, names.unknown_tool, "a tool that was not offered"),
    _operator("misspelt_tool", _F, names.misspelt_tool, "a slightly misspelt tool name"),
    _operator("renamed_argument", _F, names.renamed_argument, "a slightly misspelt argument name"),
    _operator("extra_argument", _F, names.extra_argument, "an argument that the tool does not have"),
    _operator("required_argument_dropped", _F, names.required_argument_dropped, "a required argument is missing"),
    # values against the schema
    _operator("type_swapped", _F, values.type_swapped, "a value of another type"),
    _operator("null_argument", _F, values.null_argument, "null instead of a value"),
    _operator("wrong_nesting", _F, values.wrong_nesting, "a value one level too deep"),
    _operator("outside_enum", _F, values.outside_enum, "a choice that the enum does not have"),
    _operator("pattern_broken", _F, values.pattern_broken, "a string that violates its pattern or format"),
    _operator("out_of_bounds", _F, numbers.out_of_bounds, "a value outside its bounds"),
    # values against the query
    _operator("number_invented", _G, numbers.number_invented, "a number that the query does not give"),
    _operator("number_off_by_one", _G, numbers.number_off_by_one, "a whole number one off"),
    _operator("digits_transposed", _G, numbers.digits_transposed, "two digits of a number swapped"),
    _operator("decimal_shifted", _G, numbers.decimal_shifted, "a number off by a factor of ten"),
    _operator("unit_slip", _G, numbers.unit_slip, "a number off by the factor between two units"),
    _operator("sign_flipped", _G, numbers.sign_flipped, "a number with the wrong sign"),
    _operator("text_invented", _G, values.text_invented, "an invented string"),
    _operator("text_of_another_row", _G, values.text_of_another_row, "the argument's value in another row"),
    _operator("choice_replaced", _G, values.choice_replaced, "another member of the enum"),
    _operator("currency_exchanged", _G, values.currency_exchanged, "another currency"),
    _operator("date_off_by_one", _G, times.date_off_by_one, "a date one day off"),
    _operator("year_slip", _G, times.year_slip, "a date one year off"),
    _operator("day_and_month_exchanged", _G, times.day_and_month_exchanged, "day and month swapped"),
    _operator("half_of_day_slip", _G, times.half_of_day_slip, "am for pm"),
    _operator("time_off_by_an_hour", _G, times.time_off_by_an_hour, "a time one hour off"),
    _operator("item_added", _G, values.item_added, "a list with an invented item"),
    _operator("optional_argument_invented", _G, names.optional_argument_invented, "an option nobody asked for"),
    _operator("value_unstated", _G, queries.value_unstated, "a value that the query leaves open"),
    _operator("call_with_other_values_added", _G, calls.call_with_other_values_added, "one more call, invented values"),
    _operator("answer_to_another_query", _G, queries.answer_to_another_query, "the answer to another query, same tool"),
    # what the query means
    _operator("correction_ignored", _S, queries.correction_ignored, "the value that the query rules out"),
    _operator("query_in_another_unit", _S, queries.query_in_another_unit, "a number copied in another unit"),
    _operator("flag_flipped", _S, values.flag_flipped, "an inverted boolean"),
    _operator(
        "optional_argument_dropped",
        _S,
        names.optional_argument_dropped,
        "an option asked for, left out",
        by_result=True,
    ),
    _operator(
        "option_at_default", _S, names.option_at_default, "an option asked for, left at its default", by_result=True
    ),
    _operator("item_dropped", _S, values.item_dropped, "a list without one of its items"),
    _operator("numbers_exchanged", _S, numbers.numbers_exchanged, "two numbers swapped", by_result=True),
    _operator("number_copied", _S, numbers.number_copied, "one number for two parameters"),
    _operator("texts_exchanged", _S, values.texts_exchanged, "two strings swapped", by_result=True),
    _operator(
        "values_exchanged_between_calls", _S, calls.values_exchanged_between_calls, "values of parallel calls swapped"
    ),
    _operator("near_duplicate_tool", _S, names.near_duplicate_tool, "the most similar other tool"),
    _operator("call_dropped", _S, calls.call_dropped, "one of several calls is missing"),
    _operator("all_calls_dropped", _F, calls.all_calls_dropped, "no call at all"),
    _operator("call_doubled", _F, calls.call_doubled, "the same call twice"),
    _operator("call_to_another_tool_added", _S, calls.call_to_another_tool_added, "a call nobody asked for"),
    _operator("answer_to_an_unrelated_query", _S, queries.answer_to_an_unrelated_query, "the answer to another query"),
    _operator(
        "second_request_for_same_tool",
        _S,
        queries.second_request_for_same_tool,
        "two requests, one answered: same tool",
    ),
    _operator(
        "second_request_for_another_tool",
        _S,
        queries.second_request_for_another_tool,
        "two requests, one answered: another tool",
    ),
    _operator(
        "injection_hides_missing_call",
        _S,
        queries.injection_hides_missing_call,
        "the same, and the result tells the judge to pass",
    ),
    # execution
    _operator("tool_raises", _E, results.misbehaves("raises"), "the tool refuses its arguments"),
    _operator("tool_fails", _E, results.misbehaves("fails"), "the tool fails on the way"),
    _operator("tool_hangs", _E, results.misbehaves("hangs"), "the tool never returns", hangs=True),
    _operator("tool_crashes", _E, results.misbehaves("crashes"), "the tool ends its process"),
    _operator("tool_floods", _E, results.misbehaves("floods"), "the result is far too large"),
    _operator("tool_hoards", _E, results.misbehaves("hoards"), "the tool takes too much memory"),
    _operator("tool_returns_no_json", _E, results.misbehaves("returns_no_json"), "the result is not JSON"),
    _operator("error_shaped_result", _E, results.error_shaped_result, "a failure in the form of a success"),
    # for a judge
    _operator("failure_in_words", _S, results.failure_in_words, "a failure told in plain words", _JUDGE),
    _operator("empty_result", _S, results.empty_result, "nothing returned", _JUDGE),
    _operator("result_of_another_kind", _S, results.result_of_another_kind, "a result about something else", _JUDGE),
    _operator("list_reordered", _S, values.list_reordered, "two items of a list swapped", _JUDGE, by_result=True),
    _operator("request_withdrawn", _S, queries.request_withdrawn, "the query withdraws its request", _JUDGE),
)

BY_NAME = {operator.name: operator for operator in OPERATORS}
