"""Providers of batches that depart from the protocol, refuse everything, or answer what would harm a terminal."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from pytest_httpserver import HTTPServer

from apigen.cli.batches import under_way_line
from apigen.errors import ModelUnavailable
from apigen.model_config import BatchConfig, ModelConfig
from apigen.models.base import Options
from apigen.models.batch.api import BatchApi
from apigen.models.batch.book import BatchBook
from apigen.models.batch.model import BatchModel
from apigen.models.batch.remote import RemoteBatch, read_batch, read_page
from apigen.models.batch.speech import PlainSpeech
from apigen.models.openai.failures import TryAgain
from apigen.printable import escaped
from apigen.records import Completion, Message
from batch_server import BatchServer, completion, serving_batches

DEEP = b"[" * 3000 + b"]" * 3000
ESCAPES = "\x1b]0;pwn\x07boom\x1b[31m"


def asked(
    url: str, folder: Path, numbers: range = range(20), *, wait: bool = True, **keys: Any
) -> tuple[list[Any], list[str]]:
    """Ask in one session; returns what came of it and what the person at the terminal was told."""
    fast = {"collect_s": 0.03, "poll_s": 0.01}
    config = ModelConfig.model_validate({"name": "openai/m", "base_url": url, "retries": 3, "batch": fast} | keys)
    warned: list[str] = []

    async def main() -> list[Any]:
        book = BatchBook(folder / "batches.sqlite", wait=wait, warn=warned.append)
        model = BatchModel(config, PlainSpeech("openai/m"), book, "writer", outage_s=0.2)
        questions = (model.complete([Message("user", str(number))], Options(seed=1)) for number in numbers)
        try:
            return await asyncio.gather(*questions, return_exceptions=True)
        finally:
            await model.aclose()
            book.close()

    return asyncio.run(main()), warned


def right(found: list[Any], numbers: range = range(20)) -> bool:
    return [one.text for one in found if isinstance(one, Completion)] == [f"re: {number}" for number in numbers]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"re: 3"', DEEP),
        (b'"prompt_tokens":7', b'"prompt_tokens":' + b"9" * 400),
        (b'"usage":{', b'"error":{"code":' + DEEP + b'},"usage":{'),
    ],
    ids=["nested content", "huge count", "nested error"],
)
def test_one_unreadable_line_is_asked_again_and_the_others_are_kept(tmp_path: Path, old: bytes, new: bytes) -> None:
    """Whatever one line holds, the batch stays readable: its other answers are paid for once."""
    spoiled: list[bool] = []

    def content(given: bytes) -> bytes:
        lines = given.splitlines(keepends=True)
        place = next(number for number, line in enumerate(lines) if b'"re: 3"' in line)
        if not spoiled:
            spoiled.append(True)
            assert old in lines[place]
            lines[place] = lines[place].replace(old, new)
        return b"".join(lines)

    with serving_batches(BatchServer()) as server:
        server.content = content
        found, _ = asked(server.url, tmp_path)
        assert right(found)
        assert spoiled
        assert server.answered.total() <= 21, "one line is paid twice at most"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ({"response": None, "error": {"code": "bad\x1b[31m", "message": ESCAPES}}, "bad [31m: ]0;pwn boom"),
        ({"response": {"status_code": 500, "body": {"error": {"message": ESCAPES}}}}, "HTTP 500: ]0;pwn boom"),
        ({"response": None, "error": ESCAPES}, "]0;pwn boom"),
    ],
    ids=["error", "body", "bare"],
)
def test_a_line_s_error_reaches_nobody_with_control_characters(
    tmp_path: Path, line: dict[str, Any], shown: str
) -> None:
    """A server's escape sequences would reach the terminal and the run's files."""

    def content(given: bytes) -> bytes:
        key = msgspec.json.decode(given.splitlines()[0])["custom_id"]
        return msgspec.json.encode({"custom_id": key} | line) + b"\n"

    with serving_batches(BatchServer()) as server:
        server.content = content
        found, _ = asked(server.url, tmp_path, range(1), retries=1)
        assert shown in str(found[0])
        assert str(found[0]).isprintable()


def test_the_flaws_of_a_failed_batch_are_printed_without_control_characters(tmp_path: Path) -> None:
    """They end a run, so they are what a person reads last."""

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        if call != "GET /batches/{id}":
            return value
        flaw = {"code": "weird\x1b[31m", "message": ESCAPES, "line": None}
        return value | {"status": "failed", "output_file_id": None, "errors": {"object": "list", "data": [flaw]}}

    with serving_batches(BatchServer()) as server:
        server.after = after
        found, _ = asked(server.url, tmp_path, range(1))
        assert "failed: weird [31m: ]0;pwn boom [31m" in str(found[0])
        assert str(found[0]).isprintable()


@pytest.mark.parametrize("status", ["COMPLETED", "Completed", "succeeded"])
@pytest.mark.parametrize("counts", [None, {"total": None, "completed": None, "failed": None}, {"total": "3"}, []])
def test_an_object_that_departs_from_the_schema_is_read(tmp_path: Path, status: str, counts: object) -> None:
    """Capitals, other words for a status, and counts that are null: the answers are fetched, without a word."""

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        if call not in ("GET /batches/{id}", "POST /batches"):
            return value
        ended = {"status": status} if value["status"] == "completed" else {}
        return value | {"request_counts": counts, "created_at": None, "errors": [], "metadata": None} | ended

    with serving_batches(BatchServer()) as server:
        server.after = after
        found, warned = asked(server.url, tmp_path, range(3))
        assert right(found, range(3))
        assert warned == []


def test_files_that_are_named_later_are_waited_for_and_nothing_is_paid_twice(tmp_path: Path) -> None:
    """A completed batch may name its files a moment later; one that never does ends the run and stays to be resumed."""
    looks: list[str] = []
    most = 2

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        if call != "GET /batches/{id}" or value["status"] != "completed":
            return value
        looks.append(call)
        return value if len(looks) > most else value | {"output_file_id": None}

    with serving_batches(BatchServer()) as server:
        server.after = after
        assert right(asked(server.url, tmp_path, range(3))[0], range(3))
        looks.clear()
        most = 1000
        found, _ = asked(server.url, tmp_path, range(3, 5))
        assert all(isinstance(one, ModelUnavailable) for one in found)
        assert "is completed with 2 answers, but the provider names no output file" in str(found[0])
        looks.clear()
        most = 0
        assert right(asked(server.url, tmp_path, range(3, 5))[0], range(3, 5))
        assert set(server.answered.values()) == {1}


@pytest.mark.parametrize("counts", [None, {}, {"total": 2, "completed": 0, "failed": 0}])
def test_a_completed_batch_without_files_and_counts_is_not_paid_twice(tmp_path: Path, counts: object) -> None:
    """Counts are optional, so their absence does not prove that there are no answers; a later session fetches them."""
    hidden = {"output_file_id": None, "request_counts": counts}

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        return value | hidden if call == "GET /batches/{id}" and value["status"] == "completed" else value

    with serving_batches(BatchServer()) as server:
        server.after = after
        found, _ = asked(server.url, tmp_path, range(2))
        assert all(isinstance(one, ModelUnavailable) for one in found)
        assert "is completed, but the provider names no output file" in str(found[0])
        hidden.clear()
        assert right(asked(server.url, tmp_path, range(2))[0], range(2))
        assert set(server.answered.values()) == {1}


def test_a_completed_batch_without_files_whose_requests_all_failed_is_over() -> None:
    """Such a batch has nothing to fetch; with a single request not failed it has."""
    batch = b'{"id": "b", "status": "completed", "request_counts": {"total": 2, "completed": 0, "failed": %d}}'
    assert not read_batch(batch % 2).lacks_files
    assert read_batch(batch % 1).lacks_files


def test_a_batch_that_may_have_been_created_is_named_by_its_metadata(tmp_path: Path) -> None:
    """Whoever interrupts a run learns what to look for at the provider."""
    (tmp_path / "run").mkdir()
    book = BatchBook(tmp_path / "run" / "batches.sqlite")
    entry = book.journal.make("writer openai/m", "http://h/v1", "ab12", ["k1", "k2"])
    book.journal.uploaded(entry.number, "file-1")
    assert under_way_line(tmp_path / "run") == ""
    book.journal.in_doubt(entry.number)
    book.close()
    line = under_way_line(tmp_path / "run")
    assert line == "1 batch with 2 requests is running at the provider: unconfirmed, with the metadata apigen=ab12"


def test_a_batch_spelled_canceled_is_one_that_somebody_cancelled(tmp_path: Path) -> None:
    """It ends the run like the protocol's own spelling, with the batch's name."""
    with serving_batches(BatchServer()) as server:
        server.after = lambda call, value: (
            value | ({"status": "canceled", "output_file_id": None} if call == "GET /batches/{id}" else {})
        )
        found, _ = asked(server.url, tmp_path, range(1))
        assert isinstance(found[0], ModelUnavailable)
        assert "batch_" in str(found[0])
        assert "was cancelled at the provider" in str(found[0])


def test_an_unknown_status_is_reported_once_by_name(tmp_path: Path) -> None:
    """The batch is waited for: whatever the word means, it is none of those that end a batch."""
    looks: list[str] = []

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        if call == "GET /batches/{id}":
            looks.append(call)
            return value | ({"status": "Pondering it\x1b[31m"} if len(looks) < 4 else {})
        return value

    with serving_batches(BatchServer()) as server:
        server.after = after
        found, warned = asked(server.url, tmp_path, range(1))
        assert right(found, range(1))
        (line,) = warned
        assert "unknown status 'pondering_it_[31m'" in line
        assert "batch_" in line


def test_a_batch_that_cannot_be_read_for_too_long_is_named(tmp_path: Path) -> None:
    """Pages of a proxy, or objects without a status, end the run with the batch's name and what is wrong."""
    with serving_batches(BatchServer()) as server:
        server.after = lambda call, value: {"id": value["id"]} if call == "GET /batches/{id}" else value
        found, _ = asked(server.url, tmp_path, range(1))
        assert isinstance(found[0], ModelUnavailable)
        assert "openai/m, batch_" in str(found[0])
        assert "no `status`" in str(found[0])


def test_an_outage_is_reported_with_the_batch_and_the_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each problem: whoever watches need not guess for an hour why nothing happens."""
    monkeypatch.setattr("apigen.models.batch.waits.SILENT_S", -1.0)
    busy = [web.Response(status=503, text="maintenance") for _ in range(3)]
    with serving_batches(BatchServer()) as server:
        server.before = lambda call: busy.pop() if call == "GET /batches/{id}" and busy else None
        found, warned = asked(server.url, tmp_path, range(1))
        assert right(found, range(1))
        (line,) = warned
        assert line.startswith("openai/m, batch_")
        assert "HTTP 503: maintenance; retrying for up to" in line


def test_what_is_no_batch_is_tried_again() -> None:
    """Nothing of it is guessed: a batch has an id and a status."""
    for content in (b"<html>", b"[]", b'{"id": null, "status": "completed"}', b'{"id": "b"}', DEEP):
        with pytest.raises(TryAgain, match="not a Batch API response"):
            read_batch(content)
    page = read_page(b'{"data": [null, {"id": 7}, {"status": "x"}], "has_more": "no"}')
    assert [batch.id for batch in page.batches] == ["7"]
    assert not page.has_more


def test_a_batch_in_doubt_at_another_address_is_named_by_its_metadata(tmp_path: Path) -> None:
    """It may or may not be running, and has no id yet by which the provider could be asked."""
    with serving_batches(BatchServer()) as server, serving_batches(BatchServer()) as other:
        server.after = lambda call, value: None if call == "POST /batches" else value
        server.before = lambda call: web.Response(status=404) if call == "GET /batches" else None
        asked(server.url, tmp_path, range(1))
        (found,), _ = asked(other.url, tmp_path, range(1))
        assert isinstance(found, ModelUnavailable)
        assert "openai/m: a batch of 1 request may be running (metadata apigen=" in str(found)
        assert f") at {server.url}, but the model is now at {other.url}; restore its base_url" in str(found)
        assert other.calls == []


def test_a_full_queue_says_how_many_batches_fill_it(tmp_path: Path) -> None:
    """Whoever does not wait learns why the second batch was not taken."""
    flaw = {"code": "too_many_batches", "message": "Too many batches", "line": None}
    first: list[str] = []

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        if call != "GET /batches/{id}":
            return value
        first.extend([] if first else [value["id"]])
        return value if value["id"] in first else value | {"status": "failed", "errors": {"data": [flaw]}}

    with serving_batches(BatchServer(delay_s=100)) as server:
        server.after = after
        fast = {"collect_s": 0.5, "poll_s": 0.01, "requests": 1}
        found, _ = asked(server.url, tmp_path, range(2), wait=False, batch=fast)
        assert sorted(map(str, found)) == sorted(
            [f"{first[0]} is still running at {server.url}", f"the queue at {server.url} is full (1 batch running)"]
        )


def test_ids_may_be_numbers_of_64_bits() -> None:
    """Some gateways number their batches and files so."""
    batch = read_batch(b'{"id": 18446744073709551615, "status": "completed", "output_file_id": 1099511627776}')
    assert (batch.id, batch.output_file_id) == ("18446744073709551615", "1099511627776")


@pytest.mark.parametrize(
    ("created", "pages"),
    [
        (None, 3),
        ("soon", 3),
        ("9999-12-31T23:59:59-23:00", 3),
        ("2023-11-14T22:13:20Z", 1),
        ("2023-11-14T23:13:20+01:00", 1),
        ("2023-11-14T22:13:20", 1),
        ("1700000000", 1),
        (1.7e9, 1),
    ],
)
def test_a_batch_in_doubt_is_found_on_a_later_page_however_times_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, created: object, pages: int
) -> None:
    """Only a batch that is known to be older ends the search: one that is not found is paid again."""
    monkeypatch.setattr("apigen.models.batch.api.PAGE", 1)
    listed: list[dict[str, Any]] = []

    def after(call: str, value: dict[str, Any]) -> dict[str, Any]:
        if call != "GET /batches":
            return value
        listed.extend(value["data"])
        return value | {"data": [one | {"created_at": created} for one in value["data"]]}

    async def find(file_id: str, since: float) -> RemoteBatch | None:
        api = BatchApi(ModelConfig(name="openai/m", base_url=server.url), BatchConfig())
        try:
            return await api.find(file_id, "no such tag", since)
        finally:
            await api.aclose()

    with serving_batches(BatchServer()) as server:
        server.after = after
        for number in range(3):
            asked(server.url, tmp_path, range(number, number + 1))
        assert asyncio.run(find("no such file", 0)) is None
        oldest = listed[2]
        found = asyncio.run(find(oldest["input_file_id"], server.now - 1000))
        assert found is not None
        assert found.id == oldest["id"]
        listed.clear()
        assert asyncio.run(find("no such file", server.now + 1000)) is None
        assert len(listed) == pages


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}), "no credit"),
        ((402, {"error": {"message": "Pay first"}}), "no credit"),
        ((429, {"error": {"message": "Limit on tokens per day (TPD) reached"}}), "is used up"),
        ((401, {"error": {"message": "bad key", "code": "invalid_api_key"}}), "set OPENAI_API_KEY to a valid key"),
        ((404, {"error": {"message": "The model `m` does not exist"}}), "the model name 'm'"),
    ],
)
def test_lines_that_tell_of_an_empty_account_or_a_bad_key_end_the_run_at_once(
    tmp_path: Path, answer: tuple[int, Any], said: str
) -> None:
    """Each further batch could take a day and would be refused alike; what was answered before is kept."""

    async def refusing(body: dict[str, Any]) -> tuple[int, Any]:
        number = body["messages"][-1]["content"]
        return (200, completion(f"re: {number}")) if number in "01" else answer

    with serving_batches(BatchServer(refusing)) as server:
        found, _ = asked(server.url, tmp_path, range(4))
        assert right(found[:2], range(2))
        for one in found[2:]:
            assert isinstance(one, ModelUnavailable)
            assert said in str(one)
            assert str(one).endswith("answered 2 of its 4 requests")
        assert server.calls.count("POST /batches") == 1


def test_an_error_without_a_response_that_tells_of_no_credit_ends_the_run_too(tmp_path: Path) -> None:
    """Some providers put what a line's answer would have said into its error."""

    def content(given: bytes) -> bytes:
        keys = [msgspec.json.decode(line)["custom_id"] for line in given.splitlines()]
        error = {"code": "insufficient_quota", "message": "You exceeded your current quota"}
        return b"".join(msgspec.json.encode({"custom_id": key, "error": error}) + b"\n" for key in keys)

    with serving_batches(BatchServer()) as server:
        server.content = content
        found, _ = asked(server.url, tmp_path, range(2))
        assert all(isinstance(one, ModelUnavailable) and "no credit left" in str(one) for one in found)
        assert server.calls.count("POST /batches") == 1


def test_an_untrusted_certificate_is_named_with_what_helps(tmp_path: Path, tls_server: HTTPServer) -> None:
    """It is neither the address nor the key that is wrong."""
    with tls_server as server:
        found, _ = asked(server.url_for("/v1"), tmp_path, range(1))
    assert isinstance(found[0], ModelUnavailable)
    assert "certificate is not trusted" in str(found[0])
    assert "set SSL_CERT_FILE" in str(found[0])


def test_control_characters_are_shown_as_escapes() -> None:
    """Text stays as it is; what would move a cursor or set a title is spelled out."""
    assert escaped("Größe 3\tm\n") == "Größe 3\tm\n"
    assert escaped(ESCAPES) == "\\x1b]0;pwn\\x07boom\\x1b[31m"
    assert escaped("a\u202eb\x9bc") == "a\\u202eb\\x9bc"
    for text in (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "10\u202f000\u00a0\u20ac",
        "\U0001f469\u200d\U0001f4bb",
        "\u3000",
    ):
        assert escaped(text) == text, "joiners and wide or narrow spaces belong to ordinary text"
