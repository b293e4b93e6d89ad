"""Faults of the written text, beyond those that ``apigen.faults`` makes of single answers."""

import random
from collections.abc import Callable

from apigen.faults import Faulty, Operator, Pool, as_text
from apigen.faults.editing import completion_text, pair
from apigen.records import Candidate, Json, Stage

_REFUSALS = (
    "I'm sorry, but I cannot help with that.",
    "As an AI language model, I am not able to call external tools.",
    "I'm unable to generate this data without further information.",
)
_QUESTIONS = (
    "Sure! Before I start: should the queries be formal or informal, and in which language?",
    "Could you please tell me which of the tools you would like me to use for the examples?",
)


def answers_under_another_key(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The calls stand under a key of another format."""
    name = rng.choice(("tool_calls", "function_calls", "calls", "answer"))
    value = pair(right)
    return Faulty(right, f"answers under {name}", completion_text({"query": value["query"], name: value["answers"]}))


def call_under_other_keys(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Each call's name and arguments stand under the keys of another format."""
    name, arguments = rng.choice((("function", "parameters"), ("tool", "tool_input"), ("api_name", "args")))
    answers: list[Json] = [{name: call.name, arguments: call.arguments} for call in right.calls]
    text = completion_text({"query": right.query, "answers": answers})
    return Faulty(right, f"calls as {name} and {arguments}", text) if answers else None


def one_call_for_a_list(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A single call in the place of the list of calls."""
    value = pair(right)
    answers: list[Json] = value["answers"]
    return Faulty(right, "no list", completion_text({**value, "answers": answers[0]})) if answers else None


def calls_by_name(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The calls as an object: arguments by the tool's name."""
    answers: Json = {call.name: call.arguments for call in right.calls}
    return Faulty(right, "calls by name", completion_text({"query": right.query, "answers": answers}))


def pair_as_text(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The pair is JSON inside a text."""
    return Faulty(right, "a text that holds JSON", completion_text(as_text(right)[1:-1]))


def quote_lost(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The quote that ends the query is missing."""
    text, end = as_text(right), '","answers":'
    at = text.rfind(end)
    return Faulty(right, "the query has no closing quote", text[:at] + text[at + 1 :])


def refusal(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The model declines."""
    return Faulty(right, "refused", rng.choice(_REFUSALS))


def question_back(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The model asks what is wanted."""
    return Faulty(right, "a question", rng.choice(_QUESTIONS))


def nothing(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The completion is blank."""
    return Faulty(right, "blank", "\n")


def _operator(apply: Callable[[Candidate, random.Random, Pool], Faulty | None], description: str) -> Operator:
    return Operator(apply.__name__, description, Stage.FORMAT, apply)


IN_A_LIST = (
    _operator(answers_under_another_key, "the calls under a key of another format"),
    _operator(call_under_other_keys, "name and arguments under keys of another format"),
    _operator(one_call_for_a_list, "one call where a list is due"),
    _operator(calls_by_name, "calls as an object by name"),
    _operator(pair_as_text, "the pair as a text that holds JSON"),
)
"""Faults of one pair that leave the JSON around it whole."""

AT_THE_END = (_operator(quote_lost, "the query's closing quote is missing"),)
"""Faults that break the JSON, so that only the last pair can have them without taking others along."""

OF_THE_WHOLE = (
    _operator(refusal, "a refusal in words"),
    _operator(question_back, "a question instead of an answer"),
    _operator(nothing, "a blank completion"),
)
"""Faults of a completion that leave no pair at all."""
