"""What a run shows at its end, in a terminal of 80 columns."""

import io

from rich.console import Console

from apigen.records import Attempt, Outcome, Reason, Stage, Style, Verdict, Wording
from apigen.report.summary import summary
from apigen.tally import Tally

SOURCES = {
    "get_stock": "openapi:openapi.yaml",
    "tell_time": "mcp:mcp-server-time",
    "show_commit": "mcp:mcp-server-git",
    "add": "starter",
}
PASSED = Verdict(Stage.SEMANTICS, Outcome.PASS)
DOWN = Verdict(Stage.EXECUTION, Outcome.ERROR, Reason.SERVICE_UNAVAILABLE, "the shop is down")
WRONG = Verdict(Stage.FORMAT, Outcome.REJECT, Reason.WRONG_TYPE, "no number")


def shown(*wanted: tuple[tuple[str, ...], Verdict], most: int = 1000) -> list[str]:
    """The lines of a summary of attempts, each with the tools that it was asked to use and its last verdict."""
    tally = Tally(SOURCES)
    tally.add(
        Attempt(
            f"{number}.0", number, 0, True, 0, Style.PARALLEL_MULTIPLE, Wording.PLAIN, targets, targets, "offline",
            verdict.outcome, (verdict,),
        )
        for number, (targets, verdict) in enumerate(wanted)
    )  # fmt: skip
    manifest = {
        "samples": min(most, tally.total_accepted),
        "wanted": most,
        "notice": "",
        "counts": tally.as_json(),
        "library": {"tools": 4},
        "times": {"seconds": 1.0},
    }
    written = io.StringIO()
    Console(file=written, width=80).print(summary(manifest))
    return [" ".join(line.split()) for line in written.getvalue().splitlines()]


def test_each_source_has_one_line_and_several_together_have_one() -> None:
    """Also where names are long and counts have four digits; a stage at which nothing fell takes no room then."""
    lines = shown(
        *[(("get_stock",), PASSED)] * 1000,
        (("get_stock",), WRONG),
        (("get_stock",), DOWN),
        (("tell_time",), PASSED),
        (("show_commit",), PASSED),
        (("show_commit", "add"), PASSED),
        (("get_stock", "tell_time", "add"), DOWN),
    )
    assert "style written format errors accepted passed" in lines
    table = lines[lines.index("source written format errors accepted passed") :]
    assert table[1:6] == [
        "mcp:mcp-server-git 1 0 0 1 100.0%",
        "mcp:mcp-server-time 1 0 0 1 100.0%",
        "openapi:openapi.yaml 1,002 1 1 1,000 99.8%",
        "several sources 2 0 1 1 50.0%",
        "all 1,006 1 2 1,003 99.7%",
    ]


def test_what_was_accepted_beyond_the_number_wanted_is_told_below_the_table() -> None:
    """The table counts what passed, and the dataset has what was wanted."""
    passed = (("add",), PASSED)
    line = "Accepted beyond the 2 requested: 1, in attempts.jsonl but not in the dataset."
    assert line in shown(passed, passed, passed, most=2)
    assert not any("beyond" in one for one in shown(passed, passed, most=2))


def test_one_source_alone_is_not_told_apart() -> None:
    """Then the table by style says it all, with every stage in it."""
    lines = shown((("add",), PASSED), (("add",), WRONG))
    assert "style written format dupl. ground. exec. semant. accepted passed" in lines
    assert not any(line.startswith("source") for line in lines)
