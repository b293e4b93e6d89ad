"""Budgets: what is sent, what waits, when it ends, and whole runs over HTTP that stop and go on."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from apigen.config import BudgetConfig
from apigen.errors import BudgetSpent, ModelUnavailable
from apigen.models.accounts import Accounts
from apigen.models.base import EndpointFacts, Options
from apigen.models.prices import Price
from apigen.models.purse import Purse
from apigen.models.roles import Role
from apigen.models.spending import MeteredModel
from apigen.models.store import CompletionStore
from apigen.records import Completion, Json, Message
from chat_server import serving
from runs import apigen, contents, lines

PRICE = Price(1, 1, 1)
PROMPT = (Message("user", "hello " * 100),)


class _Server:
    """Answers when it is let, each time with so many tokens."""

    locator, llm, extra = "openai/x", True, MappingProxyType[str, Json]({})

    def __init__(self, tokens: int = 1000) -> None:
        self.tokens, self.asked, self.most = tokens, 0, 0
        self.gate = asyncio.Event()
        self._under_way = 0

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        self.asked += 1
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        await self.gate.wait()
        await asyncio.sleep(0)
        self._under_way -= 1
        return Completion("", self.locator, self.tokens // 2, self.tokens // 2)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        return ()

    def stop(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


async def _settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_request_that_does_not_fit_waits_for_those_under_way_and_the_last_ones_are_not_sent() -> None:
    """Of 100 requests at once, a budget of twenty is used to the end; then nothing is sent, and nothing is cut off."""

    async def main() -> None:
        accounts = Accounts()
        for _ in range(3):  # so it is known what they cost
            accounts.add("openai/x", Role.WRITER, Completion("", "openai/x", 450, 450))
        server, purse = _Server(500), Purse(BudgetConfig(tokens=2700 + 10_000), accounts)
        metered = MeteredModel(server, purse, Role.WRITER, None)
        asked = [asyncio.ensure_future(metered.complete(PROMPT, Options())) for _ in range(100)]
        await _settled()
        assert server.asked == 10_000 // 900, "as many as fit by what is expected of them"
        assert not any(future.done() for future in asked)
        server.gate.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        paid = [answer for answer in answers if isinstance(answer, Completion)]
        assert len(paid) == server.asked >= 19, "twenty fit, of what they turn out to cost"
        assert answers[: len(paid)] == paid, "in the order in which they came"
        assert all(isinstance(answer, BudgetSpent) for answer in answers[len(paid) :])
        assert purse.spending().tokens == 2700 + 500 * len(paid) <= 2700 + 10_000
        assert all(answer.cost_usd is None for answer in paid)

    asyncio.run(main())


def test_answers_that_are_longer_than_expected_overshoot_by_those_under_way_alone() -> None:
    """The first answers cost five times what was taken for modest: so much more is spent, for those that were sent."""

    async def main() -> None:
        server, purse = _Server(5000), Purse(BudgetConfig(cost_usd=0.008), Accounts())
        metered = MeteredModel(server, purse, Role.WRITER, PRICE)
        asked = [asyncio.ensure_future(metered.complete(PROMPT, Options())) for _ in range(20)]
        await _settled()
        sent, expected = server.asked, purse.expected("openai/x", Role.WRITER, PROMPT, PRICE)
        server.gate.set()
        await asyncio.gather(*asked, return_exceptions=True)
        assert server.asked == sent, "nothing is sent once too much is spent"
        assert purse.spending().usd <= 0.008 + sent * (0.005 - expected.usd)

    asyncio.run(main())


def test_what_was_written_keeps_what_its_judges_need() -> None:
    """A request for pairs is sent only if there is room for its judges as well, so all that was written is judged."""

    async def main() -> None:
        writer, judge = _Server(), _Server()
        purse = Purse(BudgetConfig(tokens=150_000), Accounts())
        writing = MeteredModel(writer, purse, Role.WRITER, None)
        judging = MeteredModel(judge, purse, Role.JUDGE, None)
        purse.guess_follow_ups(None, 4)
        writer.gate.set()
        judge.gate.set()
        judged = 0

        async def work(number: int) -> int:
            nonlocal judged
            await writing.complete(PROMPT, Options())
            for _ in range(4):
                await judging.complete(PROMPT, Options())
            judged += 1
            return number

        work_within = purse.around(work)
        ends = await asyncio.gather(*(work_within(number) for number in range(50)), return_exceptions=True)
        assert judged == writer.asked >= 28, "5,000 tokens each"
        assert ends[:judged] == list(range(judged))
        assert all(isinstance(end, BudgetSpent) for end in ends[judged:])
        assert purse.spending().tokens == 5000 * judged <= 150_000

    asyncio.run(main())


def test_a_server_that_counts_no_tokens_cannot_be_kept_to_a_budget() -> None:
    """Its first answer arrives, and no second request is sent; without a budget its cost is not known, that is all."""

    async def main(budget: BudgetConfig) -> Purse:
        server, purse = _Server(0), Purse(budget, Accounts())
        server.gate.set()
        metered = MeteredModel(server, purse, Role.WRITER, PRICE)
        assert (await metered.complete(PROMPT, Options())).cost_usd is None
        await metered.complete(PROMPT, Options())
        return purse

    with pytest.raises(ModelUnavailable, match="reports no token counts"):
        asyncio.run(main(BudgetConfig(cost_usd=1)))
    assert asyncio.run(main(BudgetConfig())).spending().unpriced == 2


def test_what_was_begun_first_is_finished_first() -> None:
    """Where more follows than before, what is left of the budget goes to the slower but earlier one."""

    async def main() -> list[str]:
        writer, judge = _Server(500), _Server(1000)
        writer.gate.set()
        judge.gate.set()
        purse = Purse(BudgetConfig(tokens=10 * 1500 + 1000 + 5500), Accounts())
        purse.guess_follow_ups(None, 1)
        written = MeteredModel(writer, purse, Role.WRITER, PRICE)
        judged = MeteredModel(judge, purse, Role.JUDGE, PRICE)
        done: list[str] = []

        async def work(thing: tuple[str, int, float]) -> None:
            name, judgements, pause = thing
            await written.complete(PROMPT, Options())
            for _ in range(judgements):
                await judged.complete(PROMPT, Options())
                await asyncio.sleep(pause)
            done.append(name)

        begin = purse.around(work)
        for number in range(10):
            await begin((str(number), 1, 0))
        long = (("first", 3, 0.02), ("second", 3, 0))
        ended = await asyncio.gather(*map(begin, long), return_exceptions=True)
        assert [type(one) for one in ended] == [type(None), BudgetSpent]
        return done

    assert asyncio.run(main())[10:] == ["first"]


def test_errands_that_wait_for_one_answer_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later one asks, an earlier one joins its question: the earlier one goes on only because it waits for that."""
    monkeypatch.setattr("apigen.models.purse._PATIENCE_S", 0.05)

    async def main() -> None:
        judge = _Server(300)
        judge.gate.set()
        purse = Purse(BudgetConfig(tokens=1000), Accounts())
        purse.guess_follow_ups(None, 1)
        judged = MeteredModel(judge, purse, Role.JUDGE, PRICE)
        shared: list[asyncio.Task[Completion]] = []

        async def work(name: str) -> None:
            if name == "earlier":
                await asyncio.sleep(0.02)
            else:
                shared.append(asyncio.create_task(judged.complete(PROMPT, Options())))
            await asyncio.shield(shared[0])

        begin = purse.around(work)
        await asyncio.wait_for(asyncio.gather(begin("earlier"), begin("later")), 20)
        assert judge.asked == 1

    asyncio.run(main())


def test_what_answers_cost_is_learned_from_a_few() -> None:
    """Judges that cost ten times what was guessed do not all go at once, so a budget is hardly exceeded."""

    async def main() -> None:
        judge = _Server(6000)
        judge.gate.set()
        purse = Purse(BudgetConfig(tokens=30_000), Accounts())
        judged = MeteredModel(judge, purse, Role.JUDGE, PRICE)
        ended = await asyncio.gather(*(judged.complete(PROMPT, Options()) for _ in range(40)), return_exceptions=True)
        assert judge.most <= 3
        assert purse.spending().tokens <= 30_000
        assert sum(isinstance(one, Completion) for one in ended) == 5

    asyncio.run(main())


def uneven(prompt: str, answer: str) -> tuple[int, int]:
    """Tokens as a server counts them whose answers differ much in length, the same for the same prompt."""
    return 1000, 100 + hashlib.sha256(prompt.encode()).digest()[0] * 4


LONGEST = 2120
"""Tokens of the longest answer and its prompt."""


def strict(prompt: str) -> str:
    """A judge that dislikes some queries, always the same ones."""
    liked = sum(map(ord, prompt.partition("-query>")[2])) % 3
    return '{"thought": "fits", "pass": true}' if liked else '{"thought": "it does not fit", "pass": false}'


CONFIG = """
library: starter:math
count: 40
concurrency: 4
rounds: {requests: 4, lag: 4}
model: {name: openai/w, price: {prompt: 1, completion: 1}}
judges: [rules, {name: openai/j, price: {prompt: 1, completion: 1}}]
repair: true
"""


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return found


def test_a_run_ends_at_its_budget(tmp_path: Path) -> None:
    """Whole requests are in the dataset, every cent is on record, and the last line says how to go on.

    More than the budget is spent only by what the requests under way cost beyond what was expected of them.
    """
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(CONFIG)
    with serving(usage=uneven, judges={"j": strict}) as server:
        stopped = apigen("run", config, "--base-url", server.url, "--out", out, "--max-cost", "0.06")
        asked = len(server.prompts)
    assert stopped.returncode == 1, stopped.stderr
    made = manifest(out)
    assert made["status"] == "budget"
    line = stopped.stderr.strip().splitlines()[-1]
    assert line == f"apigen: {made['ending']}"
    assert f"resume with: apigen run --resume --out {out} --max-cost MORE" in line
    assert f"at {made['samples']} of 40 samples, with $0.0" in line
    under_way = 4 * 2 * LONGEST / 1e6  # twice the concurrency, should each of them have been the longest
    assert 0.06 - LONGEST * 6 / 1e6 < made["costs"]["cost_usd"] <= 0.06 + under_way
    kept = sum(row["requests"] for row in made["requests"] if row["role"] != "probe")
    assert kept == asked, "what was paid for is kept"
    written = next(row["requests"] for row in made["requests"] if row["role"] == "writer")
    assert made["counts"]["requests"] >= written - 1, "what was written is verified"
    ids = {row["provenance"]["attempt"] for row in lines(out / "dataset.jsonl")}
    assert len(ids) == made["samples"] > 0
    store = sqlite3.connect(out / "completions.sqlite")
    kept = store.execute("SELECT SUM(cost_usd), COUNT(*) - COUNT(cost_usd) FROM completions").fetchone()
    store.close()
    assert kept == (pytest.approx(made["costs"]["cost_usd"]), 0), "every completion carries its cost"


def test_a_budget_below_one_request_says_so(tmp_path: Path) -> None:
    """No request for pairs is sent, since its judges could not be paid; "$0 spent" would not explain that."""
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(CONFIG)
    with serving(usage=uneven, judges={"j": strict}) as server:
        stopped = apigen("run", config, "--base-url", server.url, "--out", out, "--max-cost", "0.0001")
    assert stopped.returncode == 1, stopped.stderr
    assert manifest(out)["status"] == "budget"
    line = stopped.stderr.strip().splitlines()[-1]
    assert "at 0 of 40 samples: the budget is below the expected cost of one request with its judges; resume" in line
    assert f"apigen run --resume --out {out} --max-cost MORE" in line


@pytest.mark.slow
def test_a_run_that_ended_at_its_budget_goes_on_with_more(tmp_path: Path) -> None:
    """Counted from the first start; with enough it ends with the bytes of a run that had no budget."""
    config, out, whole = tmp_path / "config.yaml", tmp_path / "out", tmp_path / "whole"
    config.write_text(CONFIG)
    with serving(usage=uneven, judges={"j": strict}) as server:
        assert apigen("run", config, "--base-url", server.url, "--out", out, "--max-cost", "0.06").returncode == 1
        asked = len(server.prompts)
        assert apigen("run", "--resume", "--out", out).returncode == 1, "no money, no further request"
        assert len(server.prompts) == asked
        assert apigen("run", "--resume", "--out", out, "--max-cost", "5").returncode == 0
        assert len(server.prompts) == len(set(server.prompts)), "nothing was paid for twice"
        assert apigen("run", config, "--base-url", server.url, "--out", whole).returncode == 0
    assert contents(out) == contents(whole)
    usage = {(row["model"], row["role"]) for row in manifest(out)["requests"]}
    assert usage >= {("openai/w", "writer"), ("openai/w", "repair"), ("openai/j", "judge")}


def test_money_without_a_price_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """One line that says how to give a price, exit code 2, and no directory."""
    with serving() as server:
        models = ("--model", "openai/w", "--base-url", server.url)
        ran = apigen("run", "--library", "starter:math", *models, "--max-cost", "1", "--out", tmp_path / "out")
        assert (ran.returncode, server.prompts) == (2, [])
    assert f"the price of openai/w at {server.url} is not known" in ran.stderr
    assert "`price: {prompt: USD, completion: USD}`" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_tokens_are_a_budget_without_any_price(tmp_path: Path) -> None:
    """It ends in the same way, says that the cost is not known, and never calls it nothing."""
    out = tmp_path / "out"
    with serving(usage=uneven) as server:
        models = ("--model", "openai/w", "--base-url", server.url, "--concurrency", "4")
        ran = apigen("run", "--library", "starter:math", *models, "--max-tokens", "20000", "--out", out)
    assert ran.returncode == 1
    made = manifest(out)
    assert (made["status"], made["costs"]["cost_usd"]) == ("budget", None)
    assert made["costs"]["unpriced"] == sum(row["requests"] for row in made["requests"])
    assert 20_000 - LONGEST * 2 < made["costs"]["tokens"] <= 20_000 + 8 * LONGEST
    assert "tokens of 20,000 (cost unknown) spent" in made["ending"]
    assert "openai/w has no known price" in (out / "README.md").read_text()


def test_answers_that_had_no_price_get_one_when_it_is_known(tmp_path: Path) -> None:
    """A store made before opens, and what was asked then counts with what it cost."""
    store = CompletionStore(tmp_path / "completions.sqlite")
    store.put(b"1", "writer", Completion("a", "openai/w", 100, 100))
    store.put(b"2", "writer", Completion("b", "openai/w", 100, 100, cost_usd=0.5))
    assert [(row["cost_usd"], row["unpriced"]) for row in store.usage()] == [(None, 1)]
    store.reprice("openai/w", lambda completion: 0.25)
    assert [(row["cost_usd"], row["unpriced"]) for row in store.usage()] == [(0.75, 0)]
    assert store.get(b"1") == Completion("a", "openai/w", 100, 100, cost_usd=0.25)
    store.close()
