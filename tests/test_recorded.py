"""Recordings of calls, and executing a dataset again."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from apigen.config import ExecutionConfig, RemoteConfig
from apigen.errors import NotRecorded, ServiceUnavailable, UserError
from apigen.execute.base import all_made
from apigen.execute.recorded import Mode, RecordedExecutor, Recordings
from apigen.execute.table import make_executor, recordings_file
from apigen.library.python import describe_modules
from apigen.records import Call, Execution, Tool
from runs import apigen, contents, lines

FILE = """
import time

def double(number: int) -> int:
    \"\"\"Double a number.

    Args:
        number: to double, at least 0.
    \"\"\"
    if number < 0:
        raise ValueError("negative")
    return 2 * number

def reading(scale: int) -> int:
    \"\"\"Read the clock.

    Args:
        scale: that the reading is multiplied by.
    \"\"\"
    return scale * time.time_ns()
"""


class Counting:
    """Makes calls through another executor and remembers them; a service that can be switched off."""

    def __init__(self) -> None:
        self.inner = make_executor(ExecutionConfig(twice=False), RemoteConfig(), tools=())
        self.made: list[Call] = []
        self.down = False

    async def execute(self, tool: Tool, call: Call) -> Execution:
        return (await self.execute_many([(tool, call)]))[0]

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Execution]:
        if self.down:
            raise ServiceUnavailable("switched off")
        self.made += [call for _, call in pairs]
        return all_made(await self.inner.execute_many(pairs))

    def ahead(self, tool: Tool) -> bool:
        return self.inner.ahead(tool)

    def prepare(self, tools: Sequence[Tool]) -> None:
        self.inner.prepare(tools)

    async def aclose(self) -> None:
        await self.inner.aclose()


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return describe_modules([str(path)]).tools[0]


def ran(
    tool: Tool, path: Path, mode: Mode, numbers: Sequence[int], *, down: bool = False
) -> tuple[list[Execution], int]:
    """What calls return in one session of a mode, and how many were made for that."""

    async def scenario() -> tuple[list[Execution], int]:
        live = Counting()
        live.down = down
        executor = RecordedExecutor(live, Recordings(path), mode)
        try:
            pairs = [(tool, Call("double", {"number": number})) for number in numbers]
            return all_made(await executor.execute_many(pairs)), len(live.made)
        finally:
            await executor.aclose()

    return asyncio.run(scenario())


def test_what_was_recorded_is_answered_without_the_tool(tool: Tool, tmp_path: Path) -> None:
    """Results and failures alike; the execution says that it was recorded."""
    path = tmp_path / "calls.sqlite"
    first, made = ran(tool, path, "record", [1, 2, -1])
    assert made == 3
    again, made = ran(tool, path, "replay", [2, -1, 1], down=True)
    assert made == 0
    assert [one.result for one in again] == [4, None, 2]
    assert [(one.ok, one.reason, one.detail) for one in again] == [
        (one.ok, one.reason, one.detail) for one in (first[1], first[2], first[0])
    ]
    assert all(one.recorded for one in again)
    assert not any(one.recorded for one in first)


def test_a_run_makes_each_different_call_once(tool: Tool, tmp_path: Path) -> None:
    """So that its rows agree with each other; the next run makes it again."""
    path = tmp_path / "calls.sqlite"

    async def scenario() -> list[int]:
        live = Counting()
        executor = RecordedExecutor(live, Recordings(path), "record")
        pair = (tool, Call("double", {"number": 1}))
        try:
            await executor.execute(*pair)
            await executor.execute(*pair)
        finally:
            await executor.aclose()
        return [len(live.made)]

    assert [*asyncio.run(scenario()), *asyncio.run(scenario())] == [1, 1]


def test_replay_alone_never_calls(tool: Tool, tmp_path: Path) -> None:
    """A call without a recording is an error, not a call."""
    path = tmp_path / "calls.sqlite"
    ran(tool, path, "record", [1])
    with pytest.raises(NotRecorded, match="no recording of this call of double"):
        ran(tool, path, "replay", [1, 5])


def test_replay_else_live_makes_and_keeps_what_is_missing(tool: Tool, tmp_path: Path) -> None:
    """The second time nothing is called."""
    path = tmp_path / "calls.sqlite"
    ran(tool, path, "record", [1])
    assert ran(tool, path, "replay-else-live", [1, 5, 6])[1] == 2
    assert ran(tool, path, "replay-else-live", [6, 5, 1], down=True)[1] == 0


def test_a_service_that_is_down_is_not_recorded(tool: Tool, tmp_path: Path) -> None:
    """Nothing is known about the call, so nothing is kept."""
    path = tmp_path / "calls.sqlite"
    with pytest.raises(ServiceUnavailable):
        ran(tool, path, "record", [1], down=True)
    assert len(Recordings(path)) == 0


def test_an_edited_function_has_no_recordings(tool: Tool, tmp_path: Path) -> None:
    """The binding holds the digest of the source."""
    path = tmp_path / "calls.sqlite"
    ran(tool, path, "record", [1])
    (tmp_path / "mine.py").write_text(FILE.replace("2 * number", "3 * number"))
    (edited, _) = describe_modules([str(tmp_path / "mine.py")]).tools
    with pytest.raises(NotRecorded):
        ran(edited, path, "replay", [1])


def test_replaying_what_is_not_there_is_said(tmp_path: Path) -> None:
    """Before anything starts."""
    execution = ExecutionConfig(recordings="replay", recordings_file=str(tmp_path / "none.sqlite"))
    with pytest.raises(UserError, match="no such recordings file"):
        make_executor(execution, RemoteConfig(), tools=())


def test_nothing_is_left_of_a_run_without_its_recordings(tmp_path: Path) -> None:
    """It is refused before its directory is made."""
    done = apigen("run", "--library", "starter:math", "--recordings", "replay", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "no such recordings file" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run over a file of functions, its calls recorded."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "mine.py").write_text(FILE)
    done = apigen(
        *("run", "--library", f"python:{folder / 'mine.py'}", "--count", "12", "--recordings", "record"),
        *("--out", folder / "run"),
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


def test_a_run_is_repeated_from_its_recordings(run: Path, tmp_path: Path) -> None:
    """Also the clock readings of the first run, and though the functions would do something else."""
    replayed = ("--recordings", "replay", "--recordings-file", run / "recordings.sqlite")
    done = apigen("run", run / "config.yaml", *replayed, "--out", tmp_path / "again")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "again")["dataset.jsonl"] == contents(run)["dataset.jsonl"]
    executions = [one for line in lines(tmp_path / "again" / "attempts.jsonl") for one in line.get("executions", ())]
    assert executions
    assert all(one["recorded"] for one in executions)


def test_a_dataset_that_holds_is_said_to_hold(run: Path) -> None:
    """Readings of a clock do not count against it."""
    done = apigen("replay", run, "--json", "--fail-on-change")
    assert done.returncode == 0, done.stderr
    found = lines_of(done.stdout)
    assert found["rows"]["same"] + found["rows"]["varying"] == 12
    assert found["rows"]["varying"] > 0
    assert set(found["tools"]) <= {"reading"}


def test_changed_results_are_shown_then_and_now(run: Path, tmp_path: Path) -> None:
    """A function that was edited no longer gives what the rows say, and refuses what it took."""
    source = run.parent / "mine.py"
    try:
        source.write_text(FILE.replace("2 * number", "2 * number + 1").replace("number < 0", "number % 2"))
        done = apigen("replay", run, "--json", "--fail-on-change", "--changes", tmp_path / "changes.jsonl")
        shown = apigen("replay", run)
    finally:
        source.write_text(FILE)
    assert done.returncode == 1, done.stderr
    found = lines_of(done.stdout)
    changes = lines(tmp_path / "changes.jsonl")
    assert len(changes) == found["rows"]["changed"] + found["rows"]["failed"] > 0
    call = next(one for row in changes for one in row["calls"] if one["held"] in ("changed", "failed"))
    assert call["held"] == "failed" or call["now"] == call["before"] + 1
    assert "double: " in shown.stdout


def test_a_tool_that_is_gone_leaves_its_calls_open(run: Path) -> None:
    """Not said to have changed, and the exit code says that not all could be tried."""
    library = run / "library.jsonl"
    text = library.read_text()
    try:
        library.write_text("".join(line for line in text.splitlines(keepends=True) if '"double"' not in line))
        done = apigen("replay", run, "--json")
    finally:
        library.write_text(text)
    found = lines_of(done.stdout)
    assert done.returncode == 1
    assert found["rows"]["unavailable"] > 0
    assert found["rows"]["changed"] == 0


def lines_of(text: str) -> dict[str, dict[str, int]]:
    """The one object on stdout."""
    found: dict[str, dict[str, int]] = json.loads(text)
    return found


def test_the_folder_of_named_recordings_is_made(tmp_path: Path) -> None:
    """As the run's own is."""
    execution = ExecutionConfig(recordings="record", recordings_file=str(tmp_path / "far" / "down" / "calls.sqlite"))
    assert recordings_file(execution, None).parent.is_dir()


def test_recordings_beneath_a_file_are_refused(tmp_path: Path) -> None:
    """In one line that names the place."""
    (tmp_path / "file").write_text("")
    execution = ExecutionConfig(recordings="record", recordings_file=str(tmp_path / "file" / "calls.sqlite"))
    with pytest.raises(UserError, match=r"recordings_file: .*file: File exists; choose another file"):
        recordings_file(execution, None)
