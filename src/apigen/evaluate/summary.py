"""The figures for the terminal, and the words that the page shares."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.evaluate.asking.base import IN_USER_TURN, LEFT_OUT
from apigen.evaluate.scoring import pooled
from apigen.printable import escaped_line

ALL = "all answers"
_LONGEST = 300
"""Characters of an error's reason that are shown."""


def summary(found: Mapping[str, Any]) -> RenderableType:
    """Render what :meth:`apigen.evaluate.scoring.ScoreTally.as_json` found, with what was scored and when."""
    parts: list[RenderableType] = [Text(escaped_line(headline(found)), style="bold"), _shares(table_rows(found, found))]
    if found.get("execution"):
        parts += [Text("\nResults compared by execution:"), _shares(table_rows(found, found["execution"]), "unknown")]
    if found["reasons"]:
        parts += [Text("\nErrors by type:"), _reasons(found["reasons"])]
    notes = "In brackets: Wilson's 95% confidence interval of the accuracy; errors are excluded."
    if found["unanswered"]:
        notes += f"\n{found['unanswered']:,} of {found['questions']:,} questions have no answer and are excluded."
    parts += [Text(line) for line in remarks(found)]
    parts.append(Text(notes, style="dim"))
    return Group(*parts)


def headline(found: Mapping[str, Any]) -> str:
    """What was scored, with which version of the suite, and when: printed above the figures."""
    suite = f"{found['suite']} ({found['version']})"
    if "answers_file" in found:
        return f"{suite}, {found['answers_file']}, scored {found['date']}"
    asked = f"{found['model']}, {found['form']}, temperature {found['temperature']:g}, {found['date']}"
    return f"{suite}{sample_words(found)}, {asked}"


def sample_words(found: Mapping[str, Any]) -> str:
    """The sample, where not all questions were asked."""
    if found["limit"] is None:
        return ""
    return f", a sample of at most {found['limit']:,} questions per category (seed {found['seed']})"


def table_rows(found: Mapping[str, Any], counts: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The rows of a table: each category with an answer, and all together unless it is a sample of several categories.

    Args:
        found: the whole evaluation.
        counts: its figures, or those by execution.
    """
    rows = {name: one for name, one in counts["categories"].items() if one["answers"] or one["errors"]}
    return {**rows, ALL: counts} if pooled(found) else rows


_SYSTEM = {
    IN_USER_TURN: (
        "The chat template has no system role; a system prompt, if any, is put at the start of the user turn."
    ),
    LEFT_OUT: "The chat template drops the system prompt, so the model did not see it.",
}
"""Remarks on where the system prompt went, by ``system`` in evaluation.json."""


def remarks(found: Mapping[str, Any]) -> list[str]:
    """What to know before the figures are believed."""
    lines = [line for line in [form_warning(found)] if line]
    if found.get("training"):
        lines += _training(found["training"])
    if not pooled(found):
        lines.append(
            "There is no overall row: the sample is capped per category, so pooling would overweight small categories."
        )
    if found.get("cut"):
        lines.append(
            f"{found['cut']:,} answers were truncated at --max-tokens {found['max_tokens']:,} and scored as they are."
        )
    if found.get("calls_in_text"):
        lines.append(
            f"{found['calls_in_text']:,} answers make no call, but their text looks like one: the server may not parse "
            "the model's call format (vLLM: --tool-call-parser)."
        )
    if found.get("system") in _SYSTEM:
        lines.append(_SYSTEM[found["system"]])
    if unfit := errors_text(found, unfit=True):
        lines.append(f"{unfit}.")
    if again := errors_text(found, unfit=False):
        lines.append(f"{again}; --resume asks them again.")
    return lines


def errors_text(found: Mapping[str, Any], *, unfit: bool) -> str:
    """How many questions ended in an error, and why most of them did; empty where none did.

    Args:
        found: evaluation.json.
        unfit: count the questions that cannot be put to this model; else those that may be asked again.
    """
    reasons = [one for one in found.get("error_reasons", ()) if one["unfit"] == unfit]
    if not reasons:
        return ""
    count, first = sum(one["count"] for one in reasons), reasons[0]
    questions = f"{count:,} question{'' if count == 1 else 's'}"
    what = f"{questions} {'cannot be put to this model' if unfit else 'ended in an error'}"
    reason = escaped_line(first["reason"])
    reason = reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}…"
    return f"{what} (most common reason, {first['count']:,} of {count:,}: {reason})"


def form_warning(found: Mapping[str, Any]) -> str:
    """Whether the model is asked with other prompts than it was trained with; empty where it is not.

    Args:
        found: evaluation.json, or its ``form``, ``prompt_version`` and ``trained_as``.
    """
    trained = found.get("trained_as")
    if trained and trained["form"] != found["form"]:
        return (
            f"The model was trained in the {trained['form']} form and is asked in the {found['form']} form, which may "
            f"cost it every answer; use --form {trained['form']}, or omit --form."
        )
    if trained and trained["prompt_version"] not in ("", found["prompt_version"]):
        return (
            f"The model was trained with other prompts (version {trained['prompt_version']}) than this version of "
            f"apigen uses ({found['prompt_version']}), which may cost accuracy; train it again, or evaluate it with "
            "the version of apigen that trained it."
        )
    return ""


def _training(training: Mapping[str, Any]) -> list[str]:
    """Questions that are in the model's training data."""
    gone, count = training["not_read"], training["trained_on"]
    lines = [
        f"{'At least ' if gone else ''}{count:,} of {training['questions']:,} questions appear in the data that the "
        "model was trained on" + ("; memorised answers say nothing about unseen questions." if count else ".")
    ]
    if gone:
        lines.append(f"{', '.join(gone)} cannot be read; restore the files, then --resume to recount.")
    if training["changed"]:
        lines.append(f"The count may be wrong: {', '.join(training['changed'])} changed after the training.")
    return lines


def _shares(rows: Mapping[str, Mapping[str, Any]], errors: str = "errors") -> Table:
    """One row for each; errors and unanswered questions have a column where there are any, so that all fits."""
    also = {key: title for key, title in (("errors", errors), ("unanswered", "unanswered")) if _any(rows, key)}
    table = _table("category", "correct", "of", "accuracy", "95% CI", *also.values())
    for name, one in rows.items():
        table.add_row(
            escaped_line(name),
            f"{one['correct']:,}",
            f"{one['answers']:,}",
            *_share(one["accuracy"]),
            *(f"{one[key]:,}" for key in also),
        )
    return table


def _any(rows: Mapping[str, Mapping[str, Any]], key: str) -> bool:
    return any(one[key] for one in rows.values())


def _share(share: Mapping[str, float] | None) -> tuple[str, str]:
    if share is None:
        return "-", "-"
    return f"{100 * share['share']:.1f}%", f"[{100 * share['low']:.1f}, {100 * share['high']:.1f}]"


def _reasons(reasons: Mapping[str, int]) -> Table:
    table = _table("error type", "answers")
    for name, count in reasons.items():
        table.add_row(name, f"{count:,}")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table
