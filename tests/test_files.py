"""Writing that survives kills and full disks, duplicates, and the store of completions."""

import asyncio
import os
import resource
import signal
from pathlib import Path
from types import MappingProxyType

import pytest

from apigen.dataset.duplicates import fingerprint
from apigen.errors import JobFellShort, UserError
from apigen.files import DirectoryLock, LineWriter, replacing, whole_lines
from apigen.models.base import EndpointFacts, Options
from apigen.models.store import CompletionStore, StoredModel, request_key
from apigen.records import Completion, Json, Message
from runs import apigen, apigen_process, lines

COMPANY = Path(__file__).parent.parent / "examples" / "company_tools.py"


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    """What a kill cut off in the middle is no line."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":2}\n{"a"')
    assert list(whole_lines(path)) == [(8, b'{"a":1}\n'), (16, b'{"a":2}\n')]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """A writer that fails leaves the old file, and nothing beside it."""
    path = tmp_path / "x"
    path.write_text("old")

    def fail_halfway() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert path.read_text() == "old"
    with replacing(path) as file:
        file.write(b"new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    """The line names the file and what to do; nothing but the last line is torn."""
    writer = LineWriter(Path("/dev/full"))
    with pytest.raises(JobFellShort, match="/dev/full: cannot be written: No space left on device"):
        writer.write(b"x\n")
    os.close(writer._handle)
    with pytest.raises(JobFellShort, match="cannot be written"), replacing(tmp_path / "no" / "x"):
        pass


def test_a_run_on_a_full_disk_stops_and_resumes(tmp_path: Path) -> None:
    """A file that may not grow any more ends the run with one line; with room again it goes on and loses nothing."""
    whole, full = tmp_path / "whole", tmp_path / "full"
    arguments = ("run", "--library", f"python:{COMPANY}", "--count", "20", "--out")
    assert apigen(*arguments, whole).returncode == 0

    room = (whole / "attempts.jsonl").stat().st_size // 2
    assert room > (whole / "library.jsonl").stat().st_size

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    ran = apigen_process(*arguments, full, preexec_fn=limit)
    assert ran.returncode == 1, ran.stderr
    assert "cannot be written: File too large" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert apigen("run", "--resume", "--out", full).returncode == 0
    assert (full / "dataset.jsonl").read_bytes() == (whole / "dataset.jsonl").read_bytes()
    assert len(lines(full / "dataset.jsonl")) == 20


def test_a_directory_is_held_by_one_process(tmp_path: Path) -> None:
    """The second is refused until the first lets go."""
    lock = DirectoryLock(tmp_path)
    with pytest.raises(UserError, match="another apigen process is using it"):
        DirectoryLock(tmp_path)
    lock.release()
    DirectoryLock(tmp_path).release()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What's 2 plus 3?", "what's 2 plus 3", True),
        ("Add  5\nto 7.", "add 5 to 7", True),
        ("Is it -5 in Oslo?", "Is it 5 in Oslo?", False),
        ("Round 1.5", "Round 15", False),
        ("What is 12 / 3?", "What is 12 * 3?", False),
        ("Teach me C++", "Teach me C", False),
        ("Is $5 enough?", "Is €5 enough?", False),
        ("Add 2, 3", "Add 2, 4", False),
        ("ÉTÉ", "été", True),
    ],
)
def test_duplicates_differ_in_case_spacing_and_punctuation_at_most(one: str, other: str, *, same: bool) -> None:
    """A sign or a decimal point makes another query."""
    assert (fingerprint(one) == fingerprint(other)) is same


class _Counting:
    locator, llm, extra = "openai/x", True, MappingProxyType[str, Json]({})

    def __init__(self) -> None:
        self.asked = 0

    async def complete(self, messages: object, options: Options) -> Completion:
        self.asked += 1
        return Completion(f"answer {self.asked}", self.locator, 3, 4, cost_usd=0.5)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        return ()

    def stop(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def test_a_completion_is_kept_and_never_asked_for_twice(tmp_path: Path) -> None:
    """The same prompt comes from the store, also in a later process; another role or seed is another prompt."""
    model, path = _Counting(), tmp_path / "c.sqlite"

    async def ask(role: str, seed: int) -> str:
        store = CompletionStore(path)
        try:
            stored = StoredModel(model, store, role)
            return (await stored.complete((Message("user", "hi"),), Options(seed=seed))).text
        finally:
            store.close()

    answers = [
        asyncio.run(ask(*key)) for key in (("writer", 1), ("writer", 1), ("writer", 2), ("judge", 1), ("judge", 1))
    ]
    assert answers == ["answer 1", "answer 1", "answer 2", "answer 3", "answer 3"]
    store = CompletionStore(path)
    assert [(row["role"], row["requests"], row["prompt_tokens"], row["cost_usd"]) for row in store.usage()] == [
        ("judge", 1, 3, 0.5),
        ("writer", 2, 6, 1.0),
    ]
    store.close()


def test_another_addition_to_requests_is_another_question() -> None:
    """What is added has a part in the key, in whatever order; without any, the key is what it always was."""
    prompt, options = (Message("user", "hello"),), Options(temperature=0.5, max_tokens=100, seed=3)

    def key(extra: dict[str, Json]) -> bytes:
        return request_key("judge", "openai/j", prompt, options, extra)

    assert key({}).hex() == "e2c92bf8825f6aec74b32199a223427f"
    assert len({key({}), key({"top_k": 1}), key({"top_k": 2}), key({"top_k": 1, "x": {}})}) == 4
    assert key({"a": 1, "b": {"c": 2, "d": 3}}) == key({"b": {"d": 3, "c": 2}, "a": 1})


def test_a_damaged_store_is_said_in_one_line(tmp_path: Path) -> None:
    """Not a traceback of sqlite's."""
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(JobFellShort, match="move it away to ask the models again"):
        CompletionStore(path)
