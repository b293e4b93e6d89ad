"""Ablation: equally large training sets from a run's candidates, cells that are done once, figures paired by seed."""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ablating import ScriptedEvaluator, ScriptedTrainer
from apigen import rundir
from apigen.ablate.ablation import Ablation
from apigen.ablate.arguments import arguments_of
from apigen.ablate.arms import STAGES, Arm
from apigen.ablate.base import Arguments, SuiteResult, Trained
from apigen.ablate.cells import Cell, Work, cell_folder, do, finished
from apigen.ablate.drawing import draw, shown, sizes
from apigen.ablate.figures import figures, write_figures
from apigen.ablate.page import page, rows, tables
from apigen.ablate.plan import Plan, make_plan
from apigen.ablate.pool import Pool, make_pool
from apigen.ablate.run import arms_due, carry_out, write_questions
from apigen.ablate.settings import Settings, keep_settings
from apigen.agreement import student
from apigen.attempts import read_requests
from apigen.dataset.duplicates import fingerprint
from apigen.dataset.read.base import Row
from apigen.errors import UserError
from apigen.evaluate.base import Answer
from apigen.evaluate.held_out import question_of
from apigen.records import Attempt, Call, Outcome, Tool
from apigen.train.examples import read_examples
from apigen.train.job import Job
from apigen.train.recipe import make_recipe
from runs import apigen, told
from training import sum_row, write_rows


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run of a writer that makes mistakes of all kinds."""
    out = tmp_path_factory.mktemp("ablate") / "run"
    made = apigen("run", "--model", "simulated/mixtral-8x7b-inst", "--count", "120", "--seed", "1", "--out", str(out))
    assert made.returncode == 0, told(made)
    return out


@pytest.fixture(scope="module")
def attempts(run: Path) -> list[Attempt]:
    return [attempt for _, request in read_requests(run / "attempts.jsonl") for attempt in request]


@pytest.fixture(scope="module")
def held_out(attempts: list[Attempt]) -> frozenset[str]:
    """The tools that are called most, so that there is something to ask."""
    called = Counter(call.name for attempt in attempts if attempt.outcome is Outcome.PASS for call in attempt.calls)
    return frozenset(name for name, _ in called.most_common(3))


@pytest.fixture(scope="module")
def pool(run: Path, attempts: list[Attempt], held_out: frozenset[str]) -> Pool:
    tools = {tool.name: tool for tool in rundir.read_library(run)}
    return make_pool(attempts, tools, held_out, asked_share=0.1, most_asked=50, seed=3)


def test_a_pool_accounts_for_every_candidate(attempts: list[Attempt], pool: Pool) -> None:
    """Each one is trained on, asked about, or counted as neither; those set aside take their twins with them."""
    for one in (pool, shown(pool, sizes(pool, list(Arm), size=20))):
        asked = len(one.unseen) + len(one.seen) + one.unshown
        assert len(one.train) + asked + one.unreadable + one.unchecked + one.neither == len(attempts)
    assert pool.unreadable > 0
    assert all(one.rejected_at is None for one in (*pool.unseen, *pool.seen))


def test_no_training_row_calls_or_shows_what_is_held_out(pool: Pool, held_out: frozenset[str]) -> None:
    """Questions about unseen tools call at least one of them."""
    for one in pool.train:
        assert not held_out & {tool["name"] for tool in one.row["tools"]}
        assert not held_out & {call["name"] for call in one.row["calls"]}
    assert all(held_out & {call["name"] for call in one.row["calls"]} for one in pool.unseen)


def test_no_question_is_trained_on(pool: Pool) -> None:
    """Not as another candidate with the same query either."""
    asked = {fingerprint(one.row["query"]) for one in (*pool.seen, *pool.unseen)}
    assert not asked & {fingerprint(one.row["query"]) for one in pool.train}


@pytest.mark.parametrize("arm", list(Arm))
def test_sets_are_equally_large_and_hold_what_they_say(pool: Pool, arm: Arm) -> None:
    """Rejects of the arm's stages only, in the run's own proportion, and no row twice."""
    planned = sizes(pool, list(Arm))
    drawn = draw(pool, arm, planned, seed=1)
    verified = sum(one.rejected_at is None for one in pool.train)
    there = sum(one.rejected_at in STAGES[arm] for one in pool.train)
    assert len(drawn) == len({one.id for one in drawn}) == planned.size == verified
    assert {one.rejected_at for one in drawn} <= {None, *STAGES[arm]}
    assert sum(one.rejected_at is not None for one in drawn) == round(verified * there / (there + verified))
    assert [one.id for one in drawn] == [one.id for one in draw(pool, arm, planned, seed=1)]
    assert [one.id for one in drawn] != [one.id for one in draw(pool, arm, planned, seed=2)]


def test_arms_of_one_seed_share_their_verified_rows(pool: Pool) -> None:
    """So that they differ in what was put in and not in luck."""
    planned = sizes(pool, list(Arm))
    base = {one.id for one in draw(pool, Arm.VERIFIED, planned, seed=1)}
    for arm in Arm:
        assert {one.id for one in draw(pool, arm, planned, seed=1) if one.rejected_at is None} <= base


@pytest.mark.parametrize("size", [8, 20, None])
def test_every_set_calls_every_tool_that_questions_about_seen_tools_are_about(pool: Pool, size: int | None) -> None:
    """In a verified row, in every set of every seed; questions for which that cannot be are left out and counted."""
    planned = sizes(pool, list(Arm), size=size)
    asked = shown(pool, planned)
    assert len(asked.seen) + asked.unshown == len(pool.seen)
    assert asked.seen
    assert asked.unshown >= (4 if size == 8 else 1)  # one tool is called in no other row
    for arm in Arm:
        for seed in range(1, 6):
            called = {name for one in draw(asked, arm, planned, seed) if one.rejected_at is None for name in one.tools}
            assert asked.asked_tools() <= called


def test_which_questions_are_asked_depends_on_no_choice_of_sets(pool: Pool) -> None:
    """So that more sets can be added to what is done."""
    few, all_ = sizes(pool, [Arm.VERIFIED], size=8), sizes(pool, list(Arm), size=8)
    assert shown(pool, few) == shown(pool, all_)


def test_a_share_of_rejects_may_be_given(pool: Pool) -> None:
    """The same for every arm but the verified one."""
    planned = sizes(pool, [Arm.VERIFIED, Arm.FORMAT], size=10, share=0.3)
    assert dict(planned.rejected) == {Arm.VERIFIED: 0, Arm.FORMAT: 3}


def test_sets_that_cannot_be_had_are_refused_with_what_can(pool: Pool) -> None:
    """Too large, too many rejects, or none of a kind."""
    verified = sum(one.rejected_at is None for one in pool.train)
    with pytest.raises(UserError, match=f"only {verified} verified rows to train on; use at most {verified}"):
        sizes(pool, [Arm.VERIFIED], size=verified + 1)
    with pytest.raises(UserError, match=r"needs \d+ rejects but the run has \d+; use --size \d+ or less"):
        sizes(pool, [Arm.SEMANTICS], share=0.99)
    with pytest.raises(UserError, match="arm format: none of 1 rows would be a reject; raise --size or --share"):
        sizes(pool, [Arm.FORMAT], size=1)
    clean = Pool(tuple(one for one in pool.train if one.rejected_at is None), (), (), (), 0, 0, 0)
    with pytest.raises(UserError, match="no parseable rejects for arm execution; drop it from --arms"):
        sizes(clean, [Arm.EXECUTION])
    with pytest.raises(UserError, match="no verified rows left"):
        sizes(Pool((), (), (), (), 0, 0, 0), [Arm.VERIFIED])


def test_a_base_model_that_was_trained_on_the_run_is_warned_of(run: Path, tmp_path: Path) -> None:
    """With how much of it; one that was trained on other data is not, unless these are gone."""

    def planned(name: str, data: Path, digest: str) -> Plan:
        model = tmp_path / name
        model.mkdir()
        source = {"path": str(data), "digest": digest, "rows": 1}
        (model / "training.json").write_text(json.dumps({"model": "base", "method": "sft", "data": [source]}))
        job = Job(recipe=make_recipe(), out=tmp_path / "out", model=str(model))
        return make_plan(Ablation(run, job, arms=(Arm.VERIFIED,)))

    own, other = run / "dataset.jsonl", write_rows(tmp_path / "other.jsonl", [sum_row(number) for number in range(3)])
    mine = planned("mine", own, read_examples([own]).sources[0].digest)
    asked = len(mine.pool.unseen) + len(mine.pool.seen)
    (warning,) = mine.warnings
    assert f"was already trained on {asked} of the {asked} questions and" in warning
    assert mine.lines()[-1] == f"warning: {warning}"
    assert f"{mine.pool.unreadable} candidates have no readable calls" in mine.lines()
    assert "row lengths not checked: install the extra `train`" in mine.lines()
    assert planned("other", other, read_examples([other]).sources[0].digest).warnings == ()
    assert "gone or changed since" in planned("gone", tmp_path / "gone.jsonl", "").warnings[0]


def _settings(seeds: Sequence[int], *, size: int = 20) -> Settings:
    return Settings(
        run="run",
        digest="digest",
        notice="simulated",
        model="tiny",
        training={"epochs": 1, "cutoff": 512},
        form="native",
        arms=tuple(Arm),
        seeds=tuple(seeds),
        size=size,
        share=None,
        held_out=0.1,
        questions=50,
        answer_tokens=100,
        answer_batch=16,
        seed=3,
    )


def _work(
    folder: Path, pool: Pool, trainer: ScriptedTrainer, versions: dict[str, str] | None = None, *, keep: bool = False
) -> Work:
    folder.mkdir(exist_ok=True)
    return Work(folder / "cells", write_questions(folder, pool), trainer, ScriptedEvaluator(), keep, versions or {})


def test_a_cell_that_is_done_is_not_done_again(tmp_path: Path, pool: Pool) -> None:
    """After a training that fails, the same command goes on with that cell; models are gone when they were asked."""
    settings, planned = _settings([1, 2]), sizes(pool, list(Arm), size=20)
    failing = ScriptedTrainer(fails_at=4)
    done: list[Cell] = []
    with pytest.raises(RuntimeError, match="no more"):
        done.extend(carry_out(_work(tmp_path, pool, failing), Plan(pool, planned, settings), lambda *_: None))
    again = ScriptedTrainer()
    cells = [*carry_out(_work(tmp_path, pool, again), Plan(pool, planned, settings), lambda *_: None)]
    assert len(cells) == 10
    assert len(failing.made) == 3
    assert len(again.made) == 7
    assert not set(failing.made) & set(again.made)
    assert not list(tmp_path.glob("cells/*/model"))
    assert finished(tmp_path / "cells", Arm.FORMAT, 2) == next(
        cell for cell in cells if (cell.arm, cell.seed) == (Arm.FORMAT, 2)
    )


@pytest.mark.parametrize("gone", ["model", "trained.json"])
def test_a_cell_that_is_trained_again_keeps_no_answers(tmp_path: Path, pool: Pool, gone: str) -> None:
    """Those of the model before would be counted as the new model's; where it need not be trained they are kept."""
    work = _work(tmp_path, pool, ScriptedTrainer(), keep=True)
    do(work, Arm.VERIFIED, 1, pool.verified()[:4], lambda _: None)
    here = cell_folder(work.folder, Arm.VERIFIED, 1)
    for name in work.suites:
        (here / name).mkdir()
        (here / name / "answers.jsonl").touch()
    do(work, Arm.VERIFIED, 1, pool.verified()[:4], lambda _: None)
    assert all((here / name / "answers.jsonl").is_file() for name in work.suites)
    shutil.rmtree(here / "model")
    if gone != "model":
        (here / gone).unlink()
    do(work, Arm.VERIFIED, 1, pool.verified()[:4], lambda _: None)
    assert not any((here / name).exists() for name in work.suites)


def test_a_damaged_cell_is_named(tmp_path: Path) -> None:
    """With what to do about it."""
    folder = cell_folder(tmp_path, Arm.FORMAT, 1)
    folder.mkdir()
    (folder / "cell.json").write_text("{")
    with pytest.raises(UserError, match=r"cell\.json: cannot be read .*; delete it"):
        finished(tmp_path, Arm.FORMAT, 1)


def test_a_damaged_note_of_a_training_is_named(tmp_path: Path, pool: Pool) -> None:
    """And nothing is trained in its place unasked."""
    work = _work(tmp_path, pool, ScriptedTrainer())
    here = cell_folder(work.folder, Arm.VERIFIED, 1)
    (here / "model").mkdir(parents=True)
    (here / "trained.json").write_text("{")
    with pytest.raises(UserError, match=r"trained\.json: cannot be read .*; delete it"):
        next(carry_out(work, Plan(pool, sizes(pool, [Arm.VERIFIED]), _settings([1])), lambda *_: None))


def test_settings_hold_on_resume(tmp_path: Path) -> None:
    """More seeds may be added; whatever changes the cells that are there may not."""
    keep_settings(tmp_path, _settings([1]), resume=False)
    keep_settings(tmp_path, _settings([1, 2]), resume=True)
    with pytest.raises(UserError, match="already contains an ablation; use --resume"):
        keep_settings(tmp_path, _settings([1, 2]), resume=False)
    with pytest.raises(UserError, match="was started with size 20, not 30"):
        keep_settings(tmp_path, _settings([1, 2], size=30), resume=True)
    with pytest.raises(UserError, match=r"was started with more seeds; .* missing: 2; use --seeds 2 or more"):
        keep_settings(tmp_path, _settings([1]), resume=True)
    fewer = msgspec.structs.replace(_settings([1, 2]), arms=(Arm.VERIFIED, Arm.FORMAT))
    with pytest.raises(
        UserError,
        match=r"with more arms; .* missing: execution, semantics, unverified; use --arms verified,execution,semantics,",
    ):
        keep_settings(tmp_path, fewer, resume=True)
    changed = msgspec.structs.replace(_settings([1, 2]), training={"epochs": 2, "cutoff": 512})
    with pytest.raises(UserError, match="was started with epochs 1, not 2"):
        keep_settings(tmp_path, changed, resume=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").touch()
    with pytest.raises(UserError, match="directory is not empty and does not contain an ablation"):
        keep_settings(other, _settings([1]), resume=True)
    with pytest.raises(UserError, match="does not contain an ablation to resume; drop --resume"):
        keep_settings(tmp_path / "new", _settings([1]), resume=True)
    with pytest.raises(UserError, match=r"cannot be created in .*file; choose another --out"):
        keep_settings(other / "file" / "sub", _settings([1]), resume=False)


def test_a_run_and_a_base_model_are_known_by_their_digests(tmp_path: Path) -> None:
    """However their paths are spelled, since a folder may be moved; another run or model is refused."""
    begun = msgspec.structs.replace(_settings([1]), model="models/base", base="weights")
    keep_settings(tmp_path, begun, resume=False)
    begun = msgspec.structs.replace(begun, run="/abs/run", model="/abs/models/base")
    keep_settings(tmp_path, begun, resume=True)
    with pytest.raises(UserError, match="a run whose attempts have digest 'digest', not 'other'"):
        keep_settings(tmp_path, msgspec.structs.replace(begun, digest="other"), resume=True)
    with pytest.raises(UserError, match="a base model with digest 'weights', not 'others'"):
        keep_settings(tmp_path, msgspec.structs.replace(begun, base="others"), resume=True)
    with pytest.raises(UserError, match="started with model '/abs/models/base', not 'tiny'"):
        keep_settings(tmp_path, msgspec.structs.replace(begun, model="tiny", base=""), resume=True)


def test_arms_that_are_added_on_resume_are_due(tmp_path: Path, pool: Pool) -> None:
    """So that their rows are checked before anything is trained; arms whose cells are all done are not."""
    done = msgspec.structs.replace(_settings([1]), arms=(Arm.VERIFIED, Arm.FORMAT))
    list(
        carry_out(
            _work(tmp_path, pool, ScriptedTrainer()), Plan(pool, sizes(pool, list(Arm), size=20), done), _unwatched
        )
    )
    assert arms_due(tmp_path, done) == []
    assert arms_due(tmp_path, _settings([1])) == [Arm.EXECUTION, Arm.SEMANTICS, Arm.UNVERIFIED]
    assert arms_due(tmp_path, _settings([1, 2])) == list(Arm)


def _unwatched(*_: object) -> None:
    pass


def _cell(arm: Arm, seed: int, correct: int) -> Cell:
    return Cell(
        arm,
        seed,
        0,
        Trained(10, 100, 5, 1.0, 1.0),
        {"unseen": SuiteResult(correct, 100, {"wrong_value": 100 - correct})},
    )


def test_differences_are_paired_by_seed() -> None:
    """Seeds that are nearly equally far apart leave little doubt, however different they are."""
    cells = [_cell(Arm.VERIFIED, seed, 10 * seed) for seed in (1, 2, 3)]
    cells += [_cell(Arm.EXECUTION, seed, 10 * seed - less) for seed, less in ((1, 5), (2, 5), (3, 6))]
    found = figures(cells)["unseen"]
    difference = found["execution"]["difference"]
    assert difference["mean"] == pytest.approx(-0.16 / 3)
    assert difference["high"] == pytest.approx(-0.16 / 3 + 4.303 * 0.01 / 3, abs=1e-5)
    assert found["verified"]["difference"] is None
    assert (found["execution"]["correct"], found["execution"]["answers"]) == (44, 300)
    assert found["execution"]["reasons"] == {"wrong_value": 256}


def test_seeds_that_are_all_alike_have_no_interval() -> None:
    """They say nothing of how trainings scatter, so a dash stands in its place, as after a single seed."""
    cells = [_cell(arm, seed, 5 * seed) for arm in (Arm.VERIFIED, Arm.EXECUTION) for seed in (1, 2, 3)]
    for some in (cells, [cell for cell in cells if cell.seed == 1]):
        arms = figures(some)["unseen"]
        assert arms["execution"]["difference"] == {"mean": 0.0, "low": None, "high": None}
        assert [*rows(arms)][1][3] == "+0.0\n(-)"


def test_the_interval_of_a_share_is_over_seeds_and_does_not_pool_their_questions() -> None:
    """The same 100 questions asked of two alike trainings are no 200: two seeds that differ widely leave all open."""
    found = figures([_cell(Arm.VERIFIED, 1, 40), _cell(Arm.VERIFIED, 2, 44), _cell(Arm.VERIFIED, 3, 48)])["unseen"]
    mean = found["verified"]["mean"]
    assert mean["mean"] == pytest.approx(0.44)
    assert mean["high"] - 0.44 == pytest.approx(4.303 * 0.04 / 3**0.5, abs=1e-4)
    assert 0.44 - mean["low"] == pytest.approx(mean["high"] - 0.44)
    assert next(iter(rows(found)))[2] == "132 of 300\n44.0% (34.1 to 53.9)"
    wide = figures([_cell(Arm.VERIFIED, 1, 10), _cell(Arm.VERIFIED, 2, 90)])["unseen"]["verified"]["mean"]
    assert (wide["low"], wide["high"]) == (0.0, 1.0)  # a share goes no further


def test_a_share_without_scatter_has_a_dash_and_its_counts(tmp_path: Path, pool: Pool) -> None:
    """After one seed, and where no answer of any seed is right; the page draws no line there."""
    one, none = [_cell(Arm.VERIFIED, 1, 40)], [_cell(Arm.VERIFIED, seed, 0) for seed in (1, 2, 3)]
    for cells, said in ((one, "40 of 100\n40.0% (-)"), (none, "0 of 300\n0.0% (-)")):
        found = write_figures(tmp_path, _settings([1, 2, 3]), pool, cells, {})
        verified = found["suites"]["unseen"]["verified"]
        assert (verified["mean"]["low"], verified["mean"]["high"]) == (None, None)
        assert next(iter(rows(found["suites"]["unseen"])))[2] == said
        assert 'line class="whisker"' not in page(found)
    spread = write_figures(tmp_path, _settings([1, 2]), pool, [*one, _cell(Arm.VERIFIED, 2, 42)], {})
    assert page(spread).count('line class="whisker"') == 1


def test_a_seed_without_answers_is_in_no_mean_and_is_named(tmp_path: Path, pool: Pool) -> None:
    """All its questions ended in errors, which are neither right nor wrong: no accuracy, no difference, and no dot."""
    lost = Cell(Arm.EXECUTION, 2, 0, Trained(1, 1, 1, None, 1.0), {"unseen": SuiteResult(0, 0, errors=100)})
    cells = [_cell(Arm.VERIFIED, 1, 40), _cell(Arm.VERIFIED, 2, 44), _cell(Arm.EXECUTION, 1, 30), lost]
    found = write_figures(tmp_path, _settings([1, 2]), pool, cells, {})
    arm = found["suites"]["unseen"]["execution"]
    assert arm["mean"] == {"mean": 0.3, "low": None, "high": None}
    assert arm["difference"]["mean"] == pytest.approx(-0.1)
    assert (arm["by_seed"], arm["unanswered"], arm["errors"]) == ({"1": 0.3, "2": None}, [2], 100)
    assert "execution, unseen tools: no question was answered with seed 2" in page(found)
    alone = write_figures(tmp_path, _settings([1, 2]), pool, [lost], {})
    assert alone["suites"]["unseen"]["execution"]["mean"] is None
    assert 'circle class="dot"' not in page(alone)


def test_answers_that_could_not_be_scored_are_counted_beside_their_bits() -> None:
    """Over all seeds; where every answer was scored nothing is said."""
    cells = [
        Cell(arm, 1, 0, Trained(1, 1, 1, None, 1.0), {"seen": SuiteResult(1, 9, errors=1, bits=0.5, scored=scored)})
        for arm, scored in ((Arm.VERIFIED, 10), (Arm.FORMAT, 7))
    ]
    verified, other = rows(figures(cells)["seen"])
    assert verified[7] == "0.500\n(-)"
    assert other[7] == "0.500\n(-)\n7 of 10 scored"


def _counted(arm: Arm, seed: int, right: int) -> Cell:
    return Cell(
        arm, seed, 0, Trained(1, 1, 1, None, 1.0), {"seen": SuiteResult(0, 9, arguments=Arguments(200, 50, right))}
    )


def test_right_values_are_counted_over_seeds_and_compared_by_seed() -> None:
    """Of all arguments due, and of those of calls whose tool was called; cells of before are passed over."""
    cells = [_counted(Arm.VERIFIED, seed, 10 * seed) for seed in (1, 2)]
    cells += [_counted(Arm.FORMAT, 1, 6), _counted(Arm.FORMAT, 2, 14), _cell(Arm.EXECUTION, 1, 3)]
    arms = figures(cells)["seen"]
    assert arms["verified"]["arguments"] == {
        "due": 400, "called": 100, "right": 30, "share": 0.075, "share_of_called": 0.3, "difference": None
    }  # fmt: skip
    assert arms["format"]["arguments"]["difference"]["mean"] == pytest.approx(-0.025)
    assert figures(cells)["unseen"]["execution"]["arguments"] is None
    assert "7.5%\n(30.0% of called tools)" in next(iter(rows(arms)))


def test_right_values_are_those_of_the_right_tool() -> None:
    """Calls are paired so that most is right, and none is counted twice; what is no call has nothing right."""
    tool = Tool("add", "", {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}})
    row = Row("1", 1, "?", (tool,), [_add(1, 2), _add(3, 4)])
    truth = question_of(row, "here").ground_truth

    def counted(*calls: dict[str, Any], undecodable: str = "") -> tuple[int, int, int]:
        answer = Answer(tuple(Call(call["name"], call["arguments"]) for call in calls), undecodable)
        found = arguments_of([(truth, answer)])
        return found.due, found.called, found.right

    assert counted(_add(1, 2), _add(3, 4)) == (4, 4, 4)
    assert counted(_add(3, 4)) == (4, 2, 2)
    assert counted(_add(3, 9), _add(1, 4), _add(3, 4)) == (4, 4, 3)
    assert counted(_add("1", 2)) == (4, 2, 1)
    assert counted({"name": "mul", "arguments": {"a": 1, "b": 2}}) == (4, 0, 0)
    assert counted(undecodable="words") == (4, 0, 0)


def _add(a: Any, b: Any) -> dict[str, Any]:
    return {"name": "add", "arguments": {"a": a, "b": b}}


def test_students_interval_is_the_textbooks() -> None:
    """Of 1, 2, 3: 2 with 4.303 * 1 / sqrt(3) on either side; of one value there is no interval."""
    assert student([1, 2, 3]) == pytest.approx((2.0, 2.4843), abs=1e-3)
    assert student([5.0]) == (5.0, None)
    with pytest.raises(ValueError, match="no mean"):
        student([])


def test_figures_are_written_and_shown(tmp_path: Path, pool: Pool) -> None:
    """As JSON, as a table with a row for each arm, and as a page without anything to load."""
    settings, planned = _settings([1, 2]), sizes(pool, list(Arm), size=20)
    cells = [*carry_out(_work(tmp_path, pool, ScriptedTrainer()), Plan(pool, planned, settings), lambda *_: None)]
    found = write_figures(tmp_path, settings, pool, cells[:7], {"apigen": "0"})
    assert json.loads((tmp_path / "ablation.json").read_text())["done"] == 7
    assert [row[0] for row in rows(found["suites"]["unseen"])] == [arm.value for arm in Arm]
    assert len([*tables(found)]) == 2
    text = page(found)
    assert "7 of 10 trainings are done" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "different library versions" not in text


def test_a_change_of_libraries_in_the_midst_is_told(tmp_path: Path, pool: Pool) -> None:
    """Each cell says what it was done with, and the page that not all were done with the same."""
    settings, planned = _settings([1]), sizes(pool, list(Arm), size=20)
    failing = _work(tmp_path, pool, ScriptedTrainer(fails_at=3), {"torch": "2.12"})
    with pytest.raises(RuntimeError, match="no more"):
        list(carry_out(failing, Plan(pool, planned, settings), lambda *_: None))
    work = _work(tmp_path, pool, ScriptedTrainer(), {"torch": "2.13"})
    cells = [*carry_out(work, Plan(pool, planned, settings), lambda *_: None)]
    found = write_figures(tmp_path, settings, pool, cells, work.versions)
    assert [cell["versions"]["torch"] for cell in found["cells"]] == ["2.12", "2.12", "2.13", "2.13", "2.13"]
    assert found["mixed_versions"] == {"torch": ["2.12", "2.13"]}
    assert "different library versions, which may explain differences between them: torch 2.12 and 2.13." in page(found)
