"""Models on the same questions, side by side and pairwise.

Two accuracies on the same questions are not independent: what distinguishes two models are the questions on which one
is right and the other wrong. Only questions that every model answered count.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec

from apigen.agreement import paired, wilson
from apigen.errors import UserError
from apigen.evaluate.asking.answer_record import AnswerRecord
from apigen.evaluate.asking.kept import VERDICTS, read_answer_records, read_evaluation, read_settings
from apigen.evaluate.base import UNDERSCORED
from apigen.evaluate.summary import ALL


class Found(msgspec.Struct, frozen=True):
    """Whether an answer is right; ``None`` where there is no score."""

    correct: bool | None
    reason: str | None = None
    detail: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """A line of verdicts.jsonl, as far as it is needed here."""

    id: str
    category: str
    correct: bool | None
    detail: str = ""
    query: str = ""
    due: list[dict[str, Any]] = []
    executed: Found | None = None


_decoder = msgspec.json.Decoder(Verdict)


class Side(msgspec.Struct, frozen=True):
    """One evaluation."""

    name: str
    """The model, with form or folder where needed to distinguish it."""
    found: dict[str, Any]
    """Its evaluation.json."""
    verdicts: dict[str, Verdict]
    """By question."""
    answers: dict[str, AnswerRecord]
    """By question."""


class Differing(msgspec.Struct, frozen=True):
    """A question that some models answer correctly and others do not."""

    id: str
    category: str
    query: str
    due: list[dict[str, Any]]
    verdicts: list[Verdict | None]
    """One for each side, in order; ``None`` where it was not asked."""
    answers: list[AnswerRecord | None]


def read_sides(folders: Sequence[Path]) -> list[Side]:
    """Read evaluations that can be compared.

    Raises:
        UserError: there are fewer than two, one is not an evaluation, their questions differ, or no question was
            answered by all of them.
    """
    if len(folders) < 2:
        raise UserError("compare: needs two or more evaluations; give their folders")
    found = [read_evaluation(folder) for folder in folders]
    first = found[0]
    for folder, other in zip(folders, found, strict=True):
        read_settings(folder)  # which the tables show: refused here if missing
        if "categories" not in other or "date" not in other:
            raise UserError(f"{folder}: is not finished; resume it with `apigen evaluate --resume`")
        if _questions(other) != _questions(first):
            raise UserError(
                f"{folder} evaluates {other['suite']} ({other['version']}) but {folders[0]} evaluates {first['suite']} "
                f"({first['version']}); only evaluations of the same questions can be compared"
            )
    names = _names(found, folders)
    sides = [
        Side(
            name,
            one,
            {verdict.id: verdict for verdict in _verdicts(folder)},
            {answer.id: answer for answer in read_answer_records(folder)},
        )
        for name, one, folder in zip(names, found, folders, strict=True)
    ]
    answered = [{id_ for id_, one in side.verdicts.items() if one.correct is not None} for side in sides]
    if not set.intersection(*answered):
        counts = ", ".join(f"{len(ids):,} in {folder}" for ids, folder in zip(answered, folders, strict=True))
        raise UserError(
            f"compare: no question was answered by every model (answers: {counts}); resume with `apigen evaluate "
            "--resume`, or evaluate all models with the same --limit and --seed"
        )
    return sides


def _questions(found: Mapping[str, Any]) -> str:
    """The version without regard to dots or underscores in tool names."""
    return str(found["version"]).removesuffix(UNDERSCORED)


def _names(found: Sequence[Mapping[str, Any]], folders: Sequence[Path]) -> list[str]:
    """The models; with form and folder where that is not enough."""
    for parts in (("model",), ("model", "form")):
        names = [", ".join(str(one[part]) for part in parts) for one in found]
        if len(set(names)) == len(names):
            return names
    return [f"{one['model']} ({folder})" for one, folder in zip(found, folders, strict=True)]


def _verdicts(folder: Path) -> Iterator[Verdict]:
    path = folder / VERDICTS
    try:
        for line in path.read_bytes().splitlines():
            yield _decoder.decode(line)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise UserError(
            f"{path}: cannot be read ({problem}); run `apigen evaluate --resume` to write it again"
        ) from None


def compared(sides: Sequence[Side]) -> dict[str, Any]:
    """Accuracy of each model and every pairwise difference, by category, ready for JSON."""
    correct = [{id_: one.correct for id_, one in side.verdicts.items()} for side in sides]
    executed = [{id_: one.executed.correct for id_, one in side.verdicts.items() if one.executed} for side in sides]
    categories = {id_: one.category for id_, one in sides[0].verdicts.items()}
    return {
        "suite": sides[0].found["suite"],
        "version": _questions(sides[0].found),
        "models": [
            {key: side.found[key] for key in ("model", "form", "temperature", "max_tokens", "limit", "seed", "date")}
            | {"name": side.name, "prompt_version": side.found.get("prompt_version", "")}
            for side in sides
        ],
        "say": _compared(sides, correct, categories),
        "return": _compared(sides, executed, categories) if all(executed) else None,
    }


def _compared(
    sides: Sequence[Side], correct: Sequence[Mapping[str, bool | None]], categories: Mapping[str, str]
) -> dict[str, Any]:
    known = set.union(*(set(one) for one in correct))
    common = [id_ for id_ in categories if all(one.get(id_) is not None for one in correct)]
    groups: dict[str, list[str]] = {}
    for id_ in common:
        groups.setdefault(categories[id_], []).append(id_)
    groups[ALL] = common
    return {
        "questions": len(common),
        "left_out": len(known) - len(common),
        "categories": {
            name: {
                "questions": len(ids),
                "models": [_share(one, ids) for one in correct],
                "pairs": [
                    {"first": sides[i].name, "second": sides[j].name, **_pair(correct[i], correct[j], ids)}
                    for i, j in combinations(range(len(sides)), 2)
                ],
            }
            for name, ids in groups.items()
        },
    }


def _share(correct: Mapping[str, bool | None], ids: Sequence[str]) -> dict[str, Any]:
    count = sum(bool(correct[id_]) for id_ in ids)
    return {"correct": count} | {name: round(part, 6) for name, part in wilson(count, len(ids))._asdict().items()}


def _pair(first: Mapping[str, bool | None], second: Mapping[str, bool | None], ids: Sequence[str]) -> dict[str, Any]:
    counts = [0, 0, 0, 0]
    for id_ in ids:
        counts[2 * (not first[id_]) + (not second[id_])] += 1
    found = paired(*counts)
    told = {"both": found.both, "only_first": found.first, "only_second": found.second, "neither": found.neither}
    rounded = {name: round(getattr(found, name), 6) for name in ("difference", "low", "high")}
    return told | rounded | {"p": float(f"{found.p:.3g}")}


def differing(sides: Sequence[Side]) -> list[Differing]:
    """Every question on which one model is right and another wrong, in the suite's order."""
    found = []
    for id_, verdict in sides[0].verdicts.items():
        verdicts = [side.verdicts.get(id_) for side in sides]
        if {True, False} <= {one.correct for one in verdicts if one}:
            answers = [side.answers.get(id_) for side in sides]
            found.append(Differing(id_, verdict.category, verdict.query, verdict.due, verdicts, answers))
    return found
