"""The simulated model: what it spoils, how often, and that everything it touches says so."""

import asyncio
import json
from collections import Counter
from functools import cache
from pathlib import Path

import msgspec
import pytest

from apigen.faults import as_text
from apigen.generate.parse import parse_pairs
from apigen.model_config import SIMULATED, ModelConfig
from apigen.models.offline.model import OfflineModel, pair_written, written
from apigen.models.simulated.kinds import FORMAT, KINDS, LAST, SCHEMA, SEMANTICS, WHOLE
from apigen.models.simulated.ledger import Entry, request_key
from apigen.models.simulated.model import SimulatedModel
from apigen.models.simulated.noise import NOISE
from apigen.models.simulated.profiles import PROFILES, Profile
from apigen.models.simulated.refused import REFUSED
from apigen.models.table import make_model
from apigen.records import Call, Completion, Stage
from right_answers import seeds
from runs import apigen, contents, lines
from simulating import Kept, answers, prompts

CODER = PROFILES["deepseek-coder-33b-inst"]


@cache
def kept(profile: Profile, rounds: int, seed: int = 0) -> tuple[list[Completion], list[Entry]]:
    ledger = Kept()
    return asyncio.run(answers(SimulatedModel(profile, seed, ledger), prompts(rounds))), ledger.entries


def test_the_rates_are_the_papers() -> None:
    """The conditional shares that pass each stage follow from the published counts."""
    rates = {
        name: tuple(round(100 * (1 - rate), 1) for rate in (one.format, one.execution, one.semantics))
        for name, one in PROFILES.items()
    }
    assert rates == {
        "perfect": (100.0, 100.0, 100.0),
        "deepseek-coder-33b-inst": (89.2, 56.6, 68.2),
        "mixtral-8x7b-inst": (91.5, 65.4, 65.9),
        "mixtral-8x22b-inst": (95.8, 86.8, 79.4),
        "deepseek-v2-chat": (98.0, 91.4, 94.0),
    }
    assert tuple(PROFILES) == SIMULATED


def test_faults_are_as_frequent_as_the_profile_says() -> None:
    """Each stage's share lies within four standard deviations of its rate; what cannot be made is few."""
    _, entries = kept(CODER, 20)
    left = len(entries)
    assert left > 400
    for stage, rate in (("format", CODER.format), ("execution", CODER.execution), ("semantics", CODER.semantics)):
        found = sum(entry.stage == stage for entry in entries)
        spread = 4 * (left * rate * (1 - rate)) ** 0.5
        not_made = 0.04 * left  # where no kind of the stage can be made of an answer
        assert left * rate - spread - not_made <= found <= left * rate + spread, stage
        left -= found
    kinds = {entry.kind for entry in entries if entry.kind}
    assert len(kinds) > 35
    assert all(kinds & {operator.name for operator in group} for group in (FORMAT, SCHEMA, REFUSED, SEMANTICS))


def test_the_perfect_profile_writes_what_the_offline_writer_writes() -> None:
    """To the byte, and its ledger holds nothing but right pairs."""
    completions, entries = kept(PROFILES["perfect"], 2)
    offline = asyncio.run(answers(OfflineModel(), prompts(2)))
    assert [one.text for one in completions] == [one.text for one in offline]
    assert {entry.kind for entry in entries} == {""}


def test_a_request_gets_the_same_answer_whatever_was_asked_before() -> None:
    """The messages, their seed and the model's own seed decide; nothing is remembered."""
    first, _ = kept(CODER, 20)
    asked = list(reversed(prompts(3)))
    again = asyncio.run(answers(SimulatedModel(CODER), asked))
    assert first[: len(asked)] == list(reversed(again))
    other, _ = kept(CODER, 3, seed=1)
    assert [one.text for one in first[: len(asked)]] != [one.text for one in other]


def test_the_ledger_holds_what_was_right_and_what_was_written() -> None:
    """Each entry joins its request by key, gives the pair that the offline writer wrote, and stands in the text."""
    completions, entries = kept(CODER, 20)
    by_request: dict[str, list[Entry]] = {}
    for entry in entries:
        by_request.setdefault(entry.request, []).append(entry)
    for asked, completion in zip(prompts(20), completions, strict=True):
        _, right = written(*asked)
        found = by_request.get(request_key(*asked), [])
        assert [entry.pair for entry in found] == list(range(len(found)))
        for entry in found:
            assert (entry.query, entry.calls) == (right[entry.pair].query, right[entry.pair].answers)
            assert entry.seed == asked[1].seed
            if entry.noise != "indented":
                assert entry.written in completion.text
            assert bool(entry.kind) == bool(entry.stage) == bool(entry.what)
        if found and found[0].kind not in {operator.name for operator in WHOLE}:
            assert len(found) == len(right)


def test_a_thought_speaks_of_the_calls_that_stand_beside_it() -> None:
    """A spoiled answer is not betrayed by a thought about the right one."""
    spoiled = {operator.name for operator in (*SEMANTICS, *SCHEMA, *REFUSED)}
    keyed = {request_key(*asked): asked for asked in prompts(20)}
    _, entries = kept(CODER, 20)
    seen = 0
    for entry in entries:
        if entry.kind in spoiled:
            value = json.loads(entry.written)
            prompt, _ = written(*keyed[entry.request])
            calls = msgspec.convert(value["answers"], list[Call])
            assert value["thought"] == pair_written(prompt, value["query"], calls)["thought"]
            seen += 1
    assert seen > 150


@pytest.mark.parametrize("name", NOISE)
def test_untidiness_is_no_fault(name: str) -> None:
    """The reader finds the same pairs in an untidy completion as in a tidy one, quotes within quotes included."""
    pairs = [as_text(seed)[1:-1] for seed in seeds()[:60]]
    for start in range(0, len(pairs), 5):
        tidy = [json.loads(pair) for pair in pairs[start : start + 5]]
        drafts = parse_pairs(Completion(NOISE[name](pairs[start : start + 5]), "test"))
        assert [draft.value for draft in drafts] == tidy


def test_text_faults_touch_no_other_pair() -> None:
    """Of a completion with one spoiled pair all others are read as they were written."""
    names = {operator.name for operator in FORMAT}
    profile = Profile("test", format=0.3)
    completions, entries = kept(profile, 10)
    read = {
        request_key(*asked): parse_pairs(completion) for asked, completion in zip(prompts(10), completions, strict=True)
    }
    at_the_end = {operator.name for operator in (*LAST, *WHOLE)}
    broken = {entry.request for entry in entries if entry.kind in at_the_end}
    found = [entry for entry in entries if entry.request not in broken]
    assert {entry.kind for entry in found} <= {*names, ""}
    assert len(found) > 100
    for entry in found:
        assert read[entry.request][entry.pair].value == json.loads(entry.written)


def test_kinds_have_a_stage_and_a_description() -> None:
    """Names are unique, and each kind is of a stage of the paper."""
    groups = (*FORMAT, *LAST, *WHOLE, *REFUSED, *SCHEMA, *SEMANTICS)
    assert len(KINDS) == len(groups) > 55
    assert all(operator.description and operator.stage is not Stage.DUPLICATE for operator in groups)


def test_a_simulated_run_says_so_and_is_the_same_whatever_the_concurrency(tmp_path: Path) -> None:
    """`llm` is false in every row, and manifest, card, report and configuration tell a simulation from data."""
    ran = {}
    for concurrency in (1, 16):
        out = tmp_path / str(concurrency)
        made = apigen("run", "--model", "simulated/mixtral-8x7b-inst", "--library", "starter:math", "--seed", "5",
                      "--count", "12", "--concurrency", str(concurrency), "--out", out, "--json")  # fmt: skip
        assert made.returncode == 0, made.stderr
        ran[concurrency] = out
    assert contents(ran[1]) == contents(ran[16])
    out = ran[1]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["llm"] is False
    assert "No language model wrote this data: it is a simulation (simulated/mixtral-8x7b-inst)" in manifest["notice"]
    assert not (out / "completions.sqlite").exists()
    for name in ("README.md", "report.html"):
        assert "it is a simulation" in (out / name).read_text()
    assert "a simulation that errs on purpose" in (out / "config.yaml").read_text()
    for name in ("attempts.jsonl", "dataset.jsonl"):
        for line in (out / name).read_text().splitlines():
            row = json.loads(line)
            assert row.get("provenance", row)["llm"] is False


def test_each_simulated_writer_has_its_own_account(tmp_path: Path) -> None:
    """The manifest tells how many requests each of them was sent, those to mend included."""
    config = tmp_path / "c.yaml"
    config.write_text("library: starter:math\nrepair: true\nmodels: [simulated/perfect, simulated/mixtral-8x7b-inst]\n")
    made = apigen("run", config, "--count", "12", "--out", tmp_path / "out", "--json")
    assert made.returncode == 0, made.stderr
    attempts = lines(tmp_path / "out" / "attempts.jsonl")
    asked = Counter(row["model"] for row in attempts for _ in range(row["last"] + bool(row.get("repair_of"))))
    rows = json.loads(made.stdout)["requests"]
    assert [(row["model"], row["requests"]) for row in rows] == [
        (name, asked[name]) for name in ("simulated/perfect", "simulated/mixtral-8x7b-inst")
    ]
    assert min(asked.values()) > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--model", "simulated/gpt-9"),
            "no simulated generator 'gpt-9'; use simulated/ and one of perfect",
        ),
        (("--judge", "simulated/perfect"), "`simulated/` models are writers, not judges"),
    ],
)
def test_wrong_names_are_said_before_a_directory_is_made(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """In one line, with the names that there are."""
    ran = apigen("run", *arguments, "--out", tmp_path / "run")
    assert ran.returncode == 2
    assert said in ran.stderr
    assert not (tmp_path / "run").exists()


def test_the_table_of_models_knows_it() -> None:
    """`simulated/NAME` makes the in-process model of that profile."""
    model = make_model(ModelConfig(name="simulated/deepseek-v2-chat"), 4)
    assert (model.locator, model.llm) == ("simulated/deepseek-v2-chat", False)
