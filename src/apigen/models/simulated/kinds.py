"""Which faults a simulated writer makes at which of the paper's stages.

The paper's stages are not quite apigen's: there, wrong types, missing arguments and invalid values are found by
executing (arXiv 2406.18518, section 3.3), while apigen's format stage reads the whole schema; and what apigen calls
grounding is a part of the paper's semantic stage. A kind stands here under the stage whose published rate it is drawn
by; where it is caught is what a benchmark measures. The mix of kinds is not published: within a stage, each kind that
can be made of an answer is as likely as any other.
"""

from apigen.faults import BY_NAME, OPERATORS, Operator
from apigen.models.simulated.refused import REFUSED
from apigen.models.simulated.structure import AT_THE_END, IN_A_LIST, OF_THE_WHOLE
from apigen.records import Stage

_STRUCTURE = (
    *("arguments_as_string", "arguments_by_position", "call_without_arguments", "calls_as_code", "query_missing"),
    *("unknown_tool", "misspelt_tool", "renamed_argument", "extra_argument", "all_calls_dropped"),
)
_AGAINST_THE_SCHEMA = (
    *("required_argument_dropped", "type_swapped", "null_argument", "wrong_nesting", "outside_enum"),
    *("pattern_broken", "out_of_bounds"),
)
_OF_THE_TOOL = ("failure_in_words", "empty_result", "result_of_another_kind", "injection_hides_missing_call")
"""What a tool returns is not in a writer's hands."""
_ALSO_SEMANTIC = ("call_doubled",)
"""A wrong number of calls, which apigen's format stage sees."""

FORMAT = (*(BY_NAME[name] for name in _STRUCTURE), *IN_A_LIST)
LAST = (BY_NAME["truncated_json"], *AT_THE_END)
"""Of the format stage too; they break the JSON, so that only a completion's last pair can have them."""
WHOLE = (BY_NAME["prose_for_calls"], *OF_THE_WHOLE)
"""Of the format stage too; they take the place of a whole completion."""
SCHEMA = tuple(BY_NAME[name] for name in _AGAINST_THE_SCHEMA)
SEMANTICS = tuple(
    operator
    for operator in OPERATORS
    if (operator.stage in (Stage.GROUNDING, Stage.SEMANTICS) and operator.name not in _OF_THE_TOOL)
    or operator.name in _ALSO_SEMANTIC
)

KINDS: dict[str, Operator] = {
    operator.name: operator for operator in (*FORMAT, *LAST, *WHOLE, *REFUSED, *SCHEMA, *SEMANTICS)
}
"""Every kind of fault that a simulated writer makes, by name."""
