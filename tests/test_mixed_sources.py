"""The example that mixes functions, a web service and two MCP servers in one run, as its user runs it."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apigen.config import load_config
from apigen.execute.table import make_executor
from apigen.library.catalogue import load_library
from apigen.locators import short_names
from apigen.records import Candidate, Outcome, Stage, Style
from apigen.tally import TOGETHER
from apigen.verify.format import FormatCheck
from apigen.verify.rules import RuleJudge
from apigen.verify.stages import Examined, NamedStage, execution, grounding, semantics, through
from rest_services import free_port, started
from runs import apigen, lines, start, until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")]

EXAMPLES = Path(__file__).parent.parent / "examples"
SOURCES = {"starter", "openapi:openapi.yaml", "mcp:mcp-server-time", "mcp:mcp-server-git"}
SHOP = "openapi:openapi.yaml"
SECRET = "FJELL_FJORD_OUTDOOR_API_KEY"
COUNT = 60


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[None]:
    """The programs of this Python come first, and the shop's key is set, as for a user of the example."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        patch.setenv(SECRET, "fjell-og-fjord-demo")
        yield


def copied(parent: Path) -> tuple[Path, str]:
    """The example in a folder of its own, whose shop listens on a free port, and that port."""
    port = str(free_port())
    for name in ("mixed_sources", "rest_service"):
        shutil.copytree(EXAMPLES / name, parent / name, ignore=shutil.ignore_patterns("runs", "repos", "__pycache__"))
    for name in ("mixed_sources/run.sh", "mixed_sources/run.yaml", "rest_service/openapi.yaml"):
        text = (parent / name).read_text("utf-8")
        assert "8090" in text
        (parent / name).write_text(text.replace("8090", port), "utf-8")
    # Few functions and many requests, so that few rows are enough to meet each source.
    config = parent / "mixed_sources" / "run.yaml"
    fewer = config.read_text("utf-8").replace("starter:finance,travel,math", "starter:travel")
    config.write_text(f"{fewer}sampling:\n  pairs: [1, 2]\n", "utf-8")
    return parent / "mixed_sources", port


def shop(example: Path, port: str) -> list[str]:
    return [sys.executable, "-u", str(example.parent / "rest_service" / "shop.py"), "--port", port]


def make_repositories(example: Path) -> None:
    subprocess.run([sys.executable, example / "demo_repos.py", example / "repos"], check=True)


def sources(run: Path) -> dict[str, str]:
    """What source each tool of the run is from, as its tables call it."""
    origins = {line["name"]: line["origin"] for line in lines(run / "library.jsonl") if line["line"] == "tool"}
    names = short_names(origins.values())
    return {tool: names[origin] for tool, origin in origins.items()}


def called(run: Path) -> Counter[str]:
    """How many rows of the dataset call each tool."""
    return Counter(name for row in lines(run / "dataset.jsonl") for name in {call["name"] for call in row["calls"]})


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The example after one run of its script; the shop is stopped again."""
    example, port = copied(tmp_path_factory.mktemp("mixed"))
    done = subprocess.run(
        [example / "run.sh", "--count", str(COUNT), "--out", "runs/mixed"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return example, port


def manifest(run: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((run / "manifest.json").read_text("utf-8"))
    return value


def test_every_seed_passes_all_stages(example: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Format, strict grounding, a real call and the rule judge, with all tools of its server offered."""
    folder, _ = example
    monkeypatch.chdir(folder)
    make_repositories(folder)
    config = load_config(Path("run.yaml"))
    seeds = [path for path in config.seeds if "rest_service" not in path]
    library = load_library(
        [text for text in config.library if text.startswith("mcp:")], seeds, may_write=lambda _: False
    )
    tools, check = library.by_name(), FormatCheck()
    assert {seed.tool_names for seed in library.seeds} >= {frozenset({name}) for name in tools}

    async def main() -> list[str]:
        live = config.execution.model_copy(update={"recordings": "live"})
        executor = make_executor(live, config.remote, tools=library.tools)
        stages: list[NamedStage] = [
            (Stage.GROUNDING, grounding),
            (Stage.EXECUTION, execution(executor)),
            (Stage.SEMANTICS, semantics(RuleJudge())),
        ]
        fallen = []
        try:
            for seed in library.seeds:
                origins = {tools[name].origin for name in seed.tool_names}
                offered = tuple(tool for tool in library.tools if tool.origin in origins)
                candidate = Candidate(seed.query, seed.calls, offered, next(each for each in Style if seed.fits(each)))
                verdict = (await through(stages, Examined(candidate, (check.check(candidate),)))).verdicts[-1]
                if verdict.outcome is not Outcome.PASS:
                    fallen.append(f"{verdict.stage} {verdict.reason}: {verdict.detail} | {seed.query}")
        finally:
            await executor.aclose()
        return fallen

    assert asyncio.run(main()) == []


def test_every_source_has_rows_whose_calls_were_made(example: tuple[Path, str]) -> None:
    """The funnel tells each source apart; no tool that changes something is there."""
    run = example[0] / "runs" / "mixed"
    told = manifest(run)
    assert told["samples"] == COUNT
    assert told["counts"]["errors"] == 0
    source_of = sources(run)
    assert {source_of[tool] for tool in called(run)} == SOURCES
    funnel = told["counts"]["sources"]
    assert {name for together in funnel for name in together.split(TOGETHER)} == SOURCES
    assert sum(row["accepted"] for row in funnel.values()) == told["counts"]["accepted"] >= COUNT
    for attempt in lines(run / "attempts.jsonl"):
        if attempt["outcome"] == "pass":
            assert [ran["call"] for ran in attempt["executions"]] == attempt["calls"]
            assert all(ran["ok"] for ran in attempt["executions"])
    assert not {"git_commit", "git_checkout", "createOrder", "cancelOrder"} & set(source_of)


def test_recordings_repeat_the_dataset_without_the_services(example: tuple[Path, str]) -> None:
    """With the shop stopped and the repositories gone, the same run gives the same bytes."""
    folder, _ = example
    shutil.rmtree(folder / "repos", ignore_errors=True)
    done = apigen("run", "run.yaml", "--recordings", "replay", "--count", str(COUNT), "--out", "runs/again", cwd=folder)
    assert done.returncode == 0, done.stderr
    first, second = ((folder / "runs" / name / "dataset.jsonl").read_bytes() for name in ("mixed", "again"))
    assert first == second


def test_only_clocks_change_what_a_dataset_says(example: tuple[Path, str]) -> None:
    """`apigen replay` makes all calls again: the shop and the repositories answer as before, the time has moved on."""
    folder, port = example
    make_repositories(folder)
    with started(shop(folder, port), "Running on"):
        done = apigen("replay", folder / "runs" / "mixed", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rows"]["failed"] == found["rows"]["unavailable"] == 0
    assert found["rows"]["same"] > COUNT // 2
    now = {"get_current_time"} & set(called(folder / "runs" / "mixed"))
    assert set(found["tools"]) - {"convert_time"} == now  # it tells the date too, which changes at midnight


def test_a_shop_that_dies_costs_only_its_own_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on to its end; what needed the shop is an error, no reject; once it is back, the run can go on."""
    folder, port = copied(tmp_path)
    make_repositories(folder)
    config = yaml.safe_load((folder / "run.yaml").read_text("utf-8"))
    # So few calls a second that the shop is needed long after it has died.
    config["remote"] |= {"rate": 2, "retries": 0}
    (folder / "run.yaml").write_text(yaml.safe_dump(config), "utf-8")
    out = folder / "runs" / "mixed"
    monkeypatch.chdir(folder)
    with started(shop(folder, port), "Running on"):
        process = start("run", folder / "run.yaml", "--count", str(COUNT), "--out", out)
        until(lambda: was_answered(SHOP, out), process)
    assert process.poll() is None
    said = process.communicate()[1]
    assert process.returncode == 0, said
    before = (out / "dataset.jsonl").read_bytes()
    assert len(before.splitlines()) == COUNT
    told = manifest(out)["counts"]
    assert set(told["error_reasons"]) == {"service_unavailable"}
    source_of = sources(out)
    attempts = lines(out / "attempts.jsonl")
    assert len({attempt["id"] for attempt in attempts}) == len(attempts) == told["candidates"]
    for attempt in attempts:
        if attempt["outcome"] == "error":
            assert SHOP in {source_of[call["name"]] for call in attempt["calls"]}
    with started(shop(folder, port), "Running on"):
        resumed = apigen("run", "--resume", "--out", out, "--count", str(COUNT + 30))
    assert resumed.returncode == 0, resumed.stderr
    after = (out / "dataset.jsonl").read_bytes()
    assert after.startswith(before)
    added = [call["name"] for line in after.splitlines()[COUNT:] for call in json.loads(line)["calls"]]
    assert SHOP in {source_of[name] for name in added}
    assert manifest(out)["counts"]["errors"] == told["errors"]


def was_answered(source: str, out: Path) -> bool:
    """Whether an attempt is written down in which a tool of the source did what it should."""
    path = out / "attempts.jsonl"
    written = path.read_text("utf-8").rpartition("\n")[0].splitlines() if path.exists() else []
    if not written:
        return False
    ran = [ran for line in written for ran in json.loads(line).get("executions", [])]
    return any(each["ok"] and sources(out)[each["call"]["name"]] == source for each in ran)
