"""Answers that are under way: asked for once, kept when they come, and waited for at the end."""

import asyncio
import re
import signal
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from apigen.database import RowRefused
from apigen.errors import JobFellShort, ModelRefused
from apigen.models.base import EndpointFacts, Options
from apigen.models.store import CompletionStore, StoredModel, request_key
from apigen.models.under_way import UnderWay
from apigen.records import Completion, Json, Message
from chat_server import ChatServer, serving
from runs import PATIENCE_S, start, until

PROMPT = (Message("user", "hi"),)


class Slow:
    """A model that answers when it is let; what waits for its turn has not been sent."""

    locator, llm, extra = "openai/slow", True, MappingProxyType[str, Json]({})

    def __init__(self, turns: int = 100) -> None:
        self.go = asyncio.Event()
        self.asked = 0
        self._turns = asyncio.Semaphore(turns)
        self._waiting: set[asyncio.Task[Any] | None] = set()

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        task = asyncio.current_task()
        self._waiting.add(task)
        async with self._turns:
            self._waiting.discard(task)
            self.asked += 1
            await self.go.wait()
            if messages[0].content == "refuse":
                raise ModelRefused("no")
            return Completion(f"answer to {options.seed}", self.locator)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        return ()

    def stop(self) -> None:
        for task in self._waiting:
            if task:
                task.cancel()

    async def aclose(self) -> None:
        pass


async def begun(model: Slow, store: CompletionStore, seeds: Sequence[int]) -> list["asyncio.Task[Completion]"]:
    stored = StoredModel(model, store, "writer")
    tasks = [asyncio.ensure_future(stored.complete(PROMPT, Options(seed=seed))) for seed in seeds]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


def test_a_refusal_that_nobody_waits_for_any_more_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All who asked were cancelled before it came."""

    async def main() -> None:
        store, model = CompletionStore(tmp_path / "c.sqlite"), Slow()
        stored = StoredModel(model, store, "writer")
        asked = [asyncio.ensure_future(stored.complete((Message("user", "refuse"),), Options())) for _ in range(3)]
        for _ in range(5):
            await asyncio.sleep(0)
        await cancelled(asked)
        model.go.set()
        await stored.aclose()
        assert model.asked == 1
        store.close()

    asyncio.run(main())
    assert caplog.records == []


async def cancelled(tasks: list["asyncio.Task[Completion]"]) -> None:
    for task in tasks:
        task.cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in found)


def kept(store: CompletionStore, seeds: Sequence[int]) -> list[int]:
    return [seed for seed in seeds if store.get(request_key("writer", "openai/slow", PROMPT, Options(seed=seed), {}))]


def test_the_same_question_asked_at_once_is_asked_once(tmp_path: Path) -> None:
    """Whoever asks gets the one answer, or the one refusal; another seed is another question."""

    async def main() -> None:
        store, model = CompletionStore(tmp_path / "c.sqlite"), Slow()
        tasks = await begun(model, store, [1, 1, 2, 1])
        stored = StoredModel(model, store, "writer")
        refused = [asyncio.ensure_future(stored.complete((Message("user", "refuse"),), Options())) for _ in range(2)]
        await asyncio.sleep(0)
        model.go.set()
        answers = [task.text for task in await asyncio.gather(*tasks)]
        assert answers == ["answer to 1", "answer to 1", "answer to 2", "answer to 1"]
        found = await asyncio.gather(*refused, return_exceptions=True)
        assert [type(one) for one in found] == [ModelRefused, ModelRefused]
        assert model.asked == 3
        store.close()

    asyncio.run(main())


def test_an_answer_outlives_whoever_wanted_it(tmp_path: Path) -> None:
    """All who asked are cancelled; the answers are kept when they come, and closing waits for that and says so."""
    told: list[tuple[float, int]] = []

    async def main() -> None:
        under_way = UnderWay(tell=lambda seconds, answers: told.append((seconds, answers)))
        store = CompletionStore(tmp_path / "c.sqlite", under_way)
        model = Slow()
        await cancelled(await begun(model, store, [1, 2, 3]))
        asyncio.get_running_loop().call_later(0.01, model.go.set)
        await StoredModel(model, store, "writer").aclose()
        assert kept(store, [1, 2, 3]) == [1, 2, 3]
        assert asyncio.all_tasks() == {asyncio.current_task()}
        store.close()

    asyncio.run(main())
    assert told == [(10, 3)]


def test_what_was_not_sent_is_given_up_at_once(tmp_path: Path) -> None:
    """Requests that wait for a slot, or to try again, cost nothing yet: only those that a server has are waited for."""
    told: list[int] = []

    async def main() -> None:
        store = CompletionStore(tmp_path / "c.sqlite", UnderWay(tell=lambda _, answers: told.append(answers)))
        model = Slow(turns=2)
        await cancelled(await begun(model, store, [1, 2, 3, 4]))
        asyncio.get_running_loop().call_later(0.01, model.go.set)
        await store.under_way.drain()
        assert (model.asked, kept(store, [1, 2, 3, 4])) == (2, [1, 2])
        store.close()

    asyncio.run(main())
    assert told == [2]


@pytest.mark.parametrize("hurried", [False, True])
def test_nobody_is_waited_for_longer_than_the_grace(tmp_path: Path, *, hurried: bool) -> None:
    """Nor after a hurry, however long the grace is; what has not come then is given up."""

    async def main() -> None:
        store = CompletionStore(tmp_path / "c.sqlite", UnderWay(grace_s=PATIENCE_S if hurried else 0.01))
        await cancelled(await begun(Slow(), store, [1]))
        if hurried:
            asyncio.get_running_loop().call_later(0.01, store.under_way.hurry)
        await store.under_way.drain()
        assert kept(store, [1]) == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        store.close()

    asyncio.run(main())


def interrupted(server: ChatServer, out: Path) -> "subprocess.Popen[str]":
    """A run whose every answer is held back, at the first Ctrl-C."""
    models = ("--model", "openai/w", "--base-url", server.url, "--concurrency", "6")
    process = start("run", "--library", "starter:math", "--count", "60", *models, "--out", out)
    until(lambda: server.under_way == 6, process)
    process.send_signal(signal.SIGINT)
    assert process.stderr
    line = next(line for line in process.stderr if "waiting" in line)
    assert "waiting up to 10 s for 6 answers in flight" in line
    return process


def test_ctrl_c_loses_no_answer_that_is_under_way(tmp_path: Path) -> None:
    """Those that come within the grace are kept, and the accounts hold them."""
    with serving(hold_after=0) as server:
        process = interrupted(server, tmp_path / "out")
        server.hold_after = None
        _, stderr = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130, stderr
        assert len(server.prompts) == 6
    with sqlite3.connect(tmp_path / "out" / "completions.sqlite") as database:
        assert database.execute("SELECT COUNT(*) FROM completions WHERE role = 'writer'").fetchone() == (6,)
    database.close()


def test_a_second_ctrl_c_ends_the_wait(tmp_path: Path) -> None:
    """Answers that nobody waits for any more are given up, and all files are there."""
    with serving(hold_after=0) as server:
        process = interrupted(server, tmp_path / "out")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130, stderr
        assert "Traceback" not in stderr
        assert server.prompts == []
    assert (tmp_path / "out" / "report.html").exists()


def test_an_answer_is_on_disk_before_anybody_gets_it(tmp_path: Path) -> None:
    """Seen from another connection, as after a kill."""
    store = CompletionStore(tmp_path / "c.sqlite")
    for number in range(3):
        store.keep(bytes([number]), "writer", Completion("a", "m"))
        with sqlite3.connect(tmp_path / "c.sqlite") as other:
            assert other.execute("SELECT COUNT(*) FROM completions").fetchone() == (number + 1,)
        other.close()
    store.close()


def test_an_answer_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    """Each by itself, and none of them is kept."""
    store = CompletionStore(tmp_path / "c.sqlite")
    with sqlite3.connect(tmp_path / "c.sqlite") as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON completions BEGIN SELECT RAISE(ABORT, 'full'); END")
    other.close()
    for number in range(3):
        with pytest.raises(RowRefused):
            store.keep(bytes([number]), "writer", Completion("a", "m"))
    assert store.count("writer") == 0
    store.close()


def test_an_answer_that_cannot_be_written_down_is_refused_by_itself(tmp_path: Path) -> None:
    """Half of a pair of code units, or a number that SQLite cannot hold: all others are kept."""
    store = CompletionStore(tmp_path / "c.sqlite")
    odd = Completion("\ud800", "m"), Completion("c", "m", prompt_tokens=2**63)
    answers = [Completion("a", "m"), *odd, Completion("d", "m")]
    for number, (answer, refusal) in enumerate(zip(answers, (None, ModelRefused, RowRefused, None), strict=True)):
        with pytest.raises(refusal) if refusal else nullcontext():
            store.keep(bytes([number]), "writer", answer)
    assert [store.get(bytes([number])) for number in range(4)] == [answers[0], None, None, answers[3]]
    store.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """In place of an error of the database's."""
    store = CompletionStore(tmp_path / "c.sqlite")
    store.close()
    with pytest.raises(JobFellShort):
        store.keep(b"1", "writer", Completion("a", "m"))


def test_a_damaged_answer_is_told_in_one_line_with_what_deletes_it(tmp_path: Path) -> None:
    """Broken JSON, broken UTF-8, no bytes at all: the line names the file and the row; the others are still there."""
    path = tmp_path / "c.sqlite"

    async def main() -> None:
        for damaged in (b'{"text": "a', b'{"text": "\xff", "model": "m"}', b"[]", 5):
            store = CompletionStore(path)
            for number in (1, 2):
                store.keep(bytes([number] * 16), "writer", Completion("a", "m"))
            store.close()
            with sqlite3.connect(path) as other:
                other.execute("UPDATE completions SET completion = ? WHERE key = ?", (damaged, bytes([1] * 16)))
            other.close()
            store = CompletionStore(path)
            with pytest.raises(
                JobFellShort, match=r"c\.sqlite: a stored answer is damaged \(.+\); move the file a"
            ) as told:
                store.get(bytes([1] * 16))
            assert str(told.value).isprintable()
            assert store.get(bytes([2] * 16)) == Completion("a", "m")
            store.close()
            (statement,) = re.findall(r'"(DELETE .+)"$', str(told.value))
            with sqlite3.connect(path) as other:
                other.execute(statement)
            other.close()
            store = CompletionStore(path)
            assert store.get(bytes([1] * 16)) is None
            store.close()

    asyncio.run(main())
