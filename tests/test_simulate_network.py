"""What goes wrong on the way, each kind over real HTTP with apigen's own client."""

import asyncio
from collections import Counter
from contextlib import ExitStack

import aiohttp
import pytest

from apigen.errors import Unavailable
from apigen.models.simulated.model import SimulatedModel
from apigen.models.simulated.profiles import PROFILES
from apigen.records import Completion
from apigen.simulate.app import application
from apigen.simulate.network import Fault, Network
from apigen.simulate.simulator import Simulator
from simulating import answers, client, prompts, served

NAME = "deepseek-v2-chat"
HARMLESS = {Fault.CONTENT_TYPE}
"""What the client reads all the same."""


async def tried(url: str, **settings: object) -> Completion | Unavailable:
    try:
        (answer,) = await answers(client(url, NAME, **settings), prompts(1)[:1])
    except Unavailable as error:
        return error
    return answer


def test_every_fault_is_told_and_none_is_taken_for_an_answer() -> None:
    """Without a second try each kind ends as an outage in one line, except the right answer under a wrong label."""

    async def main(urls: dict[Fault, str]) -> dict[Fault, Completion | Unavailable]:
        waits = {fault: 0.4 if fault in (Fault.HANG, Fault.DRIP) else 60.0 for fault in urls}
        found = await asyncio.gather(*(tried(url, retries=0, timeout_s=waits[fault]) for fault, url in urls.items()))
        return dict(zip(urls, found, strict=True))

    with ExitStack() as stack:
        urls = {fault: stack.enter_context(served(application(Simulator(), faults={fault: 1.0}))) for fault in Fault}
        found = asyncio.run(main(urls))
    assert {fault for fault, got in found.items() if isinstance(got, Completion)} == HARMLESS
    said = {fault: str(got) for fault, got in found.items() if isinstance(got, Unavailable)}
    assert all("\n" not in line for line in said.values())
    expected = {Fault.BUSY: "429", Fault.BUSY_SILENT: "429", Fault.ERROR: "500", Fault.RESET: "connection"}
    expected |= {Fault.HANG: "within", Fault.DRIP: "within"}
    assert {fault: said[fault] for fault, words in expected.items() if words not in said[fault]} == {}


@pytest.mark.slow
def test_a_client_that_tries_again_gets_the_right_answer() -> None:
    """Half of all requests meeting a fault costs tries, not answers: each kind, with apigen's own retries."""

    async def main(urls: dict[Fault, str]) -> list[list[Completion]]:
        waits = {fault: 2.0 if fault in (Fault.HANG, Fault.DRIP) else 20.0 for fault in urls}
        clients = [client(url, NAME, retries=12, timeout_s=waits[fault]) for fault, url in urls.items()]
        return await asyncio.gather(*(answers(each, prompts(1)[:3]) for each in clients))

    right = [one.text for one in asyncio.run(answers(SimulatedModel(PROFILES[NAME]), prompts(1)[:3]))]
    with ExitStack() as stack:
        apps = {fault: application(Simulator(), faults={fault: 0.5}, seed=1) for fault in Fault}
        found = asyncio.run(main({fault: stack.enter_context(served(app)) for fault, app in apps.items()}))
    assert [[one.text for one in each] for each in found] == [right] * len(Fault)


def test_a_busy_server_says_when_to_come_back_or_not() -> None:
    """``429`` comes with ``Retry-After``, ``429-silent`` without."""

    async def headers(url: str) -> str | None:
        async with aiohttp.ClientSession() as session, session.post(f"{url}/chat/completions", data=b"{}") as response:
            assert response.status == 429
            return response.headers.get("Retry-After")

    for fault, said in ((Fault.BUSY, "1"), (Fault.BUSY_SILENT, None)):
        with served(application(Simulator(), faults={fault: 1.0})) as url:
            assert asyncio.run(headers(url)) == said


def test_faults_come_at_their_rates_and_again_for_the_same_seed() -> None:
    """Each kind's share is its rate within four standard deviations, and only the seed and the bodies decide."""
    rates = {Fault.BUSY: 0.2, Fault.RESET: 0.05, Fault.HTML: 0.1}
    digests = [number.to_bytes(16, "big") for number in range(4000)]
    first = [Network(rates, 7).drawn(digest) for digest in digests]
    counts = Counter(first)
    for fault, rate in rates.items():
        assert abs(counts[fault] - 4000 * rate) < 4 * (4000 * rate * (1 - rate)) ** 0.5
    backwards = Network(rates, 7)
    assert [backwards.drawn(digest) for digest in reversed(digests)] == first[::-1]
    assert [Network(rates, 8).drawn(digest) for digest in digests] != first


def test_the_same_body_has_another_chance() -> None:
    """What met a fault may not meet it again."""
    network = Network({Fault.ERROR: 0.5}, 0)
    assert len({network.drawn(b"body") for _ in range(40)}) == 2
