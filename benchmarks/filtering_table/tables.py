"""The figures as tables in Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence

from apigen.agreement import wilson
from apigen.models.simulated.kinds import KINDS
from apigen.models.simulated.profiles import PROFILES
from apigen.records import Stage
from benchmarks.filtering_table.figures import Fates, Figures
from benchmarks.verification.tables import percent

_STAGES = (Stage.FORMAT, Stage.GROUNDING, Stage.EXECUTION, Stage.SEMANTICS)


SIMULATION = (
    "This is a simulation: how often each generator errs is an input, taken from the paper (arXiv 2406.18518). "
    "Measured is whether verification catches what was put in, and what it costs in right pairs."
)


def tables(results: Sequence[Figures]) -> dict[str, str]:
    """Everything that was measured, by the name of its place in docs/filtering.md."""
    return {
        "paper": _paper(results),
        "drawn": _drawn(results),
        "right": _right(results),
        "false rejects": _false_rejects(results),
        "untidy": _noise(results),
        "kinds": _kinds(results),
        "cost": _cost(results),
    }


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _paper(results: Sequence[Figures]) -> str:
    heads = ["generator", "candidates", "duplicates", "nothing written", "errors", "verified", "fail format"]
    heads += ["fail execution", "fail grounding or semantics", "pass rate [95%]"]
    rows = []
    for one in results:
        published = PROFILES[one.profile].published
        if published:
            counts = (published.verified, published.format, published.execution, published.semantics)
            share = f"{published.verified / published.total:.1%}"
            rows.append(
                [f"{one.profile}, paper", f"{published.total:,}", "", "", "", *(f"{n:,}" for n in counts), share]
            )
        fates = one.all
        late = fates.by_stage[Stage.GROUNDING] + fates.by_stage[Stage.SEMANTICS]
        ours = [fates.accepted, fates.by_stage[Stage.FORMAT], fates.by_stage[Stage.EXECUTION], late]
        left_out = [one.candidates, one.duplicates, one.empty, one.errors]
        share = percent(wilson(fates.accepted, fates.decided))
        rows.append([f"{one.profile}, apigen, simulated", *(f"{n:,}" for n in (*left_out, *ours)), share])
    return _table(heads, rows)


def _stages(fates: Fates) -> list[str]:
    return [f"{fates.by_stage[stage]:,}" if fates.by_stage[stage] else "" for stage in _STAGES]


_CAUGHT = ("format", "grounding", "execution", "semantics", "missed", "caught [95%]")


def _fate_row(fates: Fates) -> list[str]:
    return [f"{fates.decided:,}", *_stages(fates), f"{fates.accepted:,}", percent(fates.caught)]


def _drawn(results: Sequence[Figures]) -> str:
    names = [stage for stage in _STAGES if any(stage in one.drawn for one in results)]
    rows = [[str(name), *_fate_row(_sum(one.drawn.get(name) for one in results))] for name in names]
    every = _sum(fates for one in results for fates in one.drawn.values())
    return _table(("drawn at", "faults", *_CAUGHT), [*rows, ["**all**", *_fate_row(every)]])


def _right(results: Sequence[Figures]) -> str:
    heads = (
        "generator",
        "right",
        "rejected [95%]",
        "unfit",
        "of them accepted",
        "harmless",
        "wrong among accepted [95%]",
    )
    rows = []
    for one in results:
        wrong = percent(wilson(one.wrong_accepted, one.all.accepted))
        cells = [
            f"{one.right.decided:,}",
            percent(one.right.caught),
            f"{one.unfit.decided:,}",
            f"{one.unfit.accepted:,}",
        ]
        rows.append([one.profile, *cells, f"{one.harmless.decided:,}", wrong])
    return _table(heads, rows)


def _false_rejects(results: Sequence[Figures]) -> str:
    counts: Counter[str] = Counter()
    for one in results:
        counts.update(one.false_rejects)
    total = sum(one.right.decided for one in results)
    rows = [[name, f"{count:,}", percent(wilson(count, total))] for name, count in counts.most_common()]
    return _table(("stage: reason", "pairs", "share of right pairs [95%]"), rows)


def _noise(results: Sequence[Figures]) -> str:
    names = dict.fromkeys(name for one in results for name in sorted(one.noisy))
    rows = []
    for name in names:
        fates = _sum(one.noisy.get(name) for one in results)
        fell = fates.by_stage[Stage.FORMAT]
        title = f"`{name}`" if name else "none"
        rows.append([title, f"{fates.decided:,}", f"{fell:,}", percent(wilson(fell, fates.decided))])
    return _table(("untidiness", "right pairs", "fell at format", "share [95%]"), rows)


def _kinds(results: Sequence[Figures]) -> str:
    rows = []
    for name, operator in KINDS.items():
        fates = _sum(one.kinds.get(name) for one in results)
        harmless = sum(one.harmless_kinds[name] for one in results)
        if fates.decided or harmless:
            cells = _fate_row(fates)
            what = f"`{name}`: {operator.description}"
            rows.append([what, cells[0], f"{harmless:,}" if harmless else "", *cells[1:]])
    return _table(("fault", "faults", "harmless", *_CAUGHT), rows)


def _cost(results: Sequence[Figures]) -> str:
    rows = [
        [
            one.profile,
            f"{one.runs}",
            f"{one.seconds:,.0f}",
            f"{one.candidates / one.seconds:,.0f}" if one.seconds else "",
            f"{one.run_cpu_s:,.0f}",
            f"{one.server_cpu_s:,.0f}",
        ]
        for one in results
    ]
    return _table(("generator", "runs", "seconds", "candidates/s", "run's CPU s", "server's CPU s"), rows)


def _sum(parts: Iterable[Fates | None]) -> Fates:
    whole = Fates()
    for part in parts:
        if part is not None:
            whole.by_stage.update(part.by_stage)
            whole.accepted += part.accepted
    return whole
