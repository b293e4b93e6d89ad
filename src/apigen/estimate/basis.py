"""What an estimate is based on: the pass rate, the lengths of prompts and completions, and their sources."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import sqrt
from typing import Any

import msgspec

from apigen.config import Config
from apigen.errors import UserError
from apigen.estimate.drawn import Lengths
from apigen.models.roles import Role
from apigen.verify.judges.committee import COMMITTEE
from apigen.verify.rules import NAME as RULES

PAPER = ((0.3442, 0.5048), (0.6596, 0.8312), (0.8415, 0.8956))
"""Share of the candidates that passed and that reached the semantic stage, with three models, of 40,000 each.

DeepSeek-Coder-33B, Mixtral-8x22B and DeepSeek-V2-Chat: table 1 of arXiv 2406.18518. The fourth, Mixtral-8x7B, lies
between the first two.
"""
_SOURCE = "arXiv 2406.18518, table 1: Mixtral-8x22B; range: worst and best model, 34% and 84%"
JUDGE_ANSWER_TOKENS = 250
"""Five criteria with a quotation each and a short thought, as the prompt requests."""
PROBLEM_TOKENS = 150
"""What a repair prompt adds about a candidate."""
UNREADABLE = 0.05
"""Assumed share of judge requests that are repeated because the answer cannot be read."""
MENDED = 0.5
"""Assumed pass rate of repaired candidates relative to new ones: they were the harder ones."""
_Z = 1.96


class Size(msgspec.Struct, frozen=True):
    """Lengths of a request and its completion, in tokens."""

    prompt: float
    completion: float


class Assumption(msgspec.Struct, frozen=True):
    """An assumption of an estimate."""

    what: str
    value: str
    source: str


class Basis(msgspec.Struct, frozen=True):
    """Everything that an estimate is based on."""

    passed: float
    """Share of the candidates that are accepted."""
    passed_low: float
    passed_high: float
    pairs: float
    """Candidates in a completion."""
    mended: float | None
    """Share of the repaired candidates that pass; ``None``: derived from the pass rate."""
    judged: float | None
    """Requests to one judge per candidate; ``None``: derived from the pass rate."""
    sizes: Mapping[Role, Size]
    by_model: Mapping[tuple[str, Role], Size]
    """Of the models for which it was measured."""
    assumptions: tuple[Assumption, ...]

    def size(self, model: str, role: Role) -> Size:
        """Lengths of the requests of a role to a model."""
        return self.by_model.get((model, role), self.sizes[role])


def assumed(config: Config, lengths: Lengths, pass_rate: float | None = None) -> Basis:
    """A basis without an earlier run.

    Args:
        config: generation parameters.
        lengths: of prompts drawn for the library.
        pass_rate: given by the user.
    """
    low, middle, high = (passed for passed, _ in PAPER)
    known = pass_rate is not None
    rate, pairs = pass_rate if pass_rate is not None else middle, sum(config.sampling.pairs) / 2
    answer = min(lengths.pair * pairs, config.generation.max_tokens)
    return Basis(
        passed=rate,
        passed_low=rate if known else low,
        passed_high=rate if known else high,
        pairs=pairs,
        mended=None,
        judged=None,
        sizes={
            Role.WRITER: Size(lengths.prompt, answer),
            Role.REPAIR: Size(lengths.prompt + lengths.pair + PROBLEM_TOKENS, lengths.pair),
            Role.JUDGE: Size(lengths.judge_prompt, JUDGE_ANSWER_TOKENS),
        },
        by_model={},
        assumptions=(
            Assumption("pass rate", f"{rate:.0%}", "--pass-rate" if known else _SOURCE),
            Assumption("pairs in a completion", f"{pairs:.1f}", "sampling.pairs"),
            Assumption(
                "prompt",
                f"{lengths.prompt:,.0f} tokens",
                f"{lengths.drawn} prompts drawn, tokens counted approximately",
            ),
            Assumption(
                "answer",
                f"{answer:,.0f} tokens",
                "length of the seed examples; without reasoning tokens",
            ),
        ),
    )


def measured(basis: Basis, manifest: Mapping[str, Any], where: str, pass_rate: float | None = None) -> Basis:
    """A basis with measurements of an earlier run instead of assumptions.

    Args:
        basis: for what the run did not measure.
        manifest: of the run.
        where: the run's name, for people.
        pass_rate: given by the user, instead of the measured one.

    Raises:
        UserError: the run has no candidates yet.
    """
    counts = manifest["counts"]
    candidates = counts["candidates"]
    if not candidates:
        raise UserError(f"{where}: has no candidates yet, so nothing was measured; drop --from")
    passed = counts["accepted"] / candidates
    low, high = _interval(counts["accepted"], candidates)
    # By name: several entries may be endpoints of one judge, and the accounts may hold judges that it has no more.
    judges = {judge["name"] for judge in manifest["config"]["judges"]} - {RULES, COMMITTEE}
    rows = [row for row in manifest["requests"] if row["role"] != Role.JUDGE or row["model"] in judges]
    sizes, by_model = _sizes(rows)
    sent = counts["repairs"]["sent"]
    asked = sum(row["requests"] for row in rows if row["role"] == Role.JUDGE)
    rate, source = (passed, where) if pass_rate is None else (pass_rate, "--pass-rate")
    told = [
        Assumption("pass rate", f"{rate:.0%}", f"{source}: {counts['accepted']:,} of {candidates:,} candidates"),
        Assumption("pairs in a completion", f"{candidates / counts['requests']:.1f}", where),
        *(Assumption(f"{role.value}'s prompt", f"{size.prompt:,.0f} tokens", where) for role, size in sizes.items()),
        *(
            Assumption(f"{role.value}'s answer", f"{size.completion:,.0f} tokens", where)
            for role, size in sizes.items()
        ),
    ]
    kept = [assumption for assumption in basis.assumptions[2:] if Role.WRITER not in sizes]
    return msgspec.structs.replace(
        basis,
        passed=rate,
        passed_low=low if pass_rate is None else rate,
        passed_high=high if pass_rate is None else rate,
        pairs=candidates / counts["requests"],
        mended=counts["repairs"]["passed"] / sent if sent else basis.mended,
        judged=asked / (candidates + sent) / len(judges) if judges and asked else basis.judged,
        sizes={**basis.sizes, **sizes},
        by_model=by_model,
        assumptions=(*told, *kept),
    )


def reaching(passed: float) -> float:
    """The share of candidates that reach the judges, given the share that passes in the end."""
    points = ((0.0, PAPER[0][1] - PAPER[0][0]), *((rate, reached - rate) for rate, reached in PAPER), (1.0, 0.0))
    for (left, fall), (right, next_fall) in pairwise(points):
        if passed <= right:
            return passed + fall + (next_fall - fall) * (passed - left) / (right - left)
    return 1.0


def _sizes(
    usage: Iterable[Mapping[str, Any]],
) -> tuple[dict[Role, Size], dict[tuple[str, Role], Size]]:
    """Mean lengths by role, and by model and role, of what was counted; probes are too few to be estimated."""
    rows: dict[Role, list[Mapping[str, Any]]] = {}
    by_model: dict[tuple[str, Role], Size] = {}
    for row in usage:
        role = Role(row["role"])
        if role is not Role.PROBE and row["requests"] and row["prompt_tokens"]:
            rows.setdefault(role, []).append(row)
            by_model[row["model"], role] = _mean([row])
    return {role: _mean(of_role) for role, of_role in rows.items()}, by_model


def _mean(rows: list[Mapping[str, Any]]) -> Size:
    requests = sum(row["requests"] for row in rows)
    return Size(
        sum(row["prompt_tokens"] for row in rows) / requests, sum(row["completion_tokens"] for row in rows) / requests
    )


def _interval(passed: int, whole: int) -> tuple[float, float]:
    """The 95% confidence interval of a share (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    share, square = passed / whole, _Z**2
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole**2)) / (1 + square / whole)
    return max(middle - half, 0.001), min(middle + half, 1.0)
