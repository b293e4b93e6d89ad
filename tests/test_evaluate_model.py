"""``apigen evaluate --model`` against a real server that answers with tools."""

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from apigen.dialogue.form import prompt_version
from runs import PATIENCE_S, apigen, lines, start, told, until
from tool_server import ToolServer, answering, calling, saying

ADD = {
    "name": "add",
    "description": "Adds.",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 0}},
        "required": ["a"],
    },
}
SING = {"name": "choir.sing", "description": "Sings.", "parameters": {"type": "object", "properties": {}}}


def added(a: int, b: int) -> dict[str, Any]:
    return {"name": "add", "arguments": {"a": a, "b": b}}


def rows(folder: Path, count: int = 6) -> Path:
    """Sums, a song whose tool has a dot in its name, and a question for which there is no tool."""
    sums: list[Any] = [
        {"id": f"s{n}", "query": f"{n} and 1?", "tools": [ADD], "calls": [added(n, 1)]} for n in range(count)
    ]
    sums.append({"id": "song", "query": "Sing!", "tools": [ADD, SING], "calls": [{"name": "choir.sing"}]})
    sums.append({"id": "none", "query": "Dance!", "tools": [SING], "calls": []})
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in sums))
    return path


PARAMETERS: Any = ADD["parameters"]


def query(body: Mapping[str, Any]) -> str:
    text: str = body["messages"][-1]["content"]
    return text


def perfect(body: Mapping[str, Any]) -> dict[str, Any]:
    """The right answer to each question, in the field for calls."""
    asked = query(body)
    if asked == "Sing!":
        return calling(("choir_sing", {}))
    return calling(("add", {"a": int(asked.split()[0]), "b": 1})) if "and" in asked else saying("I cannot dance.")


def in_text(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON text, for a question in the prompt."""
    assert "tools" not in body
    asked = query(body)
    calls = [{"name": "choir.sing", "arguments": {}}] if asked == "Sing!" else []
    calls += [added(int(asked.split()[0]), 1)] if "and" in asked else []
    return saying(f"<think>Hm.</think>Here:\n```json\n{json.dumps({'tool_calls': calls})}\n```")


@pytest.fixture
def server() -> Iterator[ToolServer]:
    with answering(perfect) as serving:
        yield serving


def evaluate(server: ToolServer, folder: Path, *more: str | Path, count: int = 6, **config: Any) -> Any:
    file = folder / "config.yaml"
    file.write_text(json.dumps({"models": [{"name": "openai/x", "base_url": server.url, "retries": 0, **config}]}))
    asked = ("--suite", f"held-out:{rows(folder, count)}", "--model", "openai/x", "--config", file)
    return apigen("evaluate", *asked, "--out", folder / "out", *more)


def found(folder: Path) -> Any:
    return json.loads((folder / "out" / "evaluation.json").read_text())


def verdicts(folder: Path) -> dict[str, Any]:
    return {one["id"]: one for one in lines(folder / "out" / "verdicts.jsonl")}


def answers(folder: Path) -> dict[str, Any]:
    return {one["id"]: one for one in lines(folder / "out" / "answers.jsonl")}


def test_tools_go_out_and_calls_come_back(server: ToolServer, tmp_path: Path) -> None:
    """OpenAI's fields, without a choice or a seed, and names without dots."""
    ran = evaluate(server, tmp_path)
    assert ran.returncode == 0, ran.stderr
    body = next(one for one in server.bodies if query(one) == "Sing!")
    assert set(body) == {"model", "messages", "temperature", "max_tokens", "tools"}
    assert (body["temperature"], body["max_tokens"]) == (0.0, 2048)
    assert body["messages"] == [{"role": "user", "content": "Sing!"}]
    assert [one["type"] for one in body["tools"]] == ["function", "function"]
    assert body["tools"][0]["function"] | {"parameters": PARAMETERS} == ADD
    assert body["tools"][0]["function"]["parameters"].items() >= PARAMETERS.items()
    assert body["tools"][1]["function"]["name"] == "choir_sing"
    assert re.search(r"all answers +8 +8 +100\.0%", ran.stdout)


def test_the_folder_holds_everything(server: ToolServer, tmp_path: Path) -> None:
    """Figures with what they are of, answers that --answers scores alike, and what was due in each verdict."""
    assert evaluate(server, tmp_path).returncode == 0
    figures = found(tmp_path)
    assert (figures["status"], figures["model"], figures["form"]) == ("done", "openai/x", "native")
    assert figures["version"].startswith("sha256 ")
    assert figures["date"]
    assert (figures["answers"], figures["correct"], figures["errors"], figures["unanswered"]) == (8, 8, 0, 0)
    assert figures["accuracy"]["high"] == 1.0
    assert figures["tokens"] == {"prompt": 400, "completion": 56}
    assert figures["endpoints"][0]["requests"] == 8
    assert verdicts(tmp_path)["s3"] == {
        "id": "s3",
        "correct": True,
        "reason": None,
        "detail": "",
        "category": "simple",
        "due": [{"name": "add", "arguments": {"a": "integer", "b": "integer"}}],
        "query": "3 and 1?",
    }
    assert verdicts(tmp_path)["none"]["due"] == []
    one = answers(tmp_path)["s3"]
    assert one["calls"][0]["function"]["arguments"] == '{"a": 3, "b": 1}'
    assert (one["model"], one["tokens"]) == ("openai/x", {"prompt": 50, "completion": 7})
    again = apigen(
        "evaluate",
        "--suite",
        f"held-out:{tmp_path / 'rows.jsonl'}",
        "--underscores",
        "--json",
        "--answers",
        tmp_path / "out" / "answers.jsonl",
    )
    assert json.loads(again.stdout)["correct"] == 8


def test_questions_in_the_prompt_are_answered_in_text(tmp_path: Path) -> None:
    """Thoughts and the fence are taken off what is scored, and what was said is kept; names keep their dots."""
    with answering(in_text) as server:
        assert evaluate(server, tmp_path, "--form", "prompted").returncode == 0
    assert found(tmp_path)["correct"] == 8
    one = answers(tmp_path)["song"]
    assert one["text"] == '{"tool_calls": [{"name": "choir.sing", "arguments": {}}]}'
    assert one["said"].startswith("Here:")


@pytest.mark.parametrize(
    "refusal",
    [
        "System role not supported",
        "Only user and assistant roles are supported!",
        "Developer instruction is not enabled for models/small",
    ],
)
def test_a_server_that_refuses_a_system_gets_its_words_in_the_users_turn(refusal: str, tmp_path: Path) -> None:
    """As in training; it is asked in vain once for each question under way, and the folder says where they stood."""

    def without_system(body: Mapping[str, Any]) -> Any:
        if body["messages"][0]["role"] == "system":
            return 400, refusal
        assert body["messages"][0]["content"].startswith("Handle the user's request by calling")
        return in_text({"messages": [{"content": query(body).rpartition("\n\n")[2]}]})

    with answering(without_system) as server:
        ran = evaluate(server, tmp_path, "--form", "prompted", "--concurrency", "1")
        assert len(server.bodies) == 9
        assert evaluate(server, tmp_path, "--form", "prompted", "--resume").returncode == 0
        assert len(server.bodies) == 9
    assert ran.returncode == 0, ran.stderr
    assert (found(tmp_path)["correct"], found(tmp_path)["system"]) == (8, "user_turn")
    assert "a system prompt, if any, is put at the start of the user turn" in re.sub(r"\s+", " ", ran.stdout)


def test_a_refusal_that_is_not_about_the_system_is_an_error(tmp_path: Path) -> None:
    """The question is not put in another way than the others."""
    with answering(lambda body: (400, "system overloaded") if "2 and" in query(body) else in_text(body)) as server:
        assert evaluate(server, tmp_path, "--form", "prompted").returncode == 1
        assert len(server.bodies) == 8
    assert (found(tmp_path)["correct"], found(tmp_path)["errors"]) == (7, 1)
    assert "system" not in found(tmp_path)


def test_what_a_model_gets_wrong_is_told_by_its_reason(tmp_path: Path) -> None:
    """Arguments that are no JSON, text in the place of a call, calls in the text, too many calls, a needless one."""
    said = {
        "0 and 1?": calling(("add", "{a: 0")),
        "1 and 1?": saying("The sum is 2."),
        "2 and 1?": saying('<tool_call>{"name": "add", "arguments": {"a": 2, "b": 1}}</tool_call>'),
        "3 and 1?": calling(("add", {"a": 3, "b": 1}), ("add", {"a": 3, "b": 1})),
        "4 and 1?": calling(("add", {"a": 5, "b": 1})),
        "5 and 1?": {"role": "assistant", "content": None, "tool_calls": ["add", 3]},
        "Dance!": calling(("choir_sing", {})),
        "Sing!": {"role": "assistant", "content": None, "tool_calls": "add"},
    }
    with answering(lambda body: said[query(body)], finish="length") as server:
        ran = evaluate(server, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert {id_: one["reason"] for id_, one in verdicts(tmp_path).items()} == {
        "s0": "undecodable",
        "s1": "no_call",
        "s2": "no_call",
        "s3": "extra_call",
        "s4": "wrong_value",
        "s5": "undecodable",
        "none": "called_needlessly",
        "song": "no_call",
    }
    assert "1 answers make no call, but their text looks like one" in ran.stdout
    assert "8 answers were truncated at --max-tokens 2,048" in ran.stdout
    page = (tmp_path / "out" / "report.html").read_text()
    assert "The sum is 2." in page
    assert "add(a: 4, b: 1)" in page
    assert "makes too many calls" in page


def test_an_endless_answer_makes_no_endless_page(tmp_path: Path) -> None:
    """The page has its beginning, and the file of answers has all of it."""
    with answering(lambda body: saying("x" * 200_000)) as server:
        assert evaluate(server, tmp_path).returncode == 0
    assert len(answers(tmp_path)["s0"]["said"]) == 200_000
    page = (tmp_path / "out" / "report.html").read_text()
    assert "and 196,000 more characters" in page
    assert len(page) < 100_000


def test_errors_are_no_wrong_answers_and_are_asked_again(tmp_path: Path) -> None:
    """A refused question counts apart; resumed, it alone is asked, and its error is forgotten."""
    with answering(lambda body: (400, "filtered") if query(body) == "2 and 1?" else perfect(body)) as server:
        ran = evaluate(server, tmp_path)
        assert ran.returncode == 1
        assert told(ran) == (
            "apigen: 1 question ended in an error (most common reason, 1 of 1: "
            f"openai/x at {server.url}/chat/completions: HTTP 400: filtered); "
            f"all finished answers are kept; resume with --resume --out {tmp_path / 'out'}"
        )
        assert (found(tmp_path)["answers"], found(tmp_path)["errors"]) == (7, 1)
        assert verdicts(tmp_path)["s2"]["correct"] is None
        server.answers = perfect
        server.bodies.clear()
        assert evaluate(server, tmp_path, "--resume").returncode == 0
        assert [query(body) for body in server.bodies] == ["2 and 1?"]
    assert (found(tmp_path)["answers"], found(tmp_path)["errors"]) == (8, 0)
    assert len(lines(tmp_path / "out" / "answers.jsonl")) == 8


def test_an_endpoint_that_dies_ends_it_in_one_line_and_nothing_is_lost(tmp_path: Path) -> None:
    """Exit code 1, the figures of what there is, and the rest once it is back."""
    left = iter(range(3))

    def dying(body: Mapping[str, Any]) -> Any:
        return (500, "gone") if next(left, None) is None else perfect(body)

    with answering(dying) as server:
        ran = evaluate(server, tmp_path, "--concurrency", "1")
        assert ran.returncode == 1
        assert "gone" in told(ran)
        assert "3 of 8 questions were asked, all finished answers are kept" in told(ran)
        assert told(ran).count("apigen:") == 1
        figures = found(tmp_path)
        assert (figures["status"], figures["answers"], figures["unanswered"]) == ("stopped", 3, 5)
        server.answers = perfect
        server.bodies.clear()
        assert evaluate(server, tmp_path, "--resume").returncode == 0
        assert len(server.bodies) == 5
    assert (found(tmp_path)["status"], found(tmp_path)["correct"]) == ("done", 8)


def test_an_evaluation_without_an_answer_leaves_its_folder_free(server: ToolServer, tmp_path: Path) -> None:
    """Whether the endpoint is down or refuses everything; answers, and the files of others, are not written over."""
    with answering(perfect) as gone:
        pass
    with answering(lambda _: (400, "no tools here")) as refusing:
        for failing in (gone, refusing):
            ran = evaluate(failing, tmp_path, "--concurrency", "1", count=30)
            assert ran.returncode == 1
            assert told(ran).endswith("; no question was answered; run the same command again to start over")
    assert evaluate(server, tmp_path).returncode == 0
    assert found(tmp_path)["correct"] == 8
    again = evaluate(server, tmp_path)
    assert (again.returncode, "already exists; add --resume" in again.stderr) == (2, True)
    (tmp_path / "out" / "answers.jsonl").unlink()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    again = evaluate(server, tmp_path)
    assert (again.returncode, "already exists" in again.stderr) == (2, True)


def test_a_busy_endpoint_costs_time_and_no_question(tmp_path: Path) -> None:
    """HTTP 429 is waited out by the client of all other requests."""
    turned_away: list[str] = []

    def busy(body: Mapping[str, Any]) -> Any:
        if len(turned_away) < 3:
            turned_away.append(query(body))
            return 429, "try again in 10ms"
        return perfect(body)

    with answering(busy) as server:
        assert evaluate(server, tmp_path, retries=5).returncode == 0
    assert found(tmp_path)["correct"] == 8
    assert found(tmp_path)["endpoints"][0]["rate_limited"] == 3


def test_a_server_without_tool_calling_is_told_at_once(tmp_path: Path) -> None:
    """Where every question is refused, it is the way of asking, and not all of them are tried."""
    with answering(lambda _: (400, '"auto" tool choice requires --enable-auto-tool-choice')) as server:
        ran = evaluate(server, tmp_path, "--concurrency", "1", count=30)
        assert len(server.bodies) == 8
    assert ran.returncode == 1
    assert (
        "the first 8 questions all failed, none was answered; start the server with tool calling enabled, or use"
        in told(ran)
    )


def test_a_killed_evaluation_goes_on(tmp_path: Path) -> None:
    """Killed between answers, with a torn line behind them: what came is kept, and only the rest is asked."""
    with answering(perfect, hold_after=4) as server:
        file = rows(tmp_path)
        out = tmp_path / "out"
        options = ("--suite", f"held-out:{file}", "--model", "openai/x", "--base-url", server.url, "--out", out)
        process = start("evaluate", *options)
        kept = out / "answers.jsonl"
        until(lambda: kept.exists() and kept.read_bytes().count(b"\n") == 4, process)
        process.kill()
        process.communicate()
        with kept.open("ab") as torn:
            torn.write(b'{"id":"s9","calls":[{"na')
        before = {query(body) for body in server.bodies}
        server.hold_after = None
        server.bodies.clear()
        assert apigen("evaluate", *options, "--resume").returncode == 0
        assert not before & {query(body) for body in server.bodies}
    assert found(tmp_path)["correct"] == 8
    assert len(lines(kept)) == 8


def test_an_interrupted_evaluation_ends_in_good_order(tmp_path: Path) -> None:
    """What is under way is finished and kept, the figures of that are written, and the exit code is a shell's."""
    left = iter(range(2))

    def interrupting(body: Mapping[str, Any]) -> dict[str, Any]:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGINT)  # before this is answered
        return perfect(body)

    with answering(interrupting) as server:
        ran = evaluate(server, tmp_path, "--concurrency", "1")
        assert ran.returncode == 130
        assert "Interrupted; all finished answers are kept; resume with --resume --out" in ran.stderr
        figures = found(tmp_path)
        assert (figures["status"], figures["answers"], figures["unanswered"]) == ("interrupted", 3, 5)
        assert len(answers(tmp_path)) == 3


def test_a_second_interrupt_leaves_a_server_that_hangs(tmp_path: Path) -> None:
    """The first says what is waited for; after the second, what was answered is there and the way to go on is told."""
    with answering(perfect, hold_after=3) as server:
        out = tmp_path / "out"
        asked = ("--suite", f"held-out:{rows(tmp_path)}", "--model", "openai/x", "--base-url", server.url, "--out", out)
        process = start("evaluate", *asked)
        kept = out / "answers.jsonl"
        until(lambda: kept.exists() and kept.read_bytes().count(b"\n") == 3, process)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "Stopping after the answers in flight" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert f"Interrupted; all finished answers are kept; resume with --resume --out {out}." in said
    assert len(lines(kept)) == 3


def test_an_evaluation_is_resumed_as_it_was_begun(server: ToolServer, tmp_path: Path) -> None:
    """Another form, model or temperature is another evaluation; a folder that is there is not written over."""
    assert evaluate(server, tmp_path).returncode == 0
    for more, said in (
        (("--resume", "--form", "prompted"), 'cannot resume: form changed from "native" to "prompted"'),
        (("--resume", "--temperature", "1"), "cannot resume: temperature changed from 0.0 to 1.0"),
        (("--resume", "--limit", "2"), "cannot resume: limit changed from null to 2"),
        ((), "already exists; add --resume, or choose another --out"),
    ):
        ran = evaluate(server, tmp_path, *more)
        assert ran.returncode == 2
        assert said in ran.stderr
    shutil.rmtree(tmp_path / "out")
    ran = evaluate(server, tmp_path, "--resume")
    assert (ran.returncode, "no evaluation.json in it" in ran.stderr) == (2, True)


def test_an_evaluation_is_not_resumed_with_other_prompts(server: ToolServer, tmp_path: Path) -> None:
    """Where another version of apigen words them differently, the answers do not belong together."""
    assert evaluate(server, tmp_path).returncode == 0
    record = found(tmp_path)
    assert record["prompt_version"] == prompt_version("native")
    (tmp_path / "out" / "evaluation.json").write_text(json.dumps(record | {"prompt_version": "older"}))
    ran = evaluate(server, tmp_path, "--resume")
    assert (ran.returncode, 'cannot resume: prompt_version changed from "older"' in ran.stderr) == (2, True)


def test_an_evaluation_is_not_resumed_at_another_server(server: ToolServer, tmp_path: Path) -> None:
    """It may hold another model of the same name; who knows better edits the address that evaluation.json names."""
    assert evaluate(server, tmp_path).returncode == 0
    assert found(tmp_path)["base_urls"] == [server.url]
    with answering(perfect) as other:
        ran = evaluate(other, tmp_path, "--resume")
        assert ran.returncode == 2
        assert f'cannot resume: base_urls changed from ["{server.url}"] to ["{other.url}"]' in ran.stderr
        assert "edit base_urls in evaluation.json" in ran.stderr
        file = tmp_path / "out" / "evaluation.json"
        file.write_text(file.read_text().replace(server.url, other.url))
        assert evaluate(other, tmp_path, "--resume").returncode == 0


def test_a_damaged_answer_is_told_with_its_line(server: ToolServer, tmp_path: Path) -> None:
    """It is not taken for a question that was never asked."""
    assert evaluate(server, tmp_path).returncode == 0
    file = tmp_path / "out" / "answers.jsonl"
    file.write_text(file.read_text().replace('"calls"', '"calls', 1))
    ran = evaluate(server, tmp_path, "--resume")
    assert (ran.returncode, "answers.jsonl line 1: is not a valid answer" in ran.stderr) == (2, True)


def test_a_sample_is_drawn_by_category_and_said_to_be_one(server: ToolServer, tmp_path: Path) -> None:
    """At most so many of each; the same seed draws the same, and every table says so."""
    ran = evaluate(server, tmp_path, "--limit", "2", count=20)
    assert "a sample of at most 2 questions per category (seed 0)" in " ".join(ran.stdout.split())
    assert {one["category"] for one in verdicts(tmp_path).values()} == {"simple", "multiple", "irrelevance"}
    first = set(verdicts(tmp_path))
    assert len(first) == 4
    page = (tmp_path / "out" / "report.html").read_text()
    assert "a sample of at most 2 questions" in page
    for text in (ran.stdout, page):
        assert "There is no overall row" in text
        assert "all answers  " not in text
    assert "<td>all answers</td>" not in page
    assert "100" not in page.partition("</h1>")[0].rpartition("<h1>")[2]
    assert (found(tmp_path)["accuracy"], found(tmp_path)["categories"]["simple"]["accuracy"]["share"]) == (None, 1.0)
    shutil.rmtree(tmp_path / "out")
    assert "all answers  " in evaluate(server, tmp_path, "--limit", "21", count=20).stdout
    shutil.rmtree(tmp_path / "out")
    evaluate(server, tmp_path, "--limit", "2", count=20)
    asked = len(server.bodies)
    assert evaluate(server, tmp_path, "--limit", "3", "--resume", count=20).returncode == 0
    assert first < set(verdicts(tmp_path))
    assert len(server.bodies) - asked == len(verdicts(tmp_path)) - len(first), "no question is asked twice"
    assert found(tmp_path)["limit"] == 3
    shutil.rmtree(tmp_path / "out")
    evaluate(server, tmp_path, "--limit", "2", "--seed", "1", count=20)
    assert first != set(verdicts(tmp_path))


def test_a_dry_run_counts_and_asks_nothing(server: ToolServer, tmp_path: Path) -> None:
    """Questions by category and about how many tokens; nothing is written."""
    ran = evaluate(server, tmp_path, "--dry-run", "--json")
    plan = json.loads(ran.stdout)
    assert plan["categories"] == {"simple": 6, "multiple": 1, "irrelevance": 1}
    assert 8 * 20 < plan["prompt_tokens"] < 8 * 200
    assert plan["completion_tokens_at_most"] == 8 * 2048
    assert "8 questions, form native: about" in evaluate(server, tmp_path, "--dry-run").stdout
    assert server.bodies == []
    assert not (tmp_path / "out").exists()


def test_two_evaluations_do_not_write_to_one_folder(server: ToolServer, tmp_path: Path) -> None:
    """The second learns that another process is using the folder."""
    server.hold_after = 1
    options = ("--suite", f"held-out:{rows(tmp_path)}", "--model", "openai/x", "--base-url", server.url)
    process = start("evaluate", *options, "--out", tmp_path / "out")
    until((tmp_path / "out" / "answers.jsonl").exists, process)
    ran = apigen("evaluate", *options, "--out", tmp_path / "out", "--resume")
    process.kill()
    process.communicate()
    assert (ran.returncode, "another apigen process is using it" in ran.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--suite", "held-out:ROWS"), "give either --answers FILE"),
        (("--model", "openai/x", "--out", "o"), "--suite is missing"),
        (("--suite", "held-out:ROWS", "--answers", "a", "--out", "o"), "--out: only valid with --model"),
        (
            ("--suite", "held-out:ROWS", "--answers", "a", "--temperature", "0"),
            "--temperature: only valid with --model",
        ),
        (("--suite", "held-out:ROWS", "--answers", "a", "--form", "native"), "--form: only valid with --model"),
        (("--suite", "held-out:ROWS", "--answers", "a", "--max-tokens", "9"), "--max-tokens: only valid with --model"),
        (("--suite", "held-out:ROWS", "--answers", "a", "--seed", "0"), "--seed: only valid with --model"),
        (
            ("--suite", "held-out:ROWS", "--model", "local:x", "--out", "o", "--base-url", "http://gpu1/v1"),
            "no endpoint",
        ),
        (
            ("--suite", "held-out:ROWS", "--model", "openai/x", "--underscores"),
            "--underscores: only valid with --answers",
        ),
        (
            ("--suite", "held-out:ROWS", "--model", "x", "--out", "o"),
            "--model x: unknown kind of model; use openai/NAME",
        ),
        (("--suite", "held-out:ROWS", "--model", "openai/", "--out", "o"), "--model openai/: unknown kind of model"),
        (("--suite", "held-out:ROWS", "--model", "openai/x"), "--out DIR is missing"),
        (
            ("--suite", "held-out:ROWS", "--model", "openai/x", "--out", "o", "--form", "wild"),
            "--form wild: no such form",
        ),
        (("--suite", "held-out:ROWS", "--model", "local:x", "--out", "o", "--temperature", "1"), "decode greedily"),
        (("--suite", "held-out:ROWS", "--model", "openai/x", "--out", "o", "--execute"), "is not in a run's folder"),
        (("--suite", "held-out:ROWS", "--model", "openai/x", "--out", "o", "-l", "starter"), "without --execute"),
        (("--suite", "bfcl", "--model", "openai/x", "--out", "o", "--execute"), "have no executable calls"),
        (("--suite", "held-out:ROWS", "--model", "openai/x", "--out", "o", "--base-url", "gpu1"), "is not an endpoint"),
    ],
)
def test_wrong_input_is_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """With the way to mend it, before anything is asked or written."""
    file = rows(tmp_path)
    ran = apigen("evaluate", *(one.replace("ROWS", str(file)) for one in arguments), cwd=tmp_path)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_folder_needs_the_extra_and_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch is not installed, one line names what installs it, and nothing is written."""
    monkeypatch.setitem(sys.modules, "torch", None)
    asked = ("--suite", f"held-out:{rows(tmp_path)}", "--model", f"local:{tmp_path}", "--out", tmp_path / "out")
    ran = apigen("evaluate", *asked)
    assert ran.returncode == 2
    assert "torch is not installed: pip install 'apigen-pipeline[train]'" in ran.stderr
    assert not (tmp_path / "out").exists()
