"""The simulated server over real HTTP: it answers as the in-process model does, judges, describes, and ends cleanly."""

import asyncio
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import aiohttp
import pytest
from benchmarks.filtering_table.joining import joined, read_ledger

from apigen.clean.categories import asked as categories_asked
from apigen.clean.descriptions import Repair, repaired
from apigen.errors import ModelRefused, ModelUnavailable
from apigen.library.starter import CATEGORIES
from apigen.model_config import BatchConfig, ModelConfig
from apigen.models.base import Options
from apigen.models.batch.book import BatchBook
from apigen.models.batch.model import BatchModel
from apigen.models.batch.speech import PlainSpeech
from apigen.models.openai.thinking import told_apart
from apigen.models.simulated.ledger import request_key
from apigen.models.simulated.model import SimulatedModel
from apigen.models.simulated.profiles import PROFILES, Profile
from apigen.records import Completion, Execution, Message, Outcome, Reason, Tool, Verdict
from apigen.simulate.app import application
from apigen.simulate.network import Fault
from apigen.simulate.simulator import Simulator
from apigen.simulate.tokens import tokens_of
from apigen.verify.llm_judge import LLMJudge
from apigen.verify.rules import RuleJudge
from right_answers import made, seeds
from runs import apigen, apigen_process, command
from simulating import Kept, answers, client, prompts, served

NAME = "mixtral-8x22b-inst"


def test_over_http_the_answers_are_those_of_the_model_in_process() -> None:
    """The same text and the same ledger, with tokens counted."""
    here, there = Kept(), Kept()
    inside = asyncio.run(answers(SimulatedModel(PROFILES[NAME], 3, here), prompts(2)))
    with served(application(Simulator(seed=3, keep=there))) as url:
        outside = asyncio.run(answers(client(url, NAME), prompts(2)))
    told = [told_apart({"content": one.text}) for one in inside]
    assert told == [(one.text, one.thinking) for one in outside]
    assert [one.finish_reason for one in inside] == [one.finish_reason for one in outside]
    assert sorted(here.entries, key=str) == sorted(there.entries, key=str)
    for whole, one, (messages, _) in zip(inside, outside, prompts(2), strict=True):
        assert one.completion_tokens == tokens_of(whole.text)
        assert 0.2 < one.prompt_tokens / sum(len(message.content) for message in messages) < 0.3


def test_the_model_that_is_asked_for_chooses_the_profile() -> None:
    """All profiles are listed; with one chosen for the server, any name is answered by it."""

    async def listed(url: str) -> list[str]:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/models") as response:
            return [model["id"] for model in (await response.json())["data"]]

    perfect = asyncio.run(answers(SimulatedModel(PROFILES["perfect"]), prompts(1)))
    with served(application(Simulator())) as url:
        assert asyncio.run(listed(url)) == list(PROFILES)
        for name in ("perfect", "simulated/perfect"):
            found = asyncio.run(answers(client(url, name), prompts(1)))
            assert [one.text for one in found] == [one.text for one in perfect]
        with pytest.raises(ModelUnavailable, match="no such model: 'gpt-9'"):
            asyncio.run(answers(client(url, "gpt-9"), prompts(1)[:1]))
    with served(application(Simulator(PROFILES["perfect"]))) as url:
        assert asyncio.run(listed(url)) == ["perfect"]
        assert [one.text for one in asyncio.run(answers(client(url, "gpt-9"), prompts(1)))] == [
            one.text for one in perfect
        ]


def test_what_the_server_cannot_do_is_refused() -> None:
    """Streams, several choices and bodies that are no request get a 400 that says why."""

    async def status(body: object) -> tuple[int, str]:
        reply = await Simulator().answer(body, {})
        return reply.status, json.loads(reply.body)["error"]["message"]

    asked = {"model": "perfect", "messages": [{"role": "user", "content": "hi"}]}
    assert asyncio.run(status(asked | {"stream": True}))[0] == 400
    assert asyncio.run(status(asked | {"n": 2}))[0] == 400
    assert asyncio.run(status({"model": "perfect"})) == (400, "Object missing required field `messages`")
    assert asyncio.run(status([]))[0] == 400


def judged(profile: Profile, count: int) -> list[tuple[Verdict, Verdict]]:
    """The rule judge's verdicts beside the simulated judge's, over right answers and wrong ones."""
    rows = [*seeds()[:count]]
    for name in ("near_duplicate_tool", "flag_flipped", "second_request_for_same_tool", "number_invented"):
        rows += [faulty.candidate for _, faulty in made(name, count // 4)]

    async def both(url: str) -> list[tuple[Verdict, Verdict]]:
        model = client(url, "judge")
        judge, found = LLMJudge(model), []
        for row in rows:
            ran = tuple(Execution(call, ok=True, result={"value": 1}) for call in row.calls)
            found.append((await RuleJudge().judge(row, ran), await judge.judge(row, ran)))
        failed = (Execution(rows[0].calls[0], ok=False, reason=Reason.TIMEOUT, detail="took too long"),)
        found.append((await RuleJudge().judge(rows[0], failed), await judge.judge(rows[0], failed)))
        await model.aclose()
        return found

    with served(application(Simulator(profile))) as url:
        return asyncio.run(both(url))


def test_the_simulated_judge_applies_the_rules() -> None:
    """What it reads from its prompt it judges as the rule judge does, in the form that the prompt asks for."""
    found = judged(Profile("test"), 24)
    assert [simulated.outcome for _, simulated in found] == [rules.outcome for rules, _ in found]
    assert {simulated.outcome for _, simulated in found} == {Outcome.PASS, Outcome.REJECT}
    assert all(len(simulated.criteria) == 5 for _, simulated in found)
    assert found[-1][1].reason is Reason.ERROR_RESULT


def test_the_simulated_judge_errs_at_its_rate() -> None:
    """At rate 1 each verdict is the opposite, and still one that can be read."""
    found = judged(Profile("test", judge_error=1.0), 8)
    opposite = {Outcome.PASS: Outcome.REJECT, Outcome.REJECT: Outcome.PASS}
    assert [simulated.outcome for _, simulated in found] == [opposite[rules.outcome] for rules, _ in found]


def test_other_prompts_get_a_sensible_answer() -> None:
    """A description that is better, a category of the list, and a sentence for whatever else is asked."""
    noisy = Tool("convertUnits", "&lt;b&gt; ??!! <br/>", {"type": "object", "properties": {"from_unit": {}}})

    async def main(url: str) -> None:
        model = client(url, NAME)
        tools, found = await repaired([noisy], model, 1)
        assert found == {"convertUnits": Repair.REPAIRED}
        assert tools[0].description == "Does what its name says, convert units, given from unit."
        assert (await categories_asked([noisy], model, 1))["convertUnits"] in CATEGORIES
        plain = await model.complete((Message("user", "Say yes."),), Options())
        assert "simulated" in plain.text
        await model.aclose()

    with served(application(Simulator())) as url:
        asyncio.run(main(url))


def test_a_remembered_answer_is_made_once() -> None:
    """With a memo, the second run of the same requests is answered with the same bytes and no work."""
    ledger = Kept()
    with served(application(Simulator(keep=ledger), memo=True)) as url:
        first = asyncio.run(answers(client(url, NAME), prompts(2)))
        entries = len(ledger.entries)
        assert asyncio.run(answers(client(url, NAME), prompts(2))) == first
    assert len(ledger.entries) == entries > 0


def test_lines_of_batches_meet_no_fault_and_no_delay(tmp_path: Path) -> None:
    """They are answered as single requests are where nothing goes wrong, and stand in the ledger alike."""
    here, there = Kept(), Kept()
    inside = asyncio.run(answers(SimulatedModel(PROFILES[NAME], 3, here), prompts(1)))
    app = application(Simulator(seed=3, keep=there), latency_s=600, faults={Fault.ERROR: 1.0})

    async def in_batches(url: str) -> list[Completion]:
        batch = BatchConfig(collect_s=0.05, poll_s=0.01)
        config = ModelConfig(name=f"openai/{NAME}", base_url=url, batch=batch)
        book = BatchBook(tmp_path / "batches.sqlite")
        model = BatchModel(config, PlainSpeech(config.name), book, "writer")
        try:
            return list(await asyncio.gather(*(model.complete(*asked) for asked in prompts(1))))
        finally:
            await model.aclose()
            book.close()

    with served(app) as url:
        outside = asyncio.run(in_batches(url))
    told = [told_apart({"content": one.text}) for one in inside]
    assert told == [(one.text, one.thinking) for one in outside]
    assert sorted(here.entries, key=str) == sorted(there.entries, key=str)


def test_a_run_over_http_joins_its_ledger(tmp_path: Path) -> None:
    """Each attempt finds its entry: right pairs that passed have the ledger's calls, spoiled ones other ones."""
    ledger = Kept()
    with served(application(Simulator(keep=ledger))) as url:
        ran = apigen("run", "--model", "openai/deepseek-coder-33b-inst", "--base-url", url, "--library",
                     "starter:math", "--count", "15", "--out", tmp_path / "run", "--json")  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    by_request: dict[str, list] = {}  # type: ignore[type-arg]
    for entry in ledger.entries:
        by_request.setdefault(entry.request, []).append(entry)
    pairs = list(joined(tmp_path / "run", by_request))
    assert len(pairs) >= 25
    read = [(entry, attempt) for entry, attempt in pairs if entry and attempt and attempt.calls]
    assert len(read) > 20
    for entry, attempt in read:
        if not entry.kind:
            assert (attempt.query, attempt.calls) == (entry.query.strip(), entry.calls)
        elif attempt.outcome is Outcome.PASS:
            assert (attempt.query, attempt.calls) != (entry.query.strip(), entry.calls)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--profile", "gpt-9"), "there is no simulated generator 'gpt-9'; choose one of perfect"),
        (("--fault", "flood=0.1"), "--fault flood: no such fault; choose from 429"),
        (("--fault", "500=2"), "--fault 500=2: the rate must be between 0 and 1"),
        (("--fault", "500"), "--fault 500: write KIND=RATE, such as 429=0.1"),
        (("--fault", "500=0.6", "--fault", "429=0.6"), "add up to more than 1"),
    ],
)
def test_wrong_options_are_said_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    """With what can be chosen."""
    ran = apigen("simulate", *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """In one line, and nothing is left behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = apigen("simulate", "--port", str(taken.getsockname()[1]))
    assert ran.returncode == 2
    assert "cannot listen there" in ran.stderr
    assert "choose another --port" in ran.stderr


@pytest.mark.slow
def test_a_server_process_serves_a_run_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    """It prints where it is, that it simulates and how to use it; the printed line works; Ctrl-C ends it with 0."""
    ledger = tmp_path / "ledger.jsonl"
    server = subprocess.Popen(
        command("simulate", "--port", "0", "--ledger", ledger, "--fault", "hang=0.0", "--memo"),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert server.stdout
    printed = [server.stdout.readline() for _ in range(4)]
    assert "This is a simulation" in printed[1]
    url = printed[0].split(" at ")[1].split(";")[0]
    words = printed[3].replace("PROFILE", NAME).split()
    assert words[:2] == ["apigen", "run"]
    assert url in words
    ran = apigen_process(*words[1:], "--count", "5", "--library", "starter:math", "--out", tmp_path / "run")
    assert ran.returncode == 0, ran.stderr
    server.send_signal(signal.SIGINT)
    assert server.communicate()[0] == "Stopped.\n"
    assert server.returncode == 0
    entries = read_ledger(ledger)
    assert all(entry is not None for entry, _ in joined(tmp_path / "run", entries))
    assert request_key(*prompts(1)[0]) not in entries  # another library, other requests


def test_a_refused_prompt_is_the_clients_refusal() -> None:
    """What the server answers with 400 is no outage to apigen's client."""
    with served(application(Simulator())) as url, pytest.raises(ModelRefused, match="needs `messages`"):
        asyncio.run(answers(client(url, "perfect"), [((), Options())]))
