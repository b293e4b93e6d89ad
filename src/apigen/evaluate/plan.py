"""How much an evaluation would ask, without asking."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from apigen.dialogue.form import Form
from apigen.evaluate.asking.prompts import prompt_of
from apigen.evaluate.base import Question
from apigen.models.tokens import tokens_asked, tokens_in


def plan_of(questions: Sequence[Question], form: Form, max_tokens: int) -> dict[str, Any]:
    """Questions by category, and about how many tokens they are, ready for JSON.

    Args:
        questions: those that would be asked.
        form: in which prompts would be made.
        max_tokens: per answer.
    """
    prompt = 0
    for question in questions:
        asked = prompt_of(question, form)
        prompt += tokens_asked(asked.messages)
        prompt += tokens_in(msgspec.json.encode(asked.tools).decode()) if asked.tools else 0
    return {
        "questions": len(questions),
        "categories": dict(Counter(question.category for question in questions)),
        "form": form,
        "prompt_tokens": prompt,
        "completion_tokens_at_most": len(questions) * max_tokens,
    }


def plan_words(plan: Mapping[str, Any]) -> str:
    """The same as text."""
    lines = [f"{count:>6,}  {category}" for category, count in plan["categories"].items()]
    asked = (
        f"{plan['questions']:,} questions, form {plan['form']}: about {plan['prompt_tokens']:,} prompt tokens "
        f"and at most {plan['completion_tokens_at_most']:,} completion tokens. Nothing was asked or written."
    )
    return "\n".join([*lines, asked])
