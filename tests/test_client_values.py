"""The parts of the model client that are values with a clock beside them: breaker, gate, rates, estimates."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.model_config import BatchConfig, ModelConfig
from apigen.models.access import without_key
from apigen.models.batch.api import BatchApi
from apigen.models.openai.breaker import OPENS_AFTER, Breaker
from apigen.models.openai.gate import SHORTEST_ROUND, Gate
from apigen.models.openai.limits import SLACK_S, Limits, Rate
from apigen.models.openai.patience import Patience

PATIENCE = Patience(first_s=1, longest_s=6)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(PATIENCE)
    for request in range(OPENS_AFTER):
        assert breaker.ready_at() <= now
        assert breaker.enter() is False
        breaker.failed(request, "down", now, check=False)
    return breaker


def test_a_breaker_opens_after_several_requests_failed_in_a_row() -> None:
    """An answer in between starts the count again."""
    breaker = Breaker(PATIENCE)
    for request in range(OPENS_AFTER - 1):
        breaker.failed(request, "down", 0, check=False)
    breaker.answered()
    breaker.failed(9, "down", 0, check=False)
    assert not breaker.open
    assert opened().open


def test_one_request_opens_no_breaker_however_often_it_fails() -> None:
    """A prompt that a living server cannot answer must not look like a server that is down."""
    breaker = Breaker(PATIENCE)
    for _ in range(50):
        breaker.failed(7, "HTTP 500", 0, check=False)
    assert not breaker.open


def test_an_open_breaker_lets_one_check_through_at_growing_intervals() -> None:
    """1 s, 2 s, 4 s, then 6 s, which is the longest; nobody goes while a check is under way."""
    breaker, now, waits = opened(), 0.0, []
    for _ in range(5):
        waits.append(breaker.ready_at() - now)
        now = breaker.ready_at()
        assert breaker.enter() is True
        assert breaker.ready_at() == math.inf
        breaker.failed(1, "still down", now, check=True)
    assert waits == [1, 2, 4, 6, 6]
    assert breaker.failed_checks == 5
    assert breaker.problem == "still down"


def test_an_answered_check_closes_a_breaker_and_an_abandoned_one_makes_room_for_another() -> None:
    """Whoever leaves without an answer says nothing about the server."""
    breaker = opened()
    assert breaker.enter()
    breaker.left(check=True)
    assert breaker.open
    assert breaker.ready_at() == 1
    assert breaker.enter()
    breaker.answered()
    assert not breaker.open
    assert breaker.ready_at() == 0


def test_what_was_sent_before_a_breaker_opened_is_no_check() -> None:
    """Its failure neither counts nor puts the next check off; its answer closes the breaker."""
    breaker = opened()
    breaker.failed(99, "late", 0.5, check=False)
    assert (breaker.failed_checks, breaker.ready_at()) == (0, 1)
    breaker.answered()
    assert not breaker.open


def answers(gate: Gate, count: int, *, seconds: float = 1.0, now: float = 0.0) -> float:
    for _ in range(count):
        gate.answered(now, now + seconds)
        now += seconds
    return now


def test_a_gate_starts_at_the_configured_concurrency_and_never_exceeds_it() -> None:
    """However many answers come."""
    gate = Gate(8)
    answers(gate, 1000)
    assert (gate.limit, gate.lowest) == (8, 8)
    for _ in range(8):
        assert gate.free
        gate.enter()
    assert not gate.free
    gate.leave()
    assert gate.free
    assert gate.most_in_flight == 8


def test_being_asked_too_much_halves_a_gate_once_a_round() -> None:
    """What was in flight when the limit fell says the same once more, and does not count."""
    gate = Gate(32)
    for sent_at in (0.0, 0.1, 0.2):
        gate.overloaded(sent_at, now=1.0)
    assert gate.limit == 16
    gate.overloaded(1.5, now=2.0)
    assert gate.limit == 8
    for moment in range(3, 20):
        gate.overloaded(moment, moment)
    assert (gate.limit, gate.lowest) == (1, 1)
    assert gate.free


def test_a_gate_recovers_by_about_one_a_round_of_answers() -> None:
    """From 1 back to 8 takes 1 + 2 + ... + 7 answers, give or take a round."""
    gate = Gate(8)
    for moment in range(10):
        gate.overloaded(moment, moment)
    needed = 0
    while gate.limit < 8:
        gate.answered(10, 11)
        needed += 1
    assert 20 <= needed <= 40


def test_answers_that_take_twice_as_long_as_usual_narrow_a_gate_until_that_is_usual() -> None:
    """A server that slowed down is asked less; one that is merely slow is asked as much as ever."""
    gate = Gate(32)
    now = answers(gate, 100, seconds=1)
    assert gate.limit == 32
    now = answers(gate, 40, seconds=3, now=now)
    assert gate.limit < 32
    assert gate.lowest == 24
    answers(gate, 2000, seconds=3, now=now)
    assert gate.limit == 32


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["answer", "slow", "busy"]), max_size=100), st.integers(1, 64))
def test_a_gate_keeps_between_one_and_what_is_configured(events: list[str], most: int) -> None:
    """Whatever happens, at least one may go, so that there is always something to learn from."""
    gate = Gate(most)
    for now, event in enumerate(events):
        if event == "busy":
            gate.overloaded(now, now)
        else:
            gate.answered(now, now + (100 if event == "slow" else 1))
        assert 1 <= gate.lowest <= gate.limit <= most
        assert gate.free


def test_one_slow_answer_says_nothing() -> None:
    """It takes a round of them."""
    gate = Gate(4)
    now = answers(gate, SHORTEST_ROUND * 3)
    answers(gate, 1, seconds=500, now=now)
    answers(gate, SHORTEST_ROUND * 3, now=now)
    assert gate.lowest == 4


def test_a_rate_spaces_requests_evenly() -> None:
    """60 a minute are one a second: never a minute's worth at once, and never more than 60 in any minute."""
    rate, now, times = Rate(60), 1000.0, []
    for _ in range(200):
        now = max(now, rate.ready_at)
        times.append(now)
        rate.take(1, now)
    assert times[1] - times[0] >= 1 - SLACK_S - 1e-6
    assert all(later - earlier >= 60 - SLACK_S - 1e-6 for earlier, later in zip(times, times[60:], strict=False))
    assert times[199] - times[0] < 200


def test_no_rate_is_no_limit() -> None:
    """Nothing is ever waited for."""
    rate = Rate(None)
    rate.take(1e9, 0)
    assert rate.ready_at == -math.inf


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(1, 5000)), min_size=1, max_size=60))
def test_a_rate_is_kept_in_every_minute_whatever_is_taken(steps: list[tuple[float, float]]) -> None:
    """But for one request, which may be larger than the limit itself, and is waited for afterwards."""
    rate, now, taken = Rate(6000), 0.0, list[tuple[float, float]]()
    for pause, amount in steps:
        now = max(now + pause, rate.ready_at)
        rate.take(amount, now)
        taken.append((now, amount))
    for start, _ in taken:
        window = [amount for time, amount in taken if start <= time < start + 60 - SLACK_S]
        assert sum(window[:-1]) <= 6000 + 1e-6


def body(prompt: str, max_tokens: int = 500) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": prompt}], "max_tokens": max_tokens}).encode()


def usage(prompt: int, completion: int) -> bytes:
    return json.dumps({"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}).encode()


def test_tokens_are_estimated_before_and_corrected_after() -> None:
    """First what the request allows, then what answers were; the usage settles what was taken too much."""
    limits, asked = Limits(None, 6000), body("x" * 4000)
    estimated = limits.take(asked, now=0)
    assert estimated == len(asked) / 4 + 500
    assert limits.ready_at() > 10
    limits.settle(estimated, asked, usage(800, 200))
    assert math.isclose(limits.ready_at(), 1000 / 100 - SLACK_S)
    again = limits.take(asked, now=100)
    assert 1000 < again < len(asked) / 4 + 200 + 1
    limits.free(again)
    assert math.isclose(limits.ready_at(), 100 - SLACK_S)


def test_a_usage_that_cannot_be_stops_nothing() -> None:
    """A server may say anything: 2**62 tokens must not make a run wait for ever."""
    limits, asked = Limits(None, 6000), body("x")
    for content in (usage(2**62, 5), usage(-5, 5), b'{"usage": {"prompt_tokens": "many"}}', b"\xff", b"[]"):
        estimated = limits.take(asked, now=0)
        before = limits.ready_at()
        limits.settle(estimated, asked, content)
        assert limits.ready_at() == before


@pytest.mark.parametrize(
    ("key", "good", "repeated"),
    [("sk-1234567890abcdef", True, False), ("anything", True, True), ("anything", False, False), ("x1", False, True)],
)
def test_a_key_is_hidden_where_it_is_surely_one(
    key: str, good: bool, repeated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that a local server takes for a key keeps its meaning in good answers."""
    monkeypatch.setenv("THE_KEY", key)
    config = ModelConfig(name="openai/m", base_url="http://127.0.0.1:9/v1", api_key_env="THE_KEY")
    said = without_key(config, f"say {key} twice".encode(), good=good)
    assert (key.encode() in said) is repeated
    assert (b"$THE_KEY" in said) is not repeated


@pytest.mark.parametrize(
    ("base_url", "files"),
    [
        ("http://h:1", "http://h:1/files"),
        ("http://h:1/v1", "http://h:1/v1/files"),
        ("http://h:1/v1?api-version=1", "http://h:1/v1/files?api-version=1&after=b"),
        ("http://[::1]:2/a%2Fb/v1", "http://[::1]:2/a%2Fb/v1/files"),
    ],
)
def test_files_of_batches_are_beside_the_chat(base_url: str, files: str) -> None:
    """Whatever path and query an address has."""
    api = BatchApi(ModelConfig(name="openai/m", base_url=base_url), BatchConfig())
    assert str(api.url("/files", {"after": "b"} if "?" in files else {})) == files
