"""Several endpoints of one model: work shared, a lost one replaced, and what a run says of them."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from apigen.config import load_config
from apigen.errors import ModelUnavailable, UserError
from apigen.model_config import ModelConfig, model_names
from apigen.models.base import Options
from apigen.models.openai.client import Client
from apigen.models.openai.patience import Patience
from apigen.models.openai.wire import read_completion
from apigen.models.table import ModelTable
from apigen.records import Message
from chat_server import serving
from fault_server import FaultServer, Handler, always, answer, error, faults, hang
from runs import apigen, lines, told

BODY = b'{"messages": []}'
PATIENCE_S = 60
SCHEMAS = Path(__file__).parent.parent / "docs" / "schemas"


async def slow(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
    await asyncio.sleep(0.005)
    return answer()


def entries(*servers: FaultServer, **settings: Any) -> list[ModelConfig]:
    return [ModelConfig.model_validate({"name": "openai/m", "base_url": at.url} | settings) for at in servers]


async def ask(client: Client) -> str:
    return (await client.ask(BODY, lambda content: read_completion(content, "openai/m"))).text


def run(
    handlers: tuple[Handler, ...], check: Callable[[Client, list[FaultServer]], Awaitable[None]], **settings: Any
) -> None:
    async def main() -> None:
        async with faults(*handlers) as servers, asyncio.timeout(PATIENCE_S):
            client = Client(entries(*servers, **settings), 8, Patience(first_s=0.01, longest_s=0.05))
            try:
                await check(client, servers)
            finally:
                await client.aclose()

    asyncio.run(main())


def test_endpoints_share_work_by_weight() -> None:
    """Three quarters go where the weight is three times as large."""

    async def main() -> tuple[int, ...]:
        async with faults(slow, slow) as servers:
            light, heavy = entries(*servers)
            client = Client([light, heavy.model_copy(update={"weight": 3.0})], 8)
            await asyncio.gather(*(ask(client) for _ in range(8)))
            await client.aclose()
            return tuple(len(server.bodies) for server in servers)

    assert asyncio.run(main()) == (2, 6)


def test_a_busy_endpoint_gets_less() -> None:
    """Who has answered may be asked again; who has not, not beyond its share."""

    async def check(client: Client, servers: list[FaultServer]) -> None:
        work = [asyncio.ensure_future(ask(client)) for _ in range(10)]
        await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(20):
            assert await ask(client) == "hi"
        stuck, quick = (len(server.bodies) for server in servers)
        assert stuck <= 5 + 5
        assert stuck + quick == 30
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    run((hang, always(answer())), check)


def test_a_lost_endpoint_is_replaced_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody's request is lost, though each may be tried once but where it was; the line says which and why."""

    async def check(client: Client, servers: list[FaultServer]) -> None:
        assert set(await asyncio.gather(*(ask(client) for _ in range(60)))) == {"hi"}
        await servers[0].stop()
        with caplog.at_level(logging.WARNING):
            assert set(await asyncio.gather(*(ask(client) for _ in range(200)))) == {"hi"}
            assert set(await asyncio.gather(*(ask(client) for _ in range(200)))) == {"hi"}
        down, up = client.facts()
        assert "cannot connect" in down.problem
        assert up.problem == ""
        await servers[0].start()
        before = len(servers[0].bodies)
        while len(servers[0].bodies) < before + 20:
            assert await ask(client) == "hi"
            await asyncio.sleep(0.001)
        assert client.facts()[0].problem == "", "an endpoint that is back is used again"

    run((slow, slow), check, retries=2)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("openai/m at http://127.0.0.1:")
    assert line.endswith("its requests go to the other endpoints of this model")


def test_an_endpoint_that_refuses_everything_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """A wrong key or a used-up quota at one of them ends nothing."""

    async def check(client: Client, servers: list[FaultServer]) -> None:
        assert set(await asyncio.gather(*(ask(client) for _ in range(40)))) == {"hi"}
        assert len(servers[0].bodies) <= 8
        assert len(servers[1].bodies) <= 8
        assert "the daily quota" in client.facts()[0].problem
        assert "set OPENAI_API_KEY" in client.facts()[1].problem

    quota, key = error(429, "Limit of requests per day (RPD) reached"), error(401, "no")
    with caplog.at_level(logging.WARNING):
        run((always(quota), always(key), slow), check)
    assert len(caplog.records) == 2


def test_a_request_that_is_turned_away_goes_elsewhere_at_once() -> None:
    """It does not wait for an endpoint that asks to wait, while another is free."""

    async def check(client: Client, servers: list[FaultServer]) -> None:
        assert set(await asyncio.gather(*(ask(client) for _ in range(6)))) == {"hi"}
        assert len(servers[0].bodies) <= 3
        assert client.facts()[0].rate_limited == len(servers[0].bodies)

    run((always(error(429, "busy", Retry_After="300")), slow), check)


def test_only_when_all_endpoints_are_down_is_the_model_unavailable() -> None:
    """One line names each of them and why."""

    async def check(client: Client, servers: list[FaultServer]) -> None:
        ends = await asyncio.gather(*(ask(client) for _ in range(40)), return_exceptions=True)
        assert {type(end) for end in ends} == {ModelUnavailable}
        (said,) = {str(end) for end in ends}
        assert said.startswith("openai/m: none of its 2 endpoints answers: ")
        assert all(server.url in said for server in servers)
        assert "HTTP 500: a" in said
        assert "HTTP 502: b" in said

    run((always(error(500, "a")), always(error(502, "b"))), check, retries=3)


def test_entries_with_one_name_are_endpoints_of_one_model() -> None:
    """Their weights add up against the other models', and the order stays."""
    configs = [
        ModelConfig(name="openai/a", base_url="http://one/v1", weight=2),
        ModelConfig(name="openai/b", base_url="http://one/v1"),
        ModelConfig(name="openai/a", base_url="http://two/v1", weight=3),
    ]
    made = ModelTable(4).models(configs)
    assert [(name, each.weight) for name, each in made.items()] == [("openai/a", 5), ("openai/b", 1)]
    assert [facts.base_url for facts in made["openai/a"].model.endpoints()] == ["http://one/v1", "http://two/v1"]
    assert model_names(configs) == ["openai/a", "openai/b"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"extra": {"top_k": 5}}, "has different `extra` at http://one/v1 and at http://two/v1"),
        ({"structured": "text"}, "different `structured`"),
        ({"price": {"prompt": 1, "completion": 1}}, "different `price`"),
        ({"batch": {}}, "different `batch`"),
    ],
)
@pytest.mark.parametrize("role", ["model", "judge"])
def test_endpoints_of_one_model_are_asked_for_the_same(role: str, settings: dict[str, Any], said: str) -> None:
    """What is asked decides the answers, so it cannot differ by endpoint; the configuration says so."""
    entries = [{"name": "openai/a", "base_url": "http://one/v1"}, {"name": "openai/a", "base_url": "http://two/v1"}]
    with pytest.raises(UserError, match=f"the {role} `openai/a` .*{said}"):
        load_config(None, {f"{role}s": [entries[0], entries[1] | settings]})


def test_a_batch_goes_to_one_address() -> None:
    """Whether the configuration asks for it or the command line."""
    entries = [{"name": "openai/a", "base_url": "http://one/v1"}, {"name": "openai/a", "base_url": "http://two/v1"}]
    with pytest.raises(UserError, match="the judge `openai/a`: a batch goes to one address, not to 2"):
        load_config(None, {"judges": [entry | {"batch": {}} for entry in entries]})
    with pytest.raises(UserError, match="the model `openai/a`: a batch goes to one address, not to 2"):
        load_config(None, {"models": entries}).resolved(batch=True)


def test_an_address_that_is_filled_in_does_not_stand_twice() -> None:
    """The default address may be that of another entry."""
    config = load_config(None, {"models": ["openai/a", {"name": "openai/a", "base_url": "http://one/v1"}]})
    with pytest.raises(UserError, match="the model `openai/a` appears twice with the same address"):
        config.resolved(base_url="http://one/v1")


def test_endpoints_that_do_not_fit_are_said_before_a_directory_is_made(tmp_path: Path) -> None:
    """``--dry-run`` says what the run would say, and the name of the run stays free."""
    config = config_file(tmp_path / "c.yaml", "http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1")
    for more in (["--dry-run"], ["--out", str(tmp_path / "out")]):
        ran = apigen("run", config, "--batch", *more)
        assert ran.returncode == 2
        assert told(ran).endswith("a batch goes to one address, not to 2; remove `batch`, or all but one entry")
    assert not (tmp_path / "out").exists()


def test_a_writer_that_judges_too_keeps_to_one_limit() -> None:
    """Models that are reached alike share a client, which lives until both have closed it."""

    async def check() -> None:
        async with faults(slow) as (server,):
            (config,) = entries(server, concurrency=3)
            table = ModelTable(8)
            writer, judge = (table.models((one,))["openai/m"].model for one in (config, config.model_copy()))
            other = table.models((config.model_copy(update={"retries": 1}),))["openai/m"].model
            asked = [Message("user", "hi")]
            await asyncio.gather(*(model.complete(asked, Options()) for model in (writer, judge) for _ in range(9)))
            assert server.most_in_flight == 3
            assert writer.endpoints() == judge.endpoints() != other.endpoints()
            await writer.aclose()
            assert (await judge.complete(asked, Options())).text == "hi"
            await judge.aclose()
            with pytest.raises(ModelUnavailable):
                await writer.complete(asked, Options())
            await other.aclose()

    asyncio.run(check())


def config_file(path: Path, *urls: str, **settings: Any) -> Path:
    models = [{"name": "openai/w", "base_url": url, "retries": 1} for url in urls]
    path.write_text(yaml.safe_dump({"library": "starter:math", "models": models, "seed": 3} | settings))
    return path


def test_a_run_says_where_its_rounds_are_too_small_for_all_endpoints(tmp_path: Path) -> None:
    """Two endpoints take together what both may, and a run says where its rounds are too small for that."""
    with serving() as one, serving() as two:
        config = config_file(tmp_path / "c.yaml", one.url, two.url, count=12, concurrency=16)
        ran = apigen("run", config, "--out", tmp_path / "out")
        assert ran.returncode == 0, ran.stderr
        assert "cannot be reached" not in ran.stderr
        ran = apigen("run", config, "--resume", "--out", tmp_path / "out", "--concurrency", "17")
        assert "concurrency 34 cannot be reached: rounds allow 32 concurrent requests" in ran.stderr


@pytest.mark.slow
def test_a_run_over_several_endpoints_writes_what_one_would_and_tells_of_each(tmp_path: Path) -> None:
    """What is asked does not depend on who answers, nor on an endpoint that is down; the manifest has what was seen."""
    with serving() as one, serving() as two:
        single = config_file(tmp_path / "1.yaml", one.url, count=30)
        several = config_file(tmp_path / "2.yaml", one.url, "http://127.0.0.1:9/v1", two.url, count=30)
        for name, config in (("a", single), ("b", several)):
            ran = apigen("run", config, "--out", tmp_path / name)
            assert ran.returncode == 0, ran.stderr
    assert lines(tmp_path / "a" / "dataset.jsonl") == lines(tmp_path / "b" / "dataset.jsonl")
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    first, down, last = manifest["endpoints"]
    assert [first["base_url"], last["base_url"]] == [one.url, two.url]
    assert (manifest["status"], manifest["notice"]) == ("done", "Queries and answers were written by openai/w.")
    assert first["tries"] + last["tries"] >= manifest["requests"][0]["requests"]
    assert first["median_ms"] > 0
    assert first["problem"] == last["problem"] == ""
    assert down["median_ms"] is None
    schema = json.loads((SCHEMAS / "manifest.schema.json").read_text())
    jsonschema.validate(manifest, schema)


def test_a_model_that_nobody_knows_is_told_with_what_cannot_be_resumed(tmp_path: Path) -> None:
    """A run cannot go on with a writer of another name, and one in which nothing was written loses nothing."""
    with serving(fail_with=(404, "The model `m` does not exist.")) as server:
        server.fail_after = 0
        ran = apigen("run", config_file(tmp_path / "c.yaml", server.url, count=5), "--out", tmp_path / "out")
    (line,) = [line for line in ran.stderr.splitlines() if line.startswith("apigen: ")]
    assert "check --base-url and the model name" in line
    assert "Nothing has been answered yet; to use another model, start a run with another --out. Resume with: " in line


def test_a_days_quota_stops_a_run_cleanly_and_resume_goes_on(tmp_path: Path) -> None:
    """Exit code 1 and one line; what was paid for is kept, and the run ends as if nothing had been."""
    out = tmp_path / "out"
    with serving(fail_with=(429, "Rate limit reached on tokens per day (TPD). Please try again in 7h2m1s.")) as server:
        config = config_file(tmp_path / "c.yaml", server.url, count=24, concurrency=2)
        server.fail_after = 2
        ran = apigen("run", config, "--out", out)
        assert ran.returncode == 1
        (line,) = [line for line in ran.stderr.splitlines() if line.startswith("apigen: ")]
        assert "the daily quota is used up until 20" in line
        assert "UTC (in 7 h 2 min). No answer is lost. " in line
        assert "--resume" in line
        assert json.loads((out / "manifest.json").read_text())["status"] == "unavailable"
        server.fail_after = None
        ran = apigen("run", "--resume", "--out", out)
        assert ran.returncode == 0, ran.stderr
        assert len(server.prompts) == len(set(server.prompts)), "nothing is paid for twice"
    assert len(lines(out / "dataset.jsonl")) == 24
