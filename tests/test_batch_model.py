"""A model asked in batches, against a real server that speaks the protocol and stumbles on purpose."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from apigen.errors import AnswersPending, ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.base import Options
from apigen.models.batch.book import BatchBook, under_way
from apigen.models.batch.model import BatchModel
from apigen.models.batch.speech import PlainSpeech
from apigen.records import Completion, Message
from apigen.simulate.batch_life import BatchFaults
from batch_server import BatchServer, completion, serving_batches

FAST = {"collect_s": 0.03, "poll_s": 0.01}


class Session:
    """What one process has: a book and a model."""

    def __init__(self, server: BatchServer, folder: Path, *, wait: bool = True, outage_s: float = 60, **keys: Any):
        defaults = {"name": "openai/m", "base_url": server.url, "retries": 3}
        config = ModelConfig.model_validate(defaults | keys | {"batch": FAST | keys.get("batch", {})})
        self.book = BatchBook(folder / "batches.sqlite", wait=wait)
        self.model = BatchModel(config, PlainSpeech("openai/m"), self.book, "writer", outage_s=outage_s)

    async def __aenter__(self) -> BatchModel:
        return self.model

    async def __aexit__(self, *_: object) -> None:
        await self.model.aclose()
        self.book.close()


def prompt(number: int) -> list[Message]:
    return [Message("user", str(number))]


async def ask(model: BatchModel, numbers: range) -> list[Completion | BaseException]:
    questions = (model.complete(prompt(number), Options(seed=1)) for number in numbers)
    return await asyncio.gather(*questions, return_exceptions=True)


def asked(server: BatchServer, folder: Path, numbers: range = range(20), **settings: Any) -> list[Any]:
    """Ask in one session."""

    async def main() -> list[Any]:
        async with Session(server, folder, **settings) as model:
            return await ask(model, numbers)

    return asyncio.run(main())


def texts(found: list[Any]) -> list[str]:
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one.text for one in found]


def right(numbers: range = range(20)) -> list[str]:
    return [f"re: {number}" for number in numbers]


async def shown(server: BatchServer) -> None:
    """Wait until a batch is under way and was looked at."""
    while "GET /batches/{id}" not in server.calls:  # noqa: ASYNC110 - the server is in another thread
        await asyncio.sleep(0.005)


def later(server: BatchServer, _: str, value: dict[str, Any]) -> dict[str, Any]:
    """Lets time pass with each call."""
    server.now += 100
    return value


def batches(server: BatchServer) -> int:
    return server.calls.count("POST /batches")


def test_requests_that_come_together_travel_in_one_batch(tmp_path: Path) -> None:
    """One upload, one batch; each gets its own answer, whatever the order in the file, marked as of a batch."""
    with serving_batches(BatchServer()) as server:
        found = asked(server, tmp_path)
        assert texts(found) == right()
        assert found[0] == Completion("re: 0", "openai/m", 7, 2, "stop", batch=True)
        assert (server.calls.count("POST /files"), batches(server)) == (1, 1)


def test_a_batch_holds_no_more_than_it_may(tmp_path: Path) -> None:
    """Eight at most: twenty requests go in three batches."""
    with serving_batches(BatchServer()) as server:
        assert texts(asked(server, tmp_path, batch={"requests": 8})) == right()
        assert batches(server) == 3


def test_a_file_is_no_larger_than_providers_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are spread over files by their bytes, too."""
    monkeypatch.setattr("apigen.models.batch.lines.MOST_BYTES", 1000)
    with serving_batches(BatchServer()) as server:
        assert texts(asked(server, tmp_path)) == right()
        assert batches(server) > 3


def test_a_provider_that_takes_small_files_only_gets_smaller_ones(tmp_path: Path) -> None:
    """HTTP 413, of the provider or of a proxy before it: half as many requests in a file, as often as it takes."""
    with serving_batches(BatchServer(most_bytes=1000)) as server:
        assert texts(asked(server, tmp_path)) == right()
        assert set(server.answered.values()) == {1}
        assert 4 <= batches(server) <= 20


def test_a_large_file_is_taken_whole(tmp_path: Path) -> None:
    """Megabytes go up and come down as they are."""

    async def main(server: BatchServer) -> list[Completion]:
        async with Session(server, tmp_path) as model:
            long = [[Message("user", f"{number} " + "x" * 100_000)] for number in range(30)]
            return await asyncio.gather(*(model.complete(messages, Options()) for messages in long))

    with serving_batches(BatchServer()) as server:
        found = asyncio.run(main(server))
        assert [len(one.text) for one in found] == [len(f"re: {number} ") + 100_000 for number in range(30)]
        assert batches(server) == 1


def test_an_answer_that_was_fetched_is_not_asked_for_again(tmp_path: Path) -> None:
    """Neither within a session nor on another day."""
    with serving_batches(BatchServer()) as server:
        assert texts(asked(server, tmp_path)) == right()
        assert texts(asked(server, tmp_path, range(21))) == right(range(21))
        assert set(server.answered.values()) == {1}
        assert batches(server) == 2


def test_the_same_request_twice_at_once_is_one_line(tmp_path: Path) -> None:
    """Ids in a batch must differ, and one answer serves both; one who stops waiting takes it from nobody."""

    async def main(server: BatchServer) -> list[Completion]:
        async with Session(server, tmp_path) as model:
            three = [asyncio.ensure_future(model.complete(prompt(1), Options())) for _ in range(3)]
            await asyncio.sleep(0)
            three[0].cancel()
            return await asyncio.gather(*three[1:])

    with serving_batches(BatchServer()) as server:
        assert texts(asyncio.run(main(server))) == ["re: 1"] * 2
        assert server.answered.total() == 1


def test_what_nobody_waits_for_any_more_is_not_sent(tmp_path: Path) -> None:
    """A request that is given up before its batch goes costs nothing."""

    async def main(server: BatchServer) -> None:
        async with Session(server, tmp_path) as model:
            kept, dropped = (asyncio.ensure_future(model.complete(prompt(n), Options())) for n in (1, 2))
            await asyncio.sleep(0)
            dropped.cancel()
            await kept

    with serving_batches(BatchServer()) as server:
        asyncio.run(main(server))
        assert server.answered.total() == 1


@pytest.mark.parametrize(
    "faults",
    [
        {"failing": 0.4},
        {"lost": 0.4},
        {"torn": 0.4},
        {"doubled": 0.5, "strangers": 3},
        {"expires_after": 7},
        {"failing": 0.2, "lost": 0.2, "torn": 0.2, "doubled": 0.2, "strangers": 1, "expires_after": 15},
    ],
    ids="-".join,
)
def test_lines_without_an_answer_are_asked_again_and_no_others(tmp_path: Path, faults: dict[str, Any]) -> None:
    """HTTP 500, missing, torn and doubled lines, lines of strangers, expiry: in the end each has its answer."""
    with serving_batches(BatchServer(faults=BatchFaults(**faults))) as server:
        assert texts(asked(server, tmp_path, retries=20)) == right()
        lost = {"lost", "torn"} & faults.keys()
        assert max(server.answered.values()) == 1 or lost, "an answer that was read is not paid twice"
        assert batches(server) > 1 or "doubled" in faults


def test_batches_that_expire_with_nothing_done_end_the_run(tmp_path: Path) -> None:
    """A provider that never gets to a batch is asked again a few times, and then it is said."""
    with serving_batches(BatchServer(delay_s=1e6, window_s=50)) as server:
        server.after = partial(later, server)
        found = asked(server, tmp_path, range(3), retries=1)
        assert all(isinstance(one, ModelUnavailable) for one in found)
        assert "batch_expired" in str(found[0])
        assert batches(server) == 2
        assert server.answered.total() == 0


def test_a_line_that_is_refused_concerns_that_line_alone(tmp_path: Path) -> None:
    """HTTP 400 is not tried again; the others of its batch have their answers."""

    async def picky(body: dict[str, Any]) -> tuple[int, Any]:
        text = body["messages"][0]["content"]
        return (400, {"error": {"message": "filtered"}}) if text == "3" else (200, completion(f"re: {text}"))

    with serving_batches(BatchServer(picky)) as server:
        found = asked(server, tmp_path)
        assert isinstance(found[3], ModelRefused)
        assert "HTTP 400: filtered" in str(found[3])
        assert texts(found[:3] + found[4:]) == right(range(3)) + right(range(4, 20))
        assert batches(server) == 1
        assert isinstance(asked(server, tmp_path, range(3, 4))[0], ModelRefused), "and is asked anew on another day"


def test_an_answer_that_is_no_completion_is_asked_for_again_then_refused(tmp_path: Path) -> None:
    """A line that never succeeds while others do is refused after its tries, and said to be so."""

    async def odd(body: dict[str, Any]) -> tuple[int, Any]:
        text = body["messages"][0]["content"]
        return (200, {"hello": 1}) if text == "3" else (200, completion(f"re: {text}"))

    with serving_batches(BatchServer(odd)) as server:
        found = asked(server, tmp_path, range(5), retries=1)
        assert isinstance(found[3], ModelUnavailable | ModelRefused)
        assert "the answer has no choices" in str(found[3])
        assert "(tried 2 times)" in str(found[3])
        assert batches(server) == 2


def test_one_wrong_line_fails_a_batch_and_is_found(tmp_path: Path) -> None:
    """It is refused by its number, with what validation said; the rest goes again and is answered."""
    with serving_batches(BatchServer(faults=BatchFaults(invalid=0.2))) as server:
        found = asked(server, tmp_path)
        refused = [one for one in found if isinstance(one, ModelRefused)]
        assert 1 <= len(refused) < 15
        assert all("invalid_request: This line does not please the server." in str(one) for one in refused)
        good = [number for number, one in enumerate(found) if one not in refused]
        assert texts([found[number] for number in good]) == [f"re: {number}" for number in good]
        assert batches(server) == 2


def flawed(*flaws: dict[str, Any], times: int) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """Makes the first batches fail at validation."""
    failed: list[str] = []

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        if call == "POST /batches" and len(failed) < times:
            failed.append(value["id"])
        if call == "GET /batches/{id}" and value["id"] in failed:
            files = {"output_file_id": None, "error_file_id": None}
            return value | files | {"status": "failed", "errors": {"object": "list", "data": list(flaws)}}
        return value

    return after


def test_a_full_queue_makes_smaller_batches(tmp_path: Path) -> None:
    """A provider that has too many tokens queued gets half as many at once, as often as it takes."""
    with serving_batches(BatchServer(delay_s=1)) as server:
        full = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}
        fails = flawed(full, times=2)

        def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
            server.now += call == "GET /batches/{id}" and value["status"] == "in_progress"
            return fails(call, value)

        server.after = after
        assert texts(asked(server, tmp_path)) == right()
        assert batches(server) > 3


def test_a_batch_that_fails_for_no_line_ends_the_run_with_the_reason(tmp_path: Path) -> None:
    """Nothing would get better by asking again; a resumed run may."""
    with serving_batches(BatchServer()) as server:
        server.after = flawed({"code": "model_not_found", "message": "no batch model"}, times=1)
        found = asked(server, tmp_path)
        assert all(isinstance(one, ModelUnavailable) for one in found)
        assert "model_not_found: no batch model" in str(found[0])
        assert texts(asked(server, tmp_path)) == right()


def test_a_batch_that_somebody_cancelled_is_not_sent_again_by_itself(tmp_path: Path) -> None:
    """What it answered is kept; the rest waits for a resume, since whoever cancelled it did not want to pay."""

    async def main(server: BatchServer) -> list[Any]:
        async with Session(server, tmp_path) as model, aiohttp.ClientSession() as client:
            questions = asyncio.ensure_future(ask(model, range(20)))
            await shown(server)
            async with client.get(f"{server.url}/batches") as listed:
                (batch,) = (await listed.json())["data"]
            await (await client.post(f"{server.url}/batches/{batch['id']}/cancel")).read()
            return await questions

    with serving_batches(BatchServer(delay_s=10)) as server:
        found = asyncio.run(main(server))
        assert "was cancelled at the provider; 0 of its 20 requests were answered" in str(found[0])
        assert server.answered.total() == 0
        server.after = partial(later, server)
        assert texts(asked(server, tmp_path)) == right()


@pytest.mark.parametrize("call", ["POST /files", "POST /batches", "GET /batches/{id}", "GET /files/{id}/content"])
def test_a_server_that_stumbles_loses_no_batch_and_is_not_paid_twice(tmp_path: Path, call: str) -> None:
    """Busy, broken, a proxy's page: whatever is asked is asked again."""
    stumbles = [
        web.Response(status=429, headers={"Retry-After": "0.01"}),
        web.Response(status=502, text="<html>bad gateway</html>"),
        *([] if call.endswith("content") else [web.Response(text="<html>maintenance</html>")]),
    ]

    def before(made: str) -> web.Response | None:
        return stumbles.pop(0) if made == call and stumbles else None

    with serving_batches(BatchServer()) as server:
        server.before = before
        assert texts(asked(server, tmp_path)) == right()
        assert not stumbles
        assert set(server.answered.values()) == {1}


def test_a_batch_whose_creation_was_not_heard_of_is_found_among_the_others(tmp_path: Path) -> None:
    """The connection breaks once the provider has it: it is listed by its metadata, not made twice."""
    cut: list[bool] = []

    def after(call: str, value: dict[str, Any]) -> dict[str, Any] | None:
        if call == "POST /batches" and not cut:
            cut.append(True)
            return None
        return value

    with serving_batches(BatchServer()) as server:
        server.after = after
        assert texts(asked(server, tmp_path)) == right()
        assert batches(server) == 1
        assert set(server.answered.values()) == {1}


def test_a_batch_in_doubt_at_a_provider_that_lists_none_is_named(tmp_path: Path) -> None:
    """It is not sent again: the message says how to tell, and what to do."""
    with serving_batches(BatchServer()) as server:
        server.after = lambda call, value: None if call == "POST /batches" else value
        server.before = lambda call: web.Response(status=404) if call == "GET /batches" else None
        for _ in range(2):
            (found,) = asked(server, tmp_path, range(1))
            assert isinstance(found, ModelUnavailable)
            assert "it is unknown whether the batch" in str(found)
            assert "apigen=" in str(found)
            assert "move batches.sqlite away" in str(found)
        assert batches(server) == 1


def test_a_server_that_restarts_remembers_its_batches(tmp_path: Path) -> None:
    """The provider is down for a while in the middle of a batch; the answers are fetched all the same."""
    server = BatchServer(folder=tmp_path / "server", delay_s=1)

    async def main() -> list[Any]:
        with serving_batches(server):
            session = Session(server, tmp_path)
            questions = asyncio.ensure_future(ask(session.model, range(20)))
            await shown(server)
        async with session:
            await asyncio.sleep(0.1)
            assert not questions.done()
            server.now += 5
            with serving_batches(server):
                return await questions

    assert texts(asyncio.run(main())) == right()
    assert set(server.answered.values()) == {1}


def test_a_provider_that_stays_away_is_said_and_the_batch_is_not_lost(tmp_path: Path) -> None:
    """After the patience ends the run does, and another day finds the batch."""
    with serving_batches(BatchServer()) as server:
        server.before = lambda call: web.Response(status=503) if call == "GET /batches/{id}" else None
        found = asked(server, tmp_path, outage_s=0.05)
        assert "no success for 0.000833 min: HTTP 503" in str(found[0])
        server.before = lambda _: None
        assert texts(asked(server, tmp_path)) == right()
        assert set(server.answered.values()) == {1}


@pytest.mark.parametrize(("status", "said"), [(401, "set OPENAI_API_KEY to a valid key"), (404, "another key")])
def test_a_batch_that_is_not_shown_is_neither_lost_nor_paid_twice(tmp_path: Path, status: int, said: str) -> None:
    """A wrong key hides a batch; with the right one it is there."""
    with serving_batches(BatchServer()) as server:
        server.before = lambda call: web.Response(status=status) if call == "GET /batches/{id}" else None
        found = asked(server, tmp_path)
        assert isinstance(found[0], ModelUnavailable)
        assert said in str(found[0])
        server.before = lambda _: None
        assert texts(asked(server, tmp_path)) == right()
        assert set(server.answered.values()) == {1}


def test_a_batch_at_another_address_is_waited_for_there(tmp_path: Path) -> None:
    """A model that moved does not pay again; the message names the old address."""
    with serving_batches(BatchServer(delay_s=100)) as server, serving_batches(BatchServer()) as other:
        assert isinstance(asked(server, tmp_path, wait=False)[0], AnswersPending)
        (found,) = asked(server, tmp_path, range(1), base_url=other.url)
        assert isinstance(found, ModelUnavailable)
        assert server.url in str(found)
        assert other.calls == []


def test_who_does_not_wait_sends_everything_and_is_told(tmp_path: Path) -> None:
    """The batch goes on at the provider, and another day fetches it, also what nobody asks for then."""
    with serving_batches(BatchServer(delay_s=100)) as server:
        for _ in range(2):
            found = asked(server, tmp_path, wait=False)
            assert all(isinstance(one, AnswersPending) for one in found)
        assert batches(server) == 1
        server.now += 200
        assert texts(asked(server, tmp_path, range(5))) == right(range(5))
    assert texts(asked(server, tmp_path)) == right(), "all answers were kept, and the server is gone"


def test_what_is_needed_no_more_is_cancelled(tmp_path: Path) -> None:
    """A run that has all its samples ends the batches that it left; if it goes on, their rest is asked again."""

    async def main(server: BatchServer) -> None:
        session = Session(server, tmp_path)
        async with session as model:
            questions = asyncio.ensure_future(ask(model, range(20)))
            await shown(server)
            await session.book.abandon()
            questions.cancel()

    with serving_batches(BatchServer(delay_s=100)) as server:
        asyncio.run(main(server))
        assert server.calls.count("POST /batches/{id}/cancel") == 1
        server.after = partial(later, server)
        assert texts(asked(server, tmp_path)) == right()


def test_what_is_just_being_created_is_cancelled_too(tmp_path: Path) -> None:
    """The provider has it and has not said so yet: its name is waited for, for without it nothing can be cancelled."""

    async def main(server: BatchServer) -> None:
        session = Session(server, tmp_path)
        async with session as model:
            questions = asyncio.ensure_future(ask(model, range(20)))
            while not server.held.is_set():  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.005)
            abandoned = asyncio.ensure_future(session.book.abandon())
            await asyncio.sleep(0.05)
            assert not abandoned.done()
            server.hold = ""
            await abandoned
            assert all(isinstance(one, AnswersPending) for one in await questions)

    with serving_batches(BatchServer(delay_s=100)) as server:
        server.hold = "POST /batches after"
        asyncio.run(main(server))
        assert (batches(server), server.calls.count("POST /batches/{id}/cancel")) == (1, 1)


def test_what_is_not_created_yet_is_not_created_once_it_is_needed_no_more(tmp_path: Path) -> None:
    """A file that is being uploaded costs nothing."""

    async def main(server: BatchServer) -> None:
        session = Session(server, tmp_path)
        async with session as model:
            questions = asyncio.ensure_future(ask(model, range(20)))
            while not server.held.is_set():  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.005)
            await session.book.abandon()
            server.hold = ""
            await questions

    with serving_batches(BatchServer()) as server:
        server.hold = "POST /files after"
        asyncio.run(main(server))
        assert batches(server) == 0


def test_a_batch_that_is_being_created_when_everything_ends_is_known_by_its_name(tmp_path: Path) -> None:
    """As at Ctrl-C: whoever looks finds it, and nothing needs to be searched for at the provider."""

    async def main(server: BatchServer) -> None:
        session = Session(server, tmp_path)
        questions = asyncio.ensure_future(ask(session.model, range(20)))
        while not server.held.is_set():  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.005)
        session.model.stop()
        closed = asyncio.ensure_future(session.model.aclose())
        await asyncio.sleep(0.05)
        server.hold = ""
        await closed
        session.book.close()
        await questions

    with serving_batches(BatchServer(delay_s=100)) as server:
        server.hold = "POST /batches after"
        asyncio.run(main(server))
        (entry,) = under_way(tmp_path / "batches.sqlite")
        assert entry.batch_id
        server.now += 200
        assert texts(asked(server, tmp_path)) == right()
        assert "GET /batches" not in server.calls


def test_how_far_a_batch_is_can_be_watched(tmp_path: Path) -> None:
    """From the upload to the last answer."""
    seen: list[tuple[str, int, int]] = []

    async def main(server: BatchServer) -> None:
        session = Session(server, tmp_path)
        session.book.watch = lambda: seen.extend((s.status, s.done, s.total) for s in session.book.states)
        async with session as model:
            await ask(model, range(20))
        assert session.book.states == ()

    with serving_batches(BatchServer()) as server:
        asyncio.run(main(server))
    assert [seen[0], seen[-1]] == [("uploading", 0, 20), ("fetching", 20, 20)]


def test_no_redirect_is_followed_and_the_key_is_sent_as_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key goes to the address that the user named, in the header that the provider wants."""
    monkeypatch.setenv("MY_KEY", "s3cret")
    with serving_batches(BatchServer()) as server:
        server.before = lambda _: web.Response(status=307, headers={"Location": "http://127.0.0.1:9/steal"})
        (found,) = asked(server, tmp_path, range(1), api_key_env="MY_KEY", api_key_header="api-key")
        assert "HTTP 307" in str(found)
        assert server.headers[-1]["api-key"] == "s3cret"


def test_a_line_that_repeats_the_key_does_not_spread_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with one request is told without the key that the provider quotes."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-12345")

    async def odd(body: dict[str, Any]) -> tuple[int, Any]:
        return 400, {"error": {"message": "no: Bearer sk-secret-12345"}}

    with serving_batches(BatchServer(odd)) as server:
        (found,) = asked(server, tmp_path, range(1), retries=0)
    assert isinstance(found, ModelRefused)
    assert "no: Bearer $OPENAI_API_KEY" in str(found)
    assert "sk-secret" not in str(found)
