"""A comparison as tables for the terminal, and as one self-contained HTML file with the questions that differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.evaluate.comparing import Differing, Side
from apigen.evaluate.page import calls_text, cut
from apigen.evaluate.summary import ALL, sample_words
from apigen.printable import escaped_line
from apigen.report.page import style
from apigen.report.words import percent
from apigen.templates import html

SHOWN = 300
"""Differing questions on the page."""

_HEAD = 1000
"""Bytes of a page in which its title stands."""

HOW = (
    "In brackets: 95% confidence intervals, Wilson's for an accuracy, Newcombe's (1998, method 10) for a paired "
    "difference. p: McNemar's exact test on the questions on which the two differ; p-values are not corrected for "
    "multiple comparisons."
)


def comparison(found: Mapping[str, Any]) -> RenderableType:
    """Render what :func:`apigen.evaluate.comparing.compared` found, below :func:`legend`."""
    parts: list[RenderableType] = []
    for title, one in kinds(found):
        parts += [Text(f"\n{title}, {counted(one)}:"), _shares(one), Text(), _pairs(found, one)]
    parts.append(Text(HOW, style="dim"))
    return Group(*parts)


def legend(found: Mapping[str, Any]) -> list[str]:
    """The suite, and the letter of each model in the tables, since names are too long for them."""
    models = zip(letters(len(found["models"])), found["models"], strict=True)
    told = [f"{found['suite']} ({found['version']})", *(f"{letter}  {asked(model)}" for letter, model in models)]
    if len(found["say"]["categories"]) > 2 and any(model["limit"] is not None for model in found["models"]):
        told.append(f"{ALL}: of the sampled questions, not of the suite, whose categories have other sizes")
    return [escaped_line(line) for line in told + _prompts(found["models"])]


def _prompts(models: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each form whether its prompts were worded differently."""
    lines = []
    for form in dict.fromkeys(model["form"] for model in models):
        of_form = [
            (model, letter) for model, letter in zip(models, letters(len(models)), strict=True) if model["form"] == form
        ]
        if len({model["prompt_version"] for model, _ in of_form}) > 1:
            versions = ", ".join(f"{letter} {model['prompt_version'] or 'unknown'}" for model, letter in of_form)
            lines.append(
                f"The {form} prompts were worded differently (version of {versions}), which may explain differences."
            )
    return lines


def letters(models: int) -> list[str]:
    """A short name for each model: A, B, C and so on."""
    return [f"{ascii_uppercase[at % 26]}{at // 26 or ''}" for at in range(models)]


def _letter_of(found: Mapping[str, Any]) -> dict[str, str]:
    """The letter of each model, by its name."""
    return dict(zip((model["name"] for model in found["models"]), letters(len(found["models"])), strict=True))


def asked(model: Mapping[str, Any]) -> str:
    """How one of the models was asked, and when."""
    how = f"{model['form']}, temperature {model['temperature']:g}{sample_words(model)}, {model['date']}"
    return f"{model['name']}, {how}"


def kinds(found: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The comparisons with their titles: of calls, and by execution where all models have it."""
    by_result = [("Results compared by execution", found["return"])] if found["return"] else []
    return [("Calls compared with the ground truth", found["say"]), *by_result]


def counted(one: Mapping[str, Any]) -> str:
    """How many questions count, and how many are excluded."""
    left = f"; {one['left_out']:,} without an answer from every model are excluded" if one["left_out"] else ""
    return f"{one['questions']:,} questions{left}"


def difference(pair: Mapping[str, Any]) -> str:
    """A difference in accuracy with its confidence interval, in percentage points."""
    return f"{100 * pair['difference']:+.1f} [{100 * pair['low']:+.1f}, {100 * pair['high']:+.1f}]"


def probability(pair: Mapping[str, Any]) -> str:
    """A p-value, never rounded to zero."""
    return "<0.0001" if pair["p"] < 1e-4 else f"{pair['p']:.2g}"


def _shares(one: Mapping[str, Any]) -> Table:
    table = _table("category", "questions", "model", "accuracy", "95% CI")
    for name, row in one["categories"].items():
        for at, (letter, share) in enumerate(zip(letters(len(row["models"])), row["models"], strict=True)):
            table.add_row(
                "" if at else escaped_line(name),
                "" if at else f"{row['questions']:,}",
                letter,
                percent(share["correct"], row["questions"]),
                f"[{100 * share['low']:.1f}, {100 * share['high']:.1f}]",
            )
    return table


def _pairs(found: Mapping[str, Any], one: Mapping[str, Any]) -> Table:
    letter = _letter_of(found)
    table = _table("models", "only first", "only second", "difference (pp)", "p")
    for pair in one["categories"][ALL]["pairs"]:
        table.add_row(
            f"{letter[pair['first']]} and {letter[pair['second']]}",
            f"{pair['only_first']:,}",
            f"{pair['only_second']:,}",
            difference(pair),
            probability(pair),
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def compare_page(found: Mapping[str, Any], sides: Sequence[Side], rows: Sequence[Differing]) -> str:
    """Render the page.

    Args:
        found: what :func:`apigen.evaluate.comparing.compared` found.
        sides: who is compared.
        rows: the questions on which they differ.
    """
    shown = [rows[number * len(rows) // SHOWN] for number in range(SHOWN)] if len(rows) > SHOWN else rows
    return html("apigen.evaluate", "templates/comparison.html.j2").render(
        style=style(),
        found=found,
        legend=legend(found),
        letters=letters(len(sides)),
        letter=_letter_of(found),
        kinds=[(title, counted(one), one) for title, one in kinds(found)],
        names=[side.name for side in sides],
        differing=len(rows),
        rows=[_row(row) for row in shown],
        percent=percent,
        difference=difference,
        probability=probability,
        how=HOW,
        all=ALL,
    )


def is_compare_page(path: Path) -> bool:
    """Whether a file is such a page, and may be written anew."""
    try:
        with path.open("rb") as file:
            return b"<title>apigen evaluate compare: " in file.read(_HEAD)
    except OSError:
        return False


def _row(row: Differing) -> dict[str, Any]:
    due = [cut(f"{call['name']}({', '.join(call['arguments'])})") for call in row.due]
    sides = []
    for verdict, given in zip(row.verdicts, row.answers, strict=True):
        calls = calls_text(given.calls) if given and given.calls else []
        text = (given.text or given.said) if given and not calls else ""
        said = verdict.detail if verdict else "was not asked"
        sides.append({"correct": bool(verdict and verdict.correct), "detail": said, "calls": calls, "text": cut(text)})
    return {"id": row.id, "category": row.category, "query": cut(row.query), "due": due, "sides": sides}
