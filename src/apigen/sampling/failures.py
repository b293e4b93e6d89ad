"""Where a model fails: the verdicts of an evaluation, as weights for sampling.

Of each style, tool, tool category and JSON type of an argument the error rate is estimated, and divided by the error
rate over all answers: 1.5 says that the model fails there half as often again. Few answers say little about a rate, so
it is shrunk towards the overall one: with ``e`` wrong ones of ``n`` answers, and ``p`` overall, it is taken as

    (e + m p) / (n + m),   m = 10

the posterior mean under a Beta(m p, m (1 - p)) prior (Gelman et al., "Bayesian Data Analysis", section 2.4), known as
the m-estimate (Cestnik, "Estimating probabilities: a crucial task in machine learning", ECAI 1990). With ten answers
a group's own rate counts as much as the overall one. ``p`` itself is (e + 1) / (n + 2), so that it is never 0 or 1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from apigen.config import FocusConfig
from apigen.errors import UserError
from apigen.files import whole_lines
from apigen.records import Style, Tool

VERDICTS = "verdicts.jsonl"
PRIOR = 10
"""Answers that the overall rate counts for."""
_KEPT_DIGITS = 4


class DueCall(msgspec.Struct, frozen=True):
    """An expected call."""

    name: str
    arguments: dict[str, str] = {}
    """The JSON type of each parameter."""


class Marked(msgspec.Struct, frozen=True):
    """One answer of a model and what it was found to be."""

    category: str
    correct: bool | None = None
    """``None`` where there was no answer to look at."""
    due: tuple[DueCall, ...] = ()

    @property
    def style(self) -> Style | None:
        """The style of the question, by its own name or by that of a category of BFCL; ``None`` for all others."""
        name = self.category.removeprefix("exec_").removeprefix("live_")
        if name.partition("_")[0] == Style.SIMPLE:  # simple_python and the like
            return Style.SIMPLE
        return Style(name) if name in set(Style) else None


_marked = msgspec.json.Decoder(Marked)


def focus_on(folder: Path, tools: Sequence[Tool], strength: float) -> FocusConfig:
    """The weights that an evaluation gives; tools that the library does not have count for their types alone.

    Where every answer is wrong there are no weights: nothing is failed at more than anything else.

    Args:
        folder: of the evaluation, with its ``verdicts.jsonl``.
        tools: the library.
        strength: as the configuration has it.

    Raises:
        UserError: there are no verdicts, they cannot be read, or none is about a wrong answer in one of the styles.
    """
    path = folder / VERDICTS
    counted = [one for one in _read(path) if one.style is not None and one.correct is not None]
    wrong = sum(not one.correct for one in counted)
    if not counted:
        styles = ", ".join(Style)
        raise UserError(f"--focus: {path}: has no answers to questions of the styles {styles}")
    if not wrong:
        raise UserError(
            f"--focus: {path}: all {len(counted):,} answers to questions of the four styles are correct, so there is "
            "nothing to focus on; drop --focus"
        )
    found = FocusConfig(strength=strength, source=str(folder.resolve()), answers=len(counted), wrong=wrong)
    if wrong == len(counted):
        return found
    category = {tool.name: tool.category for tool in tools}
    overall = (wrong + 1) / (len(counted) + 2)

    def weights(groups: Iterable[tuple[Marked, Iterable[str]]]) -> dict[str, float]:
        counts: dict[str, list[int]] = {}
        for marked, names in groups:
            for name in set(names):
                count = counts.setdefault(name, [0, 0])
                count[0] += not marked.correct
                count[1] += 1
        return {
            name: round((errors + PRIOR * overall) / (answers + PRIOR) / overall, _KEPT_DIGITS)
            for name, (errors, answers) in sorted(counts.items())
        }

    by_style = weights((one, [one.style or ""]) for one in counted)
    return found.model_copy(
        update={
            "styles": {Style(name): weight for name, weight in by_style.items()},
            "tools": weights((one, [call.name for call in one.due if call.name in category]) for one in counted),
            "categories": weights(
                (one, [category[call.name] for call in one.due if call.name in category]) for one in counted
            ),
            "types": weights((one, [kind for call in one.due for kind in call.arguments.values()]) for one in counted),
        }
    )


def _read(path: Path) -> Iterator[Marked]:
    if not path.parent.is_dir():
        raise UserError(f"--focus: {path.parent}: no such folder; name the folder of an evaluation")
    if not path.is_file() and (path.parent / "evaluation.json").is_file():
        raise UserError(
            f"--focus: {path.parent}: the evaluation is incomplete or still running; `apigen evaluate --resume` "
            f"completes it and writes {VERDICTS}"
        )
    if not path.is_file():
        raise UserError(f"--focus: {path.parent}: no {VERDICTS} there; name the folder of an evaluation")
    for number, (_, line) in enumerate(whole_lines(path), 1):
        try:
            yield _marked.decode(line)
        except msgspec.MsgspecError as problem:
            raise UserError(f"--focus: {path} line {number}: is not an evaluation verdict ({problem})") from None
        except UnicodeDecodeError:
            raise UserError(f"--focus: {path} line {number}: is not UTF-8 text") from None


def strongest(weights: Mapping[str, float], most: int) -> list[tuple[str, float]]:
    """The weights above 1, the largest first."""
    above = [(str(name), weight) for name, weight in weights.items() if weight > 1]
    return sorted(above, key=lambda pair: (-pair[1], pair[0]))[:most]
