"""Statistics of a judge's verdicts against the ground truth.

A *reject* is what counts as a find: precision is the share of rejects that hit a wrong answer, recall the share of
wrong answers that were rejected, specificity the share of right answers that passed. Errors are in none of them; they
are counted apart. Shares have Wilson intervals, kappa its asymptotic one.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import msgspec

from apigen.agreement import Interval, Kappa, cohen_kappa, wilson
from apigen.calibrate.judging import Judged
from apigen.records import Outcome, Verdict
from apigen.verify.judges.committee import Rule, together
from apigen.verify.llm_judge import UNFOUND
from apigen.verify.rules import NAME as RULES


class Opinion(msgspec.Struct, frozen=True):
    """What was said about one case, and the truth."""

    right: bool
    outcome: Outcome
    fault: str = ""


class Figures(msgspec.Struct, frozen=True):
    """The figures of one judge, or of several together; ``None`` where undefined."""

    judge: str
    found: int
    """Wrong answers that were rejected."""
    missed: int
    """Wrong answers that passed."""
    false_alarms: int
    """Right answers that were rejected."""
    left_alone: int
    """Right answers that passed."""
    errors: int
    """Cases on which nothing was decided."""
    precision: Interval | None
    recall: Interval | None
    specificity: Interval | None
    accuracy: Interval | None
    kappa: Kappa | None
    faults: dict[str, tuple[int, int]]
    """Of each fault, how many were rejected and how many were decided on."""
    error_reasons: dict[str, int] = {}
    evidence: Interval | None = None
    """Of the verdicts with a quotation, the share whose quotations all stand in what the judge was shown."""


def figures(judge: str, opinions: Sequence[Opinion], verdicts: Sequence[Verdict] = ()) -> Figures:
    """Count the opinions of one judge, or of several together.

    Args:
        judge: its name.
        opinions: one a case.
        verdicts: those behind the opinions, where it is one judge.
    """
    table = Counter((each.right, each.outcome) for each in opinions)
    found, missed = table[False, Outcome.REJECT], table[False, Outcome.PASS]
    alarms, left = table[True, Outcome.REJECT], table[True, Outcome.PASS]
    counts: dict[str, tuple[int, int]] = {}
    for each in opinions:
        if each.fault:
            rejected, decided = counts.get(each.fault, (0, 0))
            sure = each.outcome is not Outcome.ERROR
            counts[each.fault] = (rejected + (each.outcome is Outcome.REJECT), decided + sure)
    quoting = [verdict for verdict in verdicts if verdict.evidence]
    reasons = Counter(
        verdict.reason.value for verdict in verdicts if verdict.outcome is Outcome.ERROR and verdict.reason
    )
    return Figures(
        judge,
        found,
        missed,
        alarms,
        left,
        errors=len(opinions) - found - missed - alarms - left,
        precision=_share(found, found + alarms),
        recall=_share(found, found + missed),
        specificity=_share(left, left + alarms),
        accuracy=_share(found + left, found + missed + alarms + left),
        kappa=cohen_kappa([[found, missed], [alarms, left]]),
        faults=dict(sorted(counts.items())),
        error_reasons=dict(sorted(reasons.items())),
        evidence=_share(sum(UNFOUND not in verdict.evidence for verdict in quoting), len(quoting)),
    )


def _share(hits: int, total: int) -> Interval | None:
    return wilson(hits, total) if total else None


def all_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Figures of each judge, of every two of them, and of all together under each rule, ready for JSON."""
    names = [verdict.by for verdict in judged[0].verdicts] if judged else []
    each = [
        figures(
            name,
            [_opinion(one, one.verdicts[at].outcome) for one in judged],
            [one.verdicts[at] for one in judged],
        )
        for at, name in enumerate(names)
    ]
    members = sum(name != RULES for name in names)
    rules = list(Rule) if members > 1 else [Rule.UNANIMOUS] if len(names) > 1 else []
    return {
        "judges": [as_json(one) for one in each],
        "pairs": [_pair(judged, names, *pair) for pair in combinations(range(len(names)), 2)],
        "committees": [
            as_json(figures(rule.value, [_opinion(one, together(rule, _outcomes(one))) for one in judged]))
            for rule in rules
        ],
    }


def _opinion(judged: Judged, outcome: Outcome) -> Opinion:
    return Opinion(judged.case.right, outcome, judged.case.fault)


def _outcomes(judged: Judged) -> dict[str, Outcome]:
    return {verdict.by: verdict.outcome for verdict in judged.verdicts}


def _pair(judged: Sequence[Judged], names: Sequence[str], first: int, second: int) -> dict[str, Any]:
    """How far two judges agree, on the cases on which both decided."""
    table = Counter((one.verdicts[first].outcome, one.verdicts[second].outcome) for one in judged)
    yes, no = Outcome.PASS, Outcome.REJECT
    counts = [[table[yes, yes], table[yes, no]], [table[no, yes], table[no, no]]]
    agreed = _share(counts[0][0] + counts[1][1], sum(map(sum, counts)))
    return {
        "judges": [names[first], names[second]],
        "decided": sum(map(sum, counts)),
        "agreement": _as_dict(agreed),
        "kappa": _as_dict(cohen_kappa(counts)),
    }


def as_json(value: Figures) -> dict[str, Any]:
    """Figures as JSON: intervals by their names, each fault with its counts."""
    return {
        "judge": value.judge,
        "found": value.found,
        "missed": value.missed,
        "false_alarms": value.false_alarms,
        "left_alone": value.left_alone,
        "errors": value.errors,
        "error_reasons": value.error_reasons,
        "precision": _as_dict(value.precision),
        "recall": _as_dict(value.recall),
        "specificity": _as_dict(value.specificity),
        "accuracy": _as_dict(value.accuracy),
        "kappa": _as_dict(value.kappa),
        "evidence": _as_dict(value.evidence),
        "faults": {
            name: {"rejected": rejected, "decided": decided, "share": _as_dict(_share(rejected, decided))}
            for name, (rejected, decided) in value.faults.items()
        },
    }


def _as_dict(value: Interval | Kappa | None) -> dict[str, float] | None:
    return None if value is None else {name: round(part, 4) for name, part in value._asdict().items()}
